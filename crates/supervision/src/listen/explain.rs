//! What went wrong when somebody was to listen, in words.
//!
//! Owns no socket. Called by: `socket`.

use std::io;
use std::path::Path;

use crate::error::ListenError;

pub(super) fn explain(host: &str, port: u16, error: &io::Error) -> ListenError {
    let host = host.to_owned();
    match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortInUse { port, host },
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
            io::ErrorKind::AddrInUse => "it is in use".to_owned(),
            _ => error.to_string(),
        },
    }
}
