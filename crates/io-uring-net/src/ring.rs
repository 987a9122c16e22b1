//! The real kernel: one io_uring, its provided buffers, the memory of sends in flight.
//!
//! Owns every byte the kernel may touch. Never interprets one. Called by: the engine, through [`Kernel`].
//!
//! The fields' order is the order they are dropped in: the ring is closed first, so that the kernel has let
//! go of the buffers when they are freed.

mod doorbell;
mod in_flight;
mod readiness;
mod reads;

use std::io;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::sync::Arc;
use std::task::Waker;
use std::time::{Instant, SystemTime};

use howth_connection::Outgoing;
use howth_engine::{FileBody, PeerAddress};
use howth_ring::submission::{self, result_of};
use howth_ring::{Operation, ProvidedBuffers, RingOptions, Token};
use io_uring::{IoUring, cqueue, opcode, types};

use crate::kernel::{Completion, Errno, Kernel, Lease, Socket, Wait};
use doorbell::Doorbell;
use in_flight::InFlight;
use readiness::Readiness;
use reads::Reads;

/// The group of the one ring of provided buffers.
const BUFFER_GROUP: u16 = 0;

/// The ring of one core. Must be used on the thread that made it (`SINGLE_ISSUER`).
#[derive(Debug)]
pub struct Ring {
    ring: IoUringBox,
    buffers: ProvidedBuffers,
    in_flight: InFlight,
    reads: Reads,
    readiness: Readiness,
    /// `None` until somebody wants to ring it.
    doorbell: Option<Arc<Doorbell>>,
    /// By slot; `None`: closed, or without a socket.
    listeners: Vec<Option<OwnedFd>>,
    started: Instant,
    overflows: u64,
    /// Completions that were taken from the kernel's queue together, in reverse.
    reaped: Vec<cqueue::Entry>,
}

/// Completions taken at once: the queue's ends are shared with the kernel, so each look at them costs.
const REAPED_MAX: usize = 64;

struct IoUringBox(IoUring);

impl std::fmt::Debug for IoUringBox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("IoUring")
            .field(&self.0.as_raw_fd())
            .finish()
    }
}

impl Ring {
    /// Makes a ring that accepts from `listeners`.
    ///
    /// # Errors
    /// What io_uring_setup(2) and io_uring_register(2) say.
    pub fn new(listeners: Vec<OwnedFd>, options: RingOptions) -> io::Result<Self> {
        let mut ring = submission::set_up(options)?;
        let mut buffers = ProvidedBuffers::new(options.buffers, options.buffer_bytes)?;
        buffers.register(&ring, BUFFER_GROUP)?;
        let readiness = Readiness::register(&mut ring)?;
        Ok(Ring {
            readiness,
            doorbell: None,
            ring: IoUringBox(ring),
            buffers,
            in_flight: InFlight::default(),
            reads: Reads::default(),
            listeners: listeners.into_iter().map(Some).collect(),
            started: Instant::now(),
            overflows: 0,
            reaped: Vec::with_capacity(REAPED_MAX),
        })
    }

    /// Has something to accept from in a slot that has nothing.
    pub(crate) fn listen(&mut self, slot: u32, listener: Option<OwnedFd>) {
        let slot = slot as usize;
        if self.listeners.len() <= slot {
            self.listeners.resize_with(slot + 1, || None);
        }
        self.listeners[slot] = listener;
    }

    /// A duplicate of the descriptor that tells of completions.
    pub(crate) fn readiness(&self) -> io::Result<OwnedFd> {
        self.readiness.duplicate()
    }

    /// Makes the descriptor readable when something completes from now on. Completions that wait already are
    /// not told: take one more turn before sleeping.
    pub fn switch_readiness_on(&mut self) {
        self.readiness.switch_on(&mut self.ring.0);
        if let Some(doorbell) = &self.doorbell {
            doorbell.set_parked(true);
        }
    }

