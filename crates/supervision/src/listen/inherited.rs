//! Sockets that the process was started with: by systemd, or by the howth before it.
//!
//! Owns how they are told apart. They come as systemd passes them (sd_listen_fds(3)); a howth that starts its successor adds
//! a socket by which the two hear of each other. Never binds. Called by: the supervisor, before anything else is started.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

use listenfd::ListenFd;

use crate::environment;
use howth_engine::ListeningSocket;

/// What was inherited.
#[derive(Debug, Default)]
pub struct Inherited {
    /// Sockets that listen.
    pub listeners: Vec<ListeningSocket>,
    /// The way to the howth that started this one.
    pub old_core: Option<UnixStream>,
}

impl Inherited {
    /// Takes them out of the environment, which must not be read by another thread meanwhile.
    ///
    /// # Errors
    /// A descriptor is something else.
    pub fn take() -> io::Result<Self> {
        let mut descriptors = ListenFd::from_env();
        // `ListenFd` takes the others.
        environment::take("LISTEN_FDS_FIRST_FD");
        let mut inherited = Inherited::default();
        for index in 0..descriptors.len() {
            if let Ok(Some(listener)) = descriptors.take_tcp_listener(index) {
                inherited.listeners.push(ListeningSocket::Tcp(listener));
            } else if let Some(listener) = descriptors.take_unix_listener(index)? {
                inherited.add_unix(listener);
            }
        }
        Ok(inherited)
    }

    /// Who listens has nobody at the other end.
    fn add_unix(&mut self, listener: UnixListener) {
        let stream = UnixStream::from(OwnedFd::from(listener));
        match stream.peer_addr() {
            Ok(_) => self.old_core = Some(stream),
            Err(_) => {
                let listener = UnixListener::from(OwnedFd::from(stream));
                self.listeners.push(ListeningSocket::Unix(listener));
            }
        }
    }
}
