//! What went wrong when somebody was to listen, in words.
//!
//! Owns no socket. Called by: `socket`.

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::holder;
use crate::error::ListenError;

pub(super) fn explain(host: &str, port: u16, error: &io::Error) -> ListenError {
    let host = host.to_owned();
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let by = holder::of_port(host.parse().ok(), port);
            let by = by.map(|(name, id)| format!(" by {name} (process {id})"));
            let by = by.unwrap_or_default();
            ListenError::PortInUse { port, host, by }
        }
        io::ErrorKind::PermissionDenied => ListenError::Denied { port, host },
        io::ErrorKind::AddrNotAvailable => ListenError::Host {
            host,
            cause: error.to_string(),
        },
        _ => ListenError::Other {
            port,
            host,
            cause: error.to_string(),
        },
    }
}

pub(super) fn explain_unix(path: &Path, error: &io::Error) -> ListenError {
    ListenError::Unix {
        path: path.display().to_string(),
        cause: match error.kind() {
            io::ErrorKind::AddrInUse => match std::fs::symlink_metadata(path) {
                // Only a socket that nobody listens on is replaced.
                Ok(found) if !found.file_type().is_socket() => "a file is there".to_owned(),
                _ => "it is in use".to_owned(),
            },
            io::ErrorKind::NotFound => "its folder does not exist".to_owned(),
            _ => error.to_string(),
        },
    }
}
