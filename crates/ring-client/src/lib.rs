//! The client side of a ring: connections that this process opens.
//!
//! Owns every byte the kernel may touch: the target's address, the provided buffers, the payloads in flight.
//! Never interprets one. Called by: the load generator.
//!
//! The fields' order of [`ClientRing`] is the order they are dropped in: the ring is closed first, so that the kernel has let
//! go of the memory when it is freed.

#![cfg(target_os = "linux")]

mod payload;

pub use payload::Payload;

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::IntoRawFd;

use howth_ring::submission::{self, result_of};
pub use howth_ring::{Errno, Lease, Operation, RingOptions, Token, Wait};
use howth_ring::{ProvidedBuffers, Socket};
use io_uring::{IoUring, cqueue, opcode, types};
use socket2::{Domain, Protocol, SockAddr, Type};

use payload::Payloads;

/// The group of the one ring of provided buffers.
const BUFFER_GROUP: u16 = 0;

/// What the kernel tells a client.
#[derive(Debug)]
pub enum ClientCompletion {
    /// A connection was made, or not.
    Connected {
        /// Whose connect it is.
        token: Token,
        /// How it ended.
        result: Result<(), Errno>,
    },
    /// Bytes were received into a provided buffer; `None` is the end of the stream.
    Received {
        /// Whose receive it is.
        token: Token,
        /// The bytes.
        result: Result<Option<Lease>, Errno>,
        /// Whether further completions of the same operation follow.
        more: bool,
    },
    /// A send ended, with its bytes given back.
    Sent {
        /// Whose send it is.
        token: Token,
        /// How many bytes the kernel took.
        result: Result<usize, Errno>,
        /// What was to be sent; not yet advanced.
        payload: Payload,
    },
    /// A cancel, shutdown or close ended; how does not matter.
    Done {
        /// Whose operation it is.
        token: Token,
    },
}

/// A ring whose connections all go to one address. Must be used on the thread that made it
/// (`SINGLE_ISSUER`). Every operation completes, sooner or later, with its token.
pub struct ClientRing {
    ring: IoUring,
    buffers: ProvidedBuffers,
    payloads: Payloads,
    /// At a fixed address for as long as the ring lives.
    target: Box<SockAddr>,
    is_loopback: bool,
    /// By index.
    sockets: Vec<Option<Socket>>,
    overflows: u64,
}

impl std::fmt::Debug for ClientRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ClientRing")
            .field("target", &self.target)
            .field("sockets", &self.sockets.len())
            .finish_non_exhaustive()
    }
}

impl ClientRing {
    /// Makes a ring that connects to `target`.
    ///
    /// # Errors
    /// What io_uring_setup(2) and io_uring_register(2) say.
    pub fn new(target: SocketAddr, options: RingOptions) -> io::Result<Self> {
        let ring = submission::set_up(options)?;
        let mut buffers = ProvidedBuffers::new(options.buffers, options.buffer_bytes)?;
        buffers.register(&ring, BUFFER_GROUP)?;
        Ok(ClientRing {
            ring,
            buffers,
            payloads: Payloads::default(),
            target: Box::new(SockAddr::from(target)),
            is_loopback: target.ip().to_canonical().is_loopback(),
            sockets: Vec::new(),
            overflows: 0,
        })
    }

    /// Makes a TCP socket for the connection `index`, which has none. Until its [`close`](Self::close), that index
    /// means this socket; an operation on an index without a socket is a bug of the caller.
    ///
    /// # Errors
    /// The process or the machine has no descriptor left.
    ///
    /// # Panics
    /// When the index has a socket.
    pub fn open(&mut self, index: u32) -> io::Result<()> {
        let domain = Domain::from(i32::from(self.target.family()));
        let socket = socket2::Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_tcp_nodelay(true)?;
        if self.is_loopback {
            // Nothing is congested here, and BBR, a common default, costs time per segment. Where the module
            // is missing the default serves as well.
            let _ = socket.set_tcp_congestion(b"reno");
        }
        self.hold(index, Socket(socket.into_raw_fd()));
        Ok(())
    }

    /// Makes a socket that is connected already the connection `index`, as [`open`](Self::open) and
    /// [`connect`](Self::connect) would.
    ///
    /// # Panics
    /// When the index has a socket.
    pub fn adopt(&mut self, index: u32, stream: TcpStream) {
        self.hold(index, Socket(stream.into_raw_fd()));
    }

    /// Connects to the target.
    pub fn connect(&mut self, index: u32, generation: u32) {
        let socket = types::Fd(self.socket(index).0);
        let entry = opcode::Connect::new(socket, self.target.as_ptr().cast(), self.target.len());
        self.push(entry.build(), Operation::Connect, index, generation);
    }

