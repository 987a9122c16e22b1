//! Where an engine under test runs: behind real sockets, or in memory with a clock that the test moves.
//!
//! Owns the two interfaces a place has: a connection's other end, and the clock. Called by: `harness` and `client`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;

/// The client's end of a connection.
pub trait Stream: Send {
    /// Reads what there is, or waits for it; 0: the server has ended its side.
    ///
    /// # Errors
    /// `WouldBlock` or `TimedOut` when nothing has come within `patience`; `ConnectionReset`.
    fn read(&mut self, chunk: &mut [u8], patience: Duration) -> io::Result<usize>;

    /// Writes what the server takes, or waits until it takes some.
    ///
    /// # Errors
    /// `WouldBlock` or `TimedOut` when it has taken nothing within `patience`; any other when the connection is over.
    fn write(&mut self, bytes: &[u8], patience: Duration) -> io::Result<usize>;

    /// Another hold on the same connection.
    fn second(&self) -> Box<dyn Stream>;

    /// Ends this side.
    ///
    /// # Errors
    /// The connection is over.
    fn end(&self) -> io::Result<()>;

    /// Makes the coming close a reset.
    fn reset_on_close(&self);

    /// Lets `bytes` be sent before the server reads any of them.
    fn hold_unread(&self, bytes: usize);
}

/// An engine in memory.
pub trait Memory: Send + Sync {
    /// A new connection.
    fn connect(&self) -> Box<dyn Stream>;

    /// Lets the engine do whatever it can do without time passing.
    fn pump(&self);

    /// Lets time pass until the engine has something to do, or for as long as `most`; gives how much that was, `None`: all of
    /// it.
    fn advance(&self, most: Duration) -> Option<Duration>;
}

/// Waits in memory: lets time pass until `attempt` gives something, or for as long as `patience`.
pub fn wait_in<T>(
    memory: &Arc<dyn Memory>,
    patience: Duration,
    mut attempt: impl FnMut() -> Option<T>,
) -> Option<T> {
    let mut left = patience;
    loop {
        memory.pump();
        if let Some(found) = attempt() {
            return Some(found);
        }
        left -= memory.advance(left)?;
        if left.is_zero() {
            return attempt();
        }
    }
}

macro_rules! stream {
    ($socket:ty) => {
        impl Stream for $socket {
            fn read(&mut self, chunk: &mut [u8], patience: Duration) -> io::Result<usize> {
                self.set_read_timeout(Some(patience))?;
                Read::read(self, chunk)
            }

            fn write(&mut self, bytes: &[u8], patience: Duration) -> io::Result<usize> {
                self.set_write_timeout(Some(patience))?;
                Write::write(self, bytes)
            }

            fn second(&self) -> Box<dyn Stream> {
                Box::new(self.try_clone().expect("a descriptor"))
            }

            fn end(&self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }

            fn reset_on_close(&self) {
                let linger = Some(Duration::ZERO);
                SockRef::from(self).set_linger(linger).expect("SO_LINGER");
            }

            fn hold_unread(&self, bytes: usize) {
                SockRef::from(self)
                    .set_send_buffer_size(bytes)
                    .expect("SO_SNDBUF");
            }
        }
    };
}

stream!(TcpStream);
stream!(UnixStream);

/// Whether an error says that nothing has happened in time.
pub fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
