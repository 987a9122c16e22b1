//! Unix-domain sockets: their files, and who may connect.
//!
//! Owns when a file is made, replaced and removed. Never decides which path. Called by: `place`.

use std::fs::Permissions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

use super::address::Address;
use super::explain::explain_unix;
use super::socket::SocketOptions;
use crate::error::ListenError;

/// A Unix-domain socket whose file goes when it is dropped, while it still listens: whoever finds no file, or one
/// that nobody listens on, may put its own there.
#[derive(Debug)]
pub(super) struct UnixSocket {
    pub(super) path: PathBuf,
    pub(super) listener: std::os::unix::net::UnixListener,
    /// Another process listens there, or has made it.
    pub(super) is_left: bool,
    pub(super) is_inherited: bool,
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        if !self.is_left {
            // Whoever removed it before has done what is wanted.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

pub(super) fn unix_address(path: PathBuf) -> Address {
    Address {
        unix: Some(path),
        ..Address::default()
    }
}

pub(super) fn bind_unix(path: &Path, options: SocketOptions) -> Result<UnixSocket, ListenError> {
    let explained = |error: io::Error| explain_unix(path, &error);
    remove_stale(path).map_err(explained)?;
    let listener = unix_listener(path, options).map_err(explained)?;
    Ok(UnixSocket {
        path: path.to_owned(),
        listener,
        is_left: false,
        is_inherited: false,
    })
}

/// Nobody can connect before the mode is set.
fn unix_listener(path: &Path, options: SocketOptions) -> io::Result<std::os::unix::net::UnixListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let listening = match options.unix_mode {
        Some(mode) => std::fs::set_permissions(path, Permissions::from_mode(mode)),
        None => Ok(()),
    };
    if let Err(error) = listening.and_then(|()| socket.listen(options.backlog)) {
        // Whoever comes next finds no file of a socket that nobody listens on.
        let _ = std::fs::remove_file(path);
        return Err(error);
    }
    Ok(std::os::unix::net::UnixListener::from(OwnedFd::from(socket)))
}

/// Removes a socket that a process which ended badly has left behind; never one that answers, and never a
/// file of another kind.
fn remove_stale(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("socket");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("a new socket"));
        let bind = || bind_unix(&path, SocketOptions::default());
        let live = bind().expect("the stale socket is replaced");
        assert!(bind().is_err());
        drop(live);
    }

    #[test]
    fn a_unix_socket_has_its_mode() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("socket");
        for mode in [0o600, 0o666] {
            let options = SocketOptions {
                unix_mode: Some(mode),
                ..SocketOptions::default()
            };
            let _live = bind_unix(&path, options).expect("a new socket");
            let metadata = std::fs::metadata(&path).expect("its file");
            assert_eq!(metadata.permissions().mode() & 0o777, mode);
        }
    }
}
