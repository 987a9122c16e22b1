//! A kernel in memory: what the engine asks for is promised here, and completes when chance says so.
//!
//! Owns the operations in flight, the completion queue and the receive buffers of one engine. Never touches a real socket.
//! Whatever the engine asks for that it must not (two sends at once, a close beside an operation) is written down as
//! a violation. Called by: the engine, through [`Kernel`]; [`Control`] is how a simulation looks inside.

mod buffers;
mod complete;
mod control;
mod files;
mod in_flight;
mod stale;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;
use std::time::SystemTime;

use howth_engine::{FileBody, PeerAddress};
use howth_io_uring_net::Operation as Asked;
use howth_io_uring_net::{Completion, Errno, Kernel, Lease, Outgoing, Socket, Token, Wait};

use crate::faults::{Fault, Faults};
use crate::memory;
use crate::network::SharedNetwork;
use crate::random::Random;
use crate::trace;
use buffers::Buffers;
use control::brief;
use in_flight::{InFlight, Operation};

pub use control::Control;

/// How large the simulated ring is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelOptions {
    /// Receive buffers.
    pub buffers: u16,
    /// The size of one.
    pub buffer_bytes: u32,
    /// Completions that fit the queue; the rest is seen after the next enter.
    pub completions: usize,
}

/// The simulated kernel of one engine.
#[derive(Debug)]
pub struct SimulatedKernel {
    network: SharedNetwork,
    control: Rc<Control>,
    options: KernelOptions,
    faults: Faults,
    random: Random,
    buffers: Buffers,
    in_flight: Vec<InFlight>,
    completions: VecDeque<Completion>,
    /// How many of them the engine can see.
    visible: usize,
    overflows: u64,
    is_listening: bool,
    /// Tokens of connections that were closed.
    stale: Vec<Token>,
}

impl SimulatedKernel {
    /// A kernel on `network` whose chances come from `random`.
    pub fn new(network: SharedNetwork, options: KernelOptions, faults: Faults, random: Random) -> Self {
        let control = Control::default();
        control.has_faults.set(true);
        SimulatedKernel {
            network,
            control: Rc::new(control),
            options,
            faults,
            random,
            buffers: Buffers::new(options.buffers, options.buffer_bytes),
            in_flight: Vec::new(),
            completions: VecDeque::new(),
            visible: 0,
            overflows: 0,
            is_listening: true,
            stale: Vec::new(),
        }
    }

    /// How a simulation looks inside.
    pub fn control(&self) -> Rc<Control> {
        self.control.clone()
    }

    fn draw(&mut self, fault: Fault) -> bool {
        self.control.has_faults.get() && self.random.chance(self.faults.rate(fault))
    }

    fn queue(&mut self, token: Token, operation: Operation) {
        if let Some(socket) = operation.socket()
            && self.network.borrow().link_of(socket.0).is_none()
        {
            self.control.violate(format!("{token:?} on a closed socket"));
        }
        let is_double = self
            .in_flight
            .iter()
            .any(|other| match (&other.operation, &operation) {
                (Operation::Accept, Operation::Accept) | (Operation::Doorbell, Operation::Doorbell) => true,
                (Operation::Receive(a) | Operation::Poll(a), Operation::Receive(b) | Operation::Poll(b)) => {
                    a == b
                }
                (
                    Operation::Send(a, _) | Operation::PollWritable(a),
                    Operation::Send(b, _) | Operation::PollWritable(b),
                ) => a == b,
                (Operation::ReadFile(_), Operation::ReadFile(_)) => other.token == token,
                (other_operation, Operation::Close(b)) => {
                    other_operation.socket() == Some(*b) && !self.is_cancelled(other.token)
                }
                (Operation::Close(a), operation) => operation.socket() == Some(*a),
                _ => false,
            });
        if is_double {
            self.control
                .violate(format!("{token:?} beside another operation that excludes it"));
        }
        if let Operation::Send(_, outgoing) = &operation
            && outgoing.is_empty()
        {
            self.control.violate("a send of nothing".to_owned());
        }
        self.in_flight.push(InFlight { token, operation });
        self.publish();
    }