    /// Leaves the descriptor alone, so that completions cost no signal.
    pub fn switch_readiness_off(&mut self) {
        if let Some(doorbell) = &self.doorbell {
            doorbell.set_parked(false);
        }
        self.readiness.switch_off(&mut self.ring.0);
    }

    /// What any thread may use to make something complete here, once the doorbell is polled.
    ///
    /// # Errors
    /// The process has no descriptor left.
    pub(crate) fn waker(&mut self) -> io::Result<Waker> {
        if let Some(doorbell) = &self.doorbell {
            return Ok(Waker::from(doorbell.clone()));
        }
        let doorbell = Arc::new(Doorbell::new(&self.readiness)?);
        self.doorbell = Some(doorbell.clone());
        Ok(Waker::from(doorbell))
    }

    fn push(&mut self, entry: io_uring::squeue::Entry, token: Token) {
        // SAFETY: a send points to what `InFlight` owns until its completion, a read of a file to what `Reads` does; the other
        // operations point to nothing.
        unsafe { submission::push(&mut self.ring.0, entry.user_data(token.pack())) };
    }

    fn completion(&mut self, entry: &cqueue::Entry) -> Option<Completion> {
        let token = Token::unpack(entry.user_data())?;
        let more = cqueue::more(entry.flags());
        Some(match token.operation {
            Operation::Accept => Completion::Accepted {
                token,
                result: result_of(entry).map(|socket| Socket(socket.cast_signed())),
                more,
            },
            Operation::Receive => Completion::Received {
                token,
                result: self.buffers.received(entry),
                more,
            },
            Operation::Send => Completion::Sent {
                token,
                result: result_of(entry).map(|sent| sent as usize),
                outgoing: self.in_flight.take(token.index),
            },
            Operation::Readable => Completion::Readable { token },
            Operation::Writable => Completion::Writable { token },
            Operation::ReadFile => Completion::FileRead {
                token,
                result: self.reads.take(token.index, result_of(entry)),
            },
            Operation::Doorbell => {
                if let Some(doorbell) = &self.doorbell {
                    doorbell.heard();
                }
                Completion::Rung { more }
            }
            Operation::Cancel | Operation::Shutdown | Operation::Close | Operation::Connect => {
                Completion::Done { token }
            }
        })
    }
}

fn errno(error: io::Error) -> Errno {
    match error.kind() {
        // What nobody can tell may have to be waited for.
        io::ErrorKind::WouldBlock | io::ErrorKind::Unsupported => Errno(libc::EAGAIN),
        _ => Errno(error.raw_os_error().unwrap_or(libc::EIO)),
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.reads.abandon();
        submission::tear_down(&mut self.ring.0);
    }
}

impl Kernel for Ring {
    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    fn wall_clock(&self) -> SystemTime {
        SystemTime::now()
    }

    fn listeners(&self) -> usize {
        self.listeners.len()
    }

    fn accept(&mut self, token: Token) {
        if let Some(Some(listener)) = self.listeners.get(token.index as usize) {
            let entry = opcode::AcceptMulti::new(types::Fd(listener.as_raw_fd()))
                .flags(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK)
                .build();
            self.push(entry, token);
        }
    }

    fn poll_doorbell(&mut self, token: Token) {
        if let Some(doorbell) = &self.doorbell {
            let entry = opcode::PollAdd::new(types::Fd(doorbell.as_raw_fd()), libc::POLLIN as u32);
            self.push(entry.multi(true).build(), token);
        }
    }

    fn receive(&mut self, socket: Socket, token: Token) {
        self.push(
            opcode::RecvMulti::new(types::Fd(socket.0), BUFFER_GROUP).build(),
            token,
        );
    }

    fn poll_readable(&mut self, socket: Socket, token: Token) {
        let events = (libc::POLLIN | libc::POLLRDHUP) as u32;
        self.push(opcode::PollAdd::new(types::Fd(socket.0), events).build(), token);
    }

    fn poll_writable(&mut self, socket: Socket, token: Token) {
        let events = libc::POLLOUT as u32;
        self.push(opcode::PollAdd::new(types::Fd(socket.0), events).build(), token);
    }