    /// Arms a multishot receive.
    pub fn receive(&mut self, index: u32, generation: u32) {
        let entry = opcode::RecvMulti::new(types::Fd(self.socket(index).0), BUFFER_GROUP).build();
        self.push(entry, Operation::Receive, index, generation);
    }

    /// Sends; the payload belongs to the ring until its completion.
    ///
    /// # Panics
    /// When a send of the same index is in flight.
    pub fn send(&mut self, index: u32, generation: u32, payload: Payload) {
        let entry = self.payloads.hold(self.socket(index), index, payload);
        self.push(entry, Operation::Send, index, generation);
    }

    /// Cancels the connect of that index and generation, which completes in its own way.
    pub fn cancel_connect(&mut self, index: u32, generation: u32) {
        let target = Token {
            operation: Operation::Connect,
            index,
            generation,
        };
        let entry = opcode::AsyncCancel::new(target.pack()).build();
        self.push(entry, Operation::Cancel, index, generation);
    }

    /// shutdown(2) of both directions: what is in flight on the socket ends.
    pub fn shutdown(&mut self, index: u32, generation: u32) {
        let entry = opcode::Shutdown::new(types::Fd(self.socket(index).0), libc::SHUT_RDWR).build();
        self.push(entry, Operation::Shutdown, index, generation);
    }

    /// close(2). Await everything that is in flight on the socket first: closing cancels nothing.
    pub fn close(&mut self, index: u32, generation: u32) {
        let entry = opcode::Close::new(types::Fd(self.socket(index).0)).build();
        self.sockets[index as usize] = None;
        self.push(entry, Operation::Close, index, generation);
    }

    /// Whether the index has a socket.
    pub fn is_open(&self, index: u32) -> bool {
        self.sockets.get(index as usize).is_some_and(Option::is_some)
    }

    /// Submits what is queued, waits, and makes completions available.
    ///
    /// # Errors
    /// The ring is unusable.
    pub fn enter(&mut self, wait: Wait) -> io::Result<()> {
        if submission::enter(&mut self.ring, wait)? {
            self.overflows += 1;
        }
        Ok(())
    }

    /// The next completion.
    pub fn reap(&mut self) -> Option<ClientCompletion> {
        loop {
            let entry = self.ring.completion().next()?;
            if let Some(token) = Token::unpack(entry.user_data()) {
                return Some(self.completion(token, &entry));
            }
        }
    }

    /// The bytes of a lease.
    pub fn bytes(&self, lease: &Lease) -> &[u8] {
        self.buffers.bytes(lease)
    }

    /// Gives a buffer back to the kernel.
    pub fn release(&mut self, lease: Lease) {
        self.buffers.release(lease);
    }

    /// How often the completion queue has overflowed.
    pub fn overflows(&self) -> u64 {
        self.overflows
    }

    fn hold(&mut self, index: u32, socket: Socket) {
        let slot = index as usize;
        if self.sockets.len() <= slot {
            self.sockets.resize(slot + 1, None);
        }
        assert!(self.sockets[slot].is_none(), "a connection has two sockets");
        self.sockets[slot] = Some(socket);
    }

    fn socket(&self, index: u32) -> Socket {
        let socket = self.sockets.get(index as usize).copied().flatten();
        socket.expect("an operation on a connection without a socket")
    }

    fn push(&mut self, entry: io_uring::squeue::Entry, operation: Operation, index: u32, generation: u32) {
        let token = Token {
            operation,
            index,
            generation,
        };
        // SAFETY: a send points to what `Payloads` owns until its completion, a connect to `target`, which lives as long as the
        // ring; the other operations point to nothing.
        unsafe { submission::push(&mut self.ring, entry.user_data(token.pack())) };
    }

    fn completion(&mut self, token: Token, entry: &cqueue::Entry) -> ClientCompletion {
        match token.operation {
            Operation::Receive => ClientCompletion::Received {
                token,
                result: self.buffers.received(entry),
                more: cqueue::more(entry.flags()),
            },
            Operation::Send => ClientCompletion::Sent {
                token,
                result: result_of(entry).map(|sent| sent as usize),
                payload: self.payloads.take(token.index),
            },
            Operation::Connect => ClientCompletion::Connected {
                token,
                result: result_of(entry).map(drop),
            },
            Operation::Accept
            | Operation::Cancel
            | Operation::Shutdown
            | Operation::Close
            | Operation::Readable
            | Operation::Writable
            | Operation::ReadFile
            | Operation::Doorbell => ClientCompletion::Done { token },
        }
    }
}

impl Drop for ClientRing {
    /// Closes what is still open; operations in flight end with the ring.
    fn drop(&mut self) {
        submission::tear_down(&mut self.ring);
        for socket in self.sockets.drain(..).flatten() {
            submission::close_now(socket);
        }
    }
}
