//! TCP and Unix-domain sockets behind one type, and the listeners they come from.
//!
//! Owns the sockets' options. Never interprets bytes. Called by: `accept`, and `settle`
//! (reading and writing).

use std::io::{self, IoSlice, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use howth_engine::{BindAddress, FileBody, Handed, ListeningSocket, PeerAddress};
use hyper::rt::{Read, ReadBuf, Write};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// A listening socket registered with tokio.
pub(crate) enum Acceptor {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Acceptor {
    /// Must be called inside a tokio runtime with I/O enabled.
    /// `None`: there is no socket.
    pub(crate) fn new(socket: ListeningSocket) -> io::Result<Option<Self>> {
        match socket {
            ListeningSocket::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener).map(Acceptor::Tcp).map(Some)
            }
            ListeningSocket::Unix(listener) => {
                listener.set_nonblocking(true)?;
                UnixListener::from_std(listener).map(Acceptor::Unix).map(Some)
            }
            ListeningSocket::Elsewhere => Ok(None),
        }
    }

    pub(crate) fn local_address(&self) -> io::Result<BindAddress> {
        match self {
            Acceptor::Tcp(listener) => listener.local_addr().map(BindAddress::Tcp),
            Acceptor::Unix(listener) => {
                let address = listener.local_addr()?;
                Ok(BindAddress::Unix(
                    address.as_pathname().map(Into::into).unwrap_or_default(),
                ))
            }
        }
    }

    pub(crate) fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(Socket, PeerAddress)>> {
        match self {
            Acceptor::Tcp(listener) => listener.poll_accept(context).map_ok(|(stream, address)| {
                // Responses are gathered before they are written, so waiting for more only adds delay.
                // A failure leaves a slower but correct connection.
                let _ = stream.set_nodelay(true);
                (Socket::Tcp(TokioIo::new(stream)), PeerAddress::Tcp(address))
            }),
            Acceptor::Unix(listener) => listener
                .poll_accept(context)
                .map_ok(|(stream, _)| (Socket::Unix(TokioIo::new(stream)), PeerAddress::Unix)),
        }
    }
}

impl Acceptor {
    /// Accepts who is there, whatever tokio knows of it.
    pub(crate) fn accept_now(&self) -> Poll<io::Result<(Socket, PeerAddress)>> {
        let listener = match self {
            Acceptor::Tcp(listener) => SockRef::from(listener),
            Acceptor::Unix(listener) => SockRef::from(listener),
        };
        let accepted = listener.accept().and_then(|(socket, address)| {
            socket.set_nonblocking(true)?;
            Ok(match address.as_socket() {
                Some(address) => {
                    let _ = socket.set_tcp_nodelay(true);
                    let stream = TcpStream::from_std(socket.into())?;
                    (Socket::Tcp(TokioIo::new(stream)), PeerAddress::Tcp(address))
                }
                None => {
                    let stream = UnixStream::from_std(socket.into())?;
                    (Socket::Unix(TokioIo::new(stream)), PeerAddress::Unix)
                }
            })
        });
        pending_if_blocked(accepted)
    }
}

fn pending_if_blocked<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

/// A connected stream socket.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TokioIo<TcpStream>),
    Unix(TokioIo<UnixStream>),
}

impl Socket {
    /// A connection that another engine gave up, and who is at its other end. Fails where nobody is any more.
    pub(crate) fn adopt(handed: Handed) -> io::Result<(Socket, PeerAddress)> {
        let peer = SockRef::from(handed.socket()).peer_addr()?.as_socket();
        let socket = handed.into_socket();
        Ok(match peer {
            Some(address) => (
                Socket::Tcp(TokioIo::new(TcpStream::from_std(socket.into())?)),
                PeerAddress::Tcp(address),
            ),
            None => (
                Socket::Unix(TokioIo::new(UnixStream::from_std(socket.into())?)),
                PeerAddress::Unix,
            ),
        })
    }

    /// The socket without its registration with tokio.
    pub(crate) fn into_owned(self) -> io::Result<OwnedFd> {
        match self {
            Socket::Tcp(stream) => stream.into_inner().into_std().map(OwnedFd::from),
            Socket::Unix(stream) => stream.into_inner().into_std().map(OwnedFd::from),
        }
    }

    /// Reads into `buffer`; `Ok(0)` is the peer's end of stream.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        let poll = match self {
            Socket::Tcp(stream) => Read::poll_read(Pin::new(stream), context, buffer.unfilled()),
            Socket::Unix(stream) => Read::poll_read(Pin::new(stream), context, buffer.unfilled()),
        };
        poll.map_ok(|()| buffer.filled().len())
    }

    /// Reads what is there, whatever tokio knows of it.
    pub(crate) fn read_now(&self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        pending_if_blocked((&*self.reference()).read(buffer))
    }

    /// Writes what the kernel takes, whatever tokio knows of it.
    pub(crate) fn write_now(&self, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        pending_if_blocked((&*self.reference()).write_vectored(slices))
    }

    /// Writes what the kernel takes of all slices.
    pub(crate) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Socket::Tcp(stream) => Write::poll_write_vectored(Pin::new(stream), context, slices),
            Socket::Unix(stream) => Write::poll_write_vectored(Pin::new(stream), context, slices),
        }
    }

    /// Sends what the kernel takes of a part of a file.
    pub(crate) fn poll_send_file(&self, context: &mut Context<'_>, part: &FileBody) -> Poll<io::Result<u64>> {
        loop {
            let ready = match self {
                Socket::Tcp(stream) => stream.inner().poll_write_ready(context),
                Socket::Unix(stream) => stream.inner().poll_write_ready(context),
            };
            std::task::ready!(ready)?;
            let send = || howth_file_io::send(&*self.reference(), part);
            let sent = match self {
                Socket::Tcp(stream) => stream.inner().try_io(Interest::WRITABLE, send),
                Socket::Unix(stream) => stream.inner().try_io(Interest::WRITABLE, send),
            };
            // What tokio knew was old, and it knows that now.
            if let Poll::Ready(sent) = pending_if_blocked(sent) {
                return Poll::Ready(sent);
            }
        }
    }

    /// The same, whatever tokio knows of it.
    pub(crate) fn send_file_now(&self, part: &FileBody) -> Poll<io::Result<u64>> {
        pending_if_blocked(howth_file_io::send(&*self.reference(), part))
    }

    /// Ends one side or both. Fails when the peer is gone already.
    pub(crate) fn shutdown(&self, how: std::net::Shutdown) -> io::Result<()> {
        self.reference().shutdown(how)
    }

    /// Makes the coming close a reset (RST), which a client can't take for the end of a response.
    /// A Unix-domain socket has no reset; there it is a plain close.
    pub(crate) fn reset_on_close(&self) {
        // A failure leaves a plain close.
        let _ = self.reference().set_linger(Some(Duration::ZERO));
    }

    fn reference(&self) -> SockRef<'_> {
        match self {
            Socket::Tcp(stream) => SockRef::from(stream.inner()),
            Socket::Unix(stream) => SockRef::from(stream.inner()),
        }
    }
}
