//! What an engine accepts from.

/// A bound, listening socket.
#[derive(Debug)]
pub enum Listener {
    /// TCP, both families.
    Tcp(std::net::TcpListener),
    /// A Unix-domain stream socket.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}