    fn push(&mut self, completion: Completion) {
        self.completions.push_back(completion);
    }

    /// Shows the simulation where things stand.
    fn publish(&self) {
        let sending = self.in_flight.iter().map(|in_flight| match &in_flight.operation {
            Operation::Send(_, outgoing) => outgoing.slices().map(<[u8]>::len).sum(),
            _ => 0,
        });
        let is_doorbell = |in_flight: &InFlight| matches!(in_flight.operation, Operation::Doorbell);
        self.control.sending_bytes.set(sending.sum());
        let is_waited_for = |in_flight: &&InFlight| match in_flight.operation {
            Operation::Doorbell => false,
            Operation::Cancel(target) => target.operation != Asked::Accept,
            _ => true,
        };
        let waited_for = self.in_flight.iter().filter(is_waited_for).count();
        self.control.operations.set(waited_for);
        self.control.leased.set(self.buffers.leased());
        self.control
            .hears_doorbell
            .set(self.in_flight.iter().any(is_doorbell));
        let in_completions = self.completions.iter().filter(|completion| {
            matches!(
                completion,
                Completion::Received {
                    result: Ok(Some(_)),
                    ..
                }
            )
        });
        let known = self.buffers.free() + self.buffers.leased() + in_completions.count();
        self.control
            .lost_buffers
            .set(usize::from(self.options.buffers) - known);
    }
}

impl Kernel for SimulatedKernel {
    fn now_ms(&self) -> u64 {
        self.network.borrow().now_ms
    }

    fn wall_clock(&self) -> SystemTime {
        self.network.borrow().wall()
    }

    fn listeners(&self) -> usize {
        1
    }

    fn accept(&mut self, token: Token) {
        if !self.is_listening {
            self.control.violate("an accept on a closed listener".to_owned());
        }
        memory::outside(|| self.queue(token, Operation::Accept));
    }

    fn poll_doorbell(&mut self, token: Token) {
        memory::outside(|| self.queue(token, Operation::Doorbell));
    }

    fn receive(&mut self, socket: Socket, token: Token) {
        memory::outside(|| self.queue(token, Operation::Receive(socket)));
    }

    fn poll_readable(&mut self, socket: Socket, token: Token) {
        memory::outside(|| self.queue(token, Operation::Poll(socket)));
    }

    fn receive_now(&mut self, socket: Socket, bytes_max: usize) -> Result<Vec<u8>, Errno> {
        let mut wanted = bytes_max;
        if self.draw(Fault::OneByte) {
            wanted = wanted.min(1);
        } else if self.draw(Fault::ShortReceive) {
            wanted = wanted.min(1 + self.random.below(wanted));
        }
        let received = memory::outside(|| self.receive_bytes(socket, wanted));
        // The engine's own memory.
        received.map(|bytes| bytes.as_slice().to_vec())
    }

    fn send(&mut self, socket: Socket, token: Token, outgoing: Outgoing) {
        memory::outside(|| self.queue(token, Operation::Send(socket, outgoing)));
    }

    fn send_now(&mut self, socket: Socket, slices: &[&[u8]], _: bool) -> usize {
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        self.send_past(socket, slices, total).unwrap_or(0)
    }

    fn poll_writable(&mut self, socket: Socket, token: Token) {
        memory::outside(|| self.queue(token, Operation::PollWritable(socket)));
    }

    fn send_file_now(&mut self, socket: Socket, part: &FileBody) -> Result<u64, Errno> {
        self.send_part(socket, part)
    }

    fn is_in_memory(&mut self, _: &FileBody) -> bool {
        !self.draw(Fault::Late)
    }

    fn read_file_now(&mut self, part: &FileBody) -> Result<Vec<u8>, Errno> {
        match self.draw(Fault::Late) {
            true => Err(Errno(libc::EAGAIN)),
            false => self.read_part(part),
        }
    }

    fn read_file(&mut self, part: FileBody, token: Token) {
        memory::outside(|| self.queue(token, Operation::ReadFile(part)));
    }

    fn cancel(&mut self, target: Token, token: Token) {
        memory::outside(|| self.queue(token, Operation::Cancel(target)));
    }