    fn receive_now(&mut self, socket: Socket, bytes_max: usize) -> Result<Vec<u8>, Errno> {
        submission::receive_now(socket, bytes_max)
    }

    fn send(&mut self, socket: Socket, token: Token, outgoing: Outgoing) {
        let entry = self.in_flight.hold(socket, token.index, outgoing);
        self.push(entry, token);
    }

    fn send_now(&mut self, socket: Socket, slices: &[&[u8]], more: bool) -> usize {
        submission::send_now(socket, slices, more)
    }

    fn send_file_now(&mut self, socket: Socket, part: &FileBody) -> Result<u64, Errno> {
        submission::with_socket(socket, |socket| howth_file_io::send(&*socket, part)).map_err(errno)
    }

    fn is_in_memory(&mut self, part: &FileBody) -> bool {
        howth_file_io::is_in_memory(part)
    }

    fn read_file_now(&mut self, part: &FileBody) -> Result<Vec<u8>, Errno> {
        howth_file_io::read_now(part).map_err(errno)
    }

    fn read_file(&mut self, part: FileBody, token: Token) {
        let entry = self.reads.hold(token.index, part);
        self.push(entry, token);
    }

    fn cancel(&mut self, target: Token, token: Token) {
        self.push(opcode::AsyncCancel::new(target.pack()).build(), token);
    }

    fn shutdown(&mut self, socket: Socket, both: bool) {
        submission::shutdown(socket, both);
    }

    fn reset_on_close(&mut self, socket: Socket) {
        submission::reset_on_close(socket);
    }

    fn close(&mut self, socket: Socket, token: Token) {
        self.push(opcode::Close::new(types::Fd(socket.0)).build(), token);
    }

    fn discard(&mut self, socket: Socket) {
        submission::close_now(socket);
    }

    fn adopt(&mut self, socket: OwnedFd) -> Socket {
        Socket(socket.into_raw_fd())
    }

    fn give_up(&mut self, socket: Socket) -> OwnedFd {
        submission::owned(socket)
    }

    fn close_listener(&mut self, listener: u32) {
        if let Some(open) = self.listeners.get_mut(listener as usize) {
            *open = None;
        }
    }

    fn enter(&mut self, wait: Wait) -> io::Result<()> {
        // What was taken from the kernel's queue and not worked on yet is not waited behind.
        let wait = if self.reaped.is_empty() { wait } else { Wait::Not };
        if submission::enter(&mut self.ring.0, wait)? {
            self.overflows += 1;
        }
        Ok(())
    }

    fn reap(&mut self) -> Option<Completion> {
        loop {
            if self.reaped.is_empty() {
                self.reaped.extend(self.ring.0.completion().take(REAPED_MAX));
                self.reaped.reverse();
            }
            let entry = self.reaped.pop()?;
            if let Some(completion) = self.completion(&entry) {
                return Some(completion);
            }
        }
    }

    fn bytes(&self, lease: &Lease) -> &[u8] {
        self.buffers.bytes(lease)
    }

    fn release(&mut self, lease: Lease) {
        self.buffers.release(lease);
    }

    fn shrink(&mut self) {
        self.in_flight.shrink();
        // A completion that was not reaped names a buffer with bytes in it.
        let is_reaped = self.reaped.is_empty() && self.ring.0.completion().is_empty();
        if is_reaped && !self.ring.0.submission().cq_overflow() {
            self.buffers.shrink();
        }
    }

    fn peer_address(&self, socket: Socket) -> Option<PeerAddress> {
        let address = submission::peer_address(socket)?;
        Some(address.as_socket().map_or(PeerAddress::Unix, PeerAddress::Tcp))
    }

    fn unacknowledged_bytes(&self, socket: Socket) -> u32 {
        submission::unacknowledged_bytes(socket)
    }

    fn overflows(&self) -> u64 {
        self.overflows
    }
}
