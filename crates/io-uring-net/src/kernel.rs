//! The seam between the engine and the kernel.
//!
//! Owns the vocabulary: what the engine asks ([`Kernel`]), what it is told ([`Completion`]), and the types that keep
//! memory safe by construction: an [`Outgoing`] is *moved* into the kernel and comes back with its completion, a
//! [`Lease`] on a received buffer has to be given back. [`Ring`](crate::Ring) is the real kernel; a simulated one can
//! take its place without the engine noticing. Never does anything. Called by: the engine, on one side; kernels, on the
//! other.

use std::io;
use std::os::fd::OwnedFd;
use std::time::SystemTime;

use howth_connection::Outgoing;
use howth_engine::{FileBody, PeerAddress};
pub use howth_ring::{Errno, Lease, Socket, Wait};

use howth_ring::Token;

/// What the kernel tells.
#[derive(Debug)]
pub enum Completion {
    /// A connection was accepted, or accepting failed. `more`: the multishot goes on.
    Accepted {
        /// Whose accept it is: its index is that of the listener.
        token: Token,
        /// The new socket.
        result: Result<Socket, Errno>,
        /// Whether further completions of the same operation follow.
        more: bool,
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
    /// A connection that was polled has bytes, an end or an error to be received, or the poll was cancelled.
    Readable {
        /// Whose poll it is.
        token: Token,
    },
    /// A connection that was polled takes bytes, or has an error to be sent into, or the poll was cancelled.
    Writable {
        /// Whose poll it is.
        token: Token,
    },
    /// A part of a file was read, or a beginning of it; nothing at the end of the file.
    FileRead {
        /// Whose read it is.
        token: Token,
        /// The bytes.
        result: Result<Vec<u8>, Errno>,
    },
    /// A send ended, with its bytes given back.
    Sent {
        /// Whose send it is.
        token: Token,
        /// How many bytes the kernel took.
        result: Result<usize, Errno>,
        /// What was to be sent; not yet advanced.
        outgoing: Outgoing,
    },
    /// Another thread has rung the doorbell, or its poll has ended. `more`: the poll goes on.
    Rung {
        /// Whether further completions of the same operation follow.
        more: bool,
    },
    /// A cancel or close ended; how does not matter.
    Done {
        /// Whose operation it is.
        token: Token,
    },
}

/// What the engine needs of a kernel. Operations are queued; [`enter`](Self::enter) submits all of them at
/// once and waits. Every accepted operation completes, sooner or later, with its token.
pub trait Kernel {
    /// Milliseconds since some fixed moment; never goes back.
    fn now_ms(&self) -> u64;

    /// The time of day.
    fn wall_clock(&self) -> SystemTime;

    /// How many listeners there are to begin with.
    fn listeners(&self) -> usize;

    /// Arms a multishot accept on the listener that the token's index names.
    fn accept(&mut self, token: Token);

    /// Arms a multishot poll of the doorbell; there is one.
    fn poll_doorbell(&mut self, token: Token);

    /// Arms a multishot receive.
    fn receive(&mut self, socket: Socket, token: Token);

    /// Polls once for something to receive.
    fn poll_readable(&mut self, socket: Socket, token: Token);

    /// Polls once for room to send.
    fn poll_writable(&mut self, socket: Socket, token: Token);

    /// recv(2), without waiting and without a completion: what is there, up to `bytes_max` bytes, in memory of its own.
    /// Nothing: the end of the stream.
    ///
    /// # Errors
    /// `EAGAIN` when there is nothing; whatever else recv(2) says.
    fn receive_now(&mut self, socket: Socket, bytes_max: usize) -> Result<Vec<u8>, Errno>;

    /// Sends; the bytes belong to the kernel until their completion.
    fn send(&mut self, socket: Socket, token: Token, outgoing: Outgoing);

    /// sendmsg(2) of all slices, without waiting and without a completion. Gives how many bytes the kernel took; none
    /// on an error, which the next queued send meets as well. `more`: they need not leave before what is sent next.
    fn send_now(&mut self, socket: Socket, slices: &[&[u8]], more: bool) -> usize;

    /// sendfile(2) of a part that [is in memory](Self::is_in_memory), without waiting and without a completion. Gives how many
    /// bytes the kernel took; none: the file ends before.
    ///
    /// # Errors
    /// `EAGAIN` when the socket takes nothing; whatever else sendfile(2) says.
    fn send_file_now(&mut self, socket: Socket, part: &FileBody) -> Result<u64, Errno>;

    /// Whether a part of a file can be read and sent without waiting for a disk.
    fn is_in_memory(&mut self, part: &FileBody) -> bool;

    /// Reads a part of a file, or a beginning of it, without waiting and without a completion; nothing at the end of the file.
    ///
    /// # Errors
    /// `EAGAIN` where a disk would have to be waited for; whatever else pread(2) says.
    fn read_file_now(&mut self, part: &FileBody) -> Result<Vec<u8>, Errno>;

    /// Reads a part of a file, or a beginning of it; memory and file belong to the kernel until the completion.
    fn read_file(&mut self, part: FileBody, token: Token);

    /// Cancels `target`, which completes in its own way; `token` is the cancellation's own.
    fn cancel(&mut self, target: Token, token: Token);

    /// shutdown(2), at once and without a completion: of the sending side, or of both. io_uring has an operation for it,
    /// which the kernel always hands to another thread.
    fn shutdown(&mut self, socket: Socket, both: bool);

    /// Makes the close of the socket a reset (SO_LINGER of 0 seconds).
    fn reset_on_close(&mut self, socket: Socket);

    /// close(2). Nothing else may be in flight on the socket but what is being cancelled.
    fn close(&mut self, socket: Socket, token: Token);

    /// close(2) at once, when the engine itself ends: operations in flight end with the kernel object.
    fn discard(&mut self, socket: Socket);

    /// Takes a connected socket over.
    fn adopt(&mut self, socket: OwnedFd) -> Socket;

    /// Lets go of a socket that nothing is in flight on, and that is never named again.
    fn give_up(&mut self, socket: Socket) -> OwnedFd;

    /// Closes a listener, if it is open. Connections that were not accepted are refused.
    fn close_listener(&mut self, listener: u32);

    /// Submits what is queued, waits, and makes completions available.
    fn enter(&mut self, wait: Wait) -> io::Result<()>;

    /// The next completion.
    fn reap(&mut self) -> Option<Completion>;

    /// The bytes of a lease.
    fn bytes(&self, lease: &Lease) -> &[u8];

    /// Gives a buffer back to the kernel.
    fn release(&mut self, lease: Lease);

    /// Gives memory back that only a crowd needs. Not while a lease is out.
    fn shrink(&mut self);

    /// Who is at the other end of a connection.
    fn peer_address(&self, socket: Socket) -> Option<PeerAddress>;

    /// Bytes that were sent but not acknowledged by the peer (SIOCOUTQ); 0 when unknown.
    fn unacknowledged_bytes(&self, socket: Socket) -> u32;

    /// How often the completion queue has overflowed.
    fn overflows(&self) -> u64;
}