    fn shutdown(&mut self, socket: Socket, both: bool) {
        memory::outside(|| {
            let mut network = self.network.borrow_mut();
            let Some(link) = network.link_of(socket.0) else {
                return self.control.violate("a shutdown of a closed socket".to_owned());
            };
            network.links[link].to_client.is_ended = true;
            network.links[link].is_shut_for_receiving |= both;
        });
    }

    fn reset_on_close(&mut self, socket: Socket) {
        let mut network = self.network.borrow_mut();
        if let Some(link) = network.link_of(socket.0) {
            network.links[link].resets_on_close = true;
        }
    }

    fn close(&mut self, socket: Socket, token: Token) {
        memory::outside(|| self.queue(token, Operation::Close(socket)));
    }

    fn discard(&mut self, socket: Socket) {
        memory::outside(|| self.network.borrow_mut().server_close(socket.0));
    }

    fn adopt(&mut self, socket: OwnedFd) -> Socket {
        memory::outside(|| {
            let mut network = self.network.borrow_mut();
            let Some(link) = network.take_handed(socket.as_raw_fd()) else {
                self.control
                    .violate("a socket is adopted that nobody gave up".to_owned());
                return Socket(-1);
            };
            Socket(network.open_descriptor(link))
        })
    }

    fn give_up(&mut self, socket: Socket) -> OwnedFd {
        if self.has_in_flight(socket) {
            self.control
                .violate("a socket is given up beside an operation".to_owned());
        }
        // Stands for the socket on its way.
        let descriptor = OwnedFd::from(File::open("/dev/null").expect("a descriptor"));
        memory::outside(|| {
            self.network
                .borrow_mut()
                .hand_over(socket.0, descriptor.as_raw_fd())
        });
        descriptor
    }

    fn close_listener(&mut self, _: u32) {
        self.is_listening = false;
        memory::outside(|| self.network.borrow_mut().close_listener());
    }

    fn enter(&mut self, wait: Wait) -> io::Result<()> {
        memory::outside(|| self.wait(wait));
        Ok(())
    }

    fn reap(&mut self) -> Option<Completion> {
        self.visible = self.visible.checked_sub(1)?;
        let completion = self.completions.pop_front()?;
        memory::outside(|| {
            trace::tell(|| format!("{} {}", self.network.borrow().now_ms, brief(&completion)))
        });
        match &completion {
            Completion::Received {
                result: Ok(Some(lease)),
                ..
            } => self.buffers.lease(lease),
            Completion::Done { token } if token.operation == Asked::Close => {
                memory::outside(|| self.note_closed(*token));
            }
            _ => {}
        }
        self.publish();
        Some(completion)
    }

    fn bytes(&self, lease: &Lease) -> &[u8] {
        self.buffers.bytes(lease)
    }

    fn release(&mut self, lease: Lease) {
        if !memory::outside(|| self.buffers.release(lease)) {
            self.control
                .violate("a buffer is released that is not leased".to_owned());
        }
        self.publish();
    }

    fn shrink(&mut self) {
        if self.buffers.leased() > 0 {
            self.control
                .violate("memory is given back while a lease is out".to_owned());
        }
    }

    fn peer_address(&self, socket: Socket) -> Option<PeerAddress> {
        let link = self.network.borrow().link_of(socket.0)?;
        let port = u16::try_from(link).unwrap_or(u16::MAX);
        Some(PeerAddress::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port))))
    }

    fn unacknowledged_bytes(&self, socket: Socket) -> u32 {
        let network = self.network.borrow();
        let Some(link) = network.link_of(socket.0) else {
            return 0;
        };
        u32::try_from(network.links[link].to_client.bytes.len()).unwrap_or(u32::MAX)
    }

    fn overflows(&self) -> u64 {
        self.overflows
    }
}

impl Drop for SimulatedKernel {
    /// A close that was submitted is done, whether or not anybody waits for it.
    fn drop(&mut self) {
        memory::outside(|| {
            for in_flight in std::mem::take(&mut self.in_flight) {
                if let Operation::Close(socket) = in_flight.operation {
                    self.network.borrow_mut().server_close(socket.0);
                }
            }
        });
    }
}
