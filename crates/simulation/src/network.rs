//! Connections in memory, with a client's and a server's end, and the time they share.
//!
//! Owns every byte under way and how a connection ends: in order (a FIN), or by a reset, which may eat what the client has
//! not read. Never loses or changes a byte otherwise. Called by: the simulated kernel for the server, the clients for
//! themselves.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use crate::random::Random;

/// The longest step of time. The engine reads the clock once a turn: what happens between two turns counts, for its
/// deadlines, from the earlier one.
pub const STEP_MS_MAX: u64 = 900;

/// The network that kernels and clients of a simulation share.
pub type SharedNetwork = Rc<RefCell<Network>>;

/// One direction of a connection.
#[derive(Debug)]
pub struct Pipe {
    /// Sent and not received.
    pub bytes: VecDeque<u8>,
    /// How much may wait.
    pub capacity: usize,
    /// Nothing follows.
    pub is_ended: bool,
    /// So many of the last bytes wait for more, or the end, and are not under way (`MSG_MORE`).
    pub held: usize,
}

impl Pipe {
    fn new(capacity: usize) -> Self {
        Pipe {
            bytes: VecDeque::new(),
            capacity,
            is_ended: false,
            held: 0,
        }
    }

    /// How many can be received.
    pub fn visible(&self) -> usize {
        let held = if self.is_ended { 0 } else { self.held };
        self.bytes.len().saturating_sub(held)
    }

    /// How many more bytes it takes.
    pub fn room(&self) -> usize {
        self.capacity.saturating_sub(self.bytes.len())
    }

    /// Receives up to `bytes_max` bytes.
    pub fn take(&mut self, bytes_max: usize) -> Vec<u8> {
        let taken = self.visible().min(bytes_max);
        self.bytes.drain(..taken).collect()
    }
}

/// Where the server's end of a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerEnd {
    /// Not accepted yet.
    Backlog,
    /// An engine has it, by this descriptor.
    Open(i32),
    /// On its way from one engine to another.
    Handed,
    /// Closed.
    Closed,
}

/// A connection.
#[derive(Debug)]
pub struct Link {
    /// What the client sends.
    pub to_server: Pipe,
    /// What the server sends.
    pub to_client: Pipe,
    /// The server's end.
    pub server: ServerEnd,
    /// The client has closed its end for good.
    pub is_client_gone: bool,
    /// A reset was sent or received: neither side hears anything more.
    pub is_reset: bool,
    /// The simulated kernel broke it, without anybody's fault; or nobody was there any more to accept it.
    pub is_broken_by_fault: bool,
    /// The server receives no more.
    pub is_shut_for_receiving: bool,
    /// A close of the server is to be a reset.
    pub resets_on_close: bool,
    /// Bytes that the server has received.
    pub received_by_server: u64,
    /// Bytes that the server has sent.
    pub sent_by_server: u64,
    /// When the server sent last, or the client connected.
    pub sent_at_ms: u64,
}

/// What a client's recv(2) gives.
#[derive(Debug, PartialEq, Eq)]
pub enum ClientRead {
    /// Bytes.
    Bytes(Vec<u8>),
    /// Nothing now.
    Nothing,
    /// The end of the stream.
    End,
    /// ECONNRESET.
    Reset,
}

/// The network.
#[derive(Debug)]
pub struct Network {
    /// The virtual clock, in milliseconds.
    pub now_ms: u64,
    /// How far the time of day is from where it would be, in milliseconds.
    pub wall_offset_ms: i64,
    /// The clocks have jumped: silence of that time is nobody's.
    pub has_jumped: bool,
    /// A fault has delayed completions: what was sent in time may have been seen late.
    pub has_delayed: bool,
    /// All connections there ever were.
    pub links: Vec<Link>,
    /// Connections that wait to be accepted.
    pub backlog: VecDeque<usize>,
    /// Whether anybody listens.
    pub is_listening: bool,
    /// By descriptor: the connection, as the lowest free descriptor is always given out.
    descriptors: Vec<Option<usize>>,
    /// Connections on their way from one engine to another, by the real descriptor that stands for them there.
    handed: Vec<(i32, usize)>,
    random: Random,
}

impl Network {
    /// A network without connections.
    pub fn new(seed: u64) -> Self {
        Network {
            now_ms: 1_000_000,
            wall_offset_ms: 0,
            has_jumped: false,
            has_delayed: false,
            links: Vec::new(),
            backlog: VecDeque::new(),
            is_listening: true,
            descriptors: Vec::new(),
            handed: Vec::new(),
            random: Random::of(seed, 1),
        }
    }

    /// The same, to be shared.
    pub fn shared(seed: u64) -> SharedNetwork {
        Rc::new(RefCell::new(Network::new(seed)))
    }

    /// The time of day.
    pub fn wall(&self) -> SystemTime {
        let since_epoch = 1_700_000_000_000 + self.now_ms.cast_signed() + self.wall_offset_ms;
        SystemTime::UNIX_EPOCH + Duration::from_millis(since_epoch.max(0).cast_unsigned())
    }

    /// A client connects; gives the connection, or nothing if nobody listens.
    pub fn connect(&mut self, to_server: usize, to_client: usize) -> Option<usize> {
        if !self.is_listening {
            return None;
        }
        self.links.push(Link {
            to_server: Pipe::new(to_server),
            to_client: Pipe::new(to_client),
            server: ServerEnd::Backlog,
            is_client_gone: false,
            is_reset: false,
            is_broken_by_fault: false,
            is_shut_for_receiving: false,
            resets_on_close: false,
            received_by_server: 0,
            sent_by_server: 0,
            sent_at_ms: self.now_ms,
        });
        self.backlog.push_back(self.links.len() - 1);
        Some(self.links.len() - 1)
    }

    /// A client sends; gives how many bytes were taken.
    pub fn client_send(&mut self, link: usize, bytes: &[u8]) -> usize {
        let connection = &mut self.links[link];
        if connection.is_reset || bytes.is_empty() {
            return 0;
        }
        if connection.server == ServerEnd::Closed {
            // Nobody is there to read it.
            self.reset(link);
            return bytes.len();
        }
        let taken = bytes.len().min(connection.to_server.room());
        connection.to_server.bytes.extend(&bytes[..taken]);
        taken
    }

    /// A client receives up to `bytes_max` bytes.
    pub fn client_receive(&mut self, link: usize, bytes_max: usize) -> ClientRead {
        let connection = &mut self.links[link];
        if connection.to_client.visible() > 0 {
            return ClientRead::Bytes(connection.to_client.take(bytes_max));
        }
        if connection.is_reset {
            ClientRead::Reset
        } else if connection.to_client.is_ended {
            ClientRead::End
        } else {
            ClientRead::Nothing
        }
    }

    /// So many bytes more, the last that the server has sent, wait for the end.
    pub fn hold_last(&mut self, descriptor: i32, bytes: usize) {
        if let Some(link) = self.link_of(descriptor) {
            self.links[link].to_client.held += bytes;
        }
    }

    /// A client ends its sending side.
    pub fn client_half_close(&mut self, link: usize) {
        self.links[link].to_server.is_ended = true;
    }

    /// A client closes its end; by a reset if it says so, or if there is something that it has not read.
    pub fn client_close(&mut self, link: usize, resets: bool) {
        let connection = &mut self.links[link];
        connection.is_client_gone = true;
        connection.to_server.is_ended = true;
        if resets || !connection.to_client.bytes.is_empty() {
            self.reset(link);
            self.links[link].to_client.bytes.clear();
        }
    }

    /// The connection breaks: neither side hears more of the other, and the client may lose what it has not read.
    pub fn reset(&mut self, link: usize) {
        let is_eaten = self.random.chance(500);
        let kept = self.random.below(self.links[link].to_client.bytes.len() + 1);
        let is_forgotten = self.random.chance(500);
        let connection = &mut self.links[link];
        if connection.is_reset {
            return;
        }
        connection.is_reset = true;
        // What is not under way never will be.
        let visible = connection.to_client.visible();
        connection.to_client.bytes.truncate(visible);
        connection.to_client.held = 0;
        if is_eaten {
            connection.to_client.bytes.truncate(kept);
        }
        if is_forgotten {
            connection.to_server.bytes.clear();
        }
    }

    /// Gives a connection the lowest free descriptor.
    pub fn open_descriptor(&mut self, link: usize) -> i32 {
        let free = self.descriptors.iter().position(Option::is_none);
        let descriptor = free.unwrap_or(self.descriptors.len());
        if free.is_none() {
            self.descriptors.push(None);
        }
        self.descriptors[descriptor] = Some(link);
        let descriptor = i32::try_from(descriptor).expect("few descriptors");
        self.links[link].server = ServerEnd::Open(descriptor);
        descriptor
    }

    /// The connection of an open descriptor.
    pub fn link_of(&self, descriptor: i32) -> Option<usize> {
        let index = usize::try_from(descriptor).ok()?;
        self.descriptors.get(index).copied().flatten()
    }

    fn free_descriptor(&mut self, descriptor: i32) -> Option<usize> {
        let link = self.link_of(descriptor)?;
        self.descriptors[usize::try_from(descriptor).ok()?] = None;
        Some(link)
    }

    /// A connection leaves its engine; `stands_for_it` is a real descriptor.
    pub fn hand_over(&mut self, descriptor: i32, stands_for_it: i32) {
        if let Some(link) = self.free_descriptor(descriptor) {
            self.links[link].server = ServerEnd::Handed;
            self.handed.push((stands_for_it, link));
        }
    }

    /// The connection that a real descriptor stands for, which no longer does.
    pub fn take_handed(&mut self, stood_for_it: i32) -> Option<usize> {
        let position = self.handed.iter().position(|(real, _)| *real == stood_for_it)?;
        Some(self.handed.swap_remove(position).1)
    }

    /// Closes the connections on their way, which nobody has any more.
    pub fn close_handed(&mut self) {
        while let Some((_, link)) = self.handed.pop() {
            self.server_closed(link);
        }
    }

    /// close(2) of the server.
    pub fn server_close(&mut self, descriptor: i32) {
        if let Some(link) = self.free_descriptor(descriptor) {
            self.server_closed(link);
        }
    }

    /// The server's end of a connection is closed, in order or, if something was not read, by a reset.
    pub fn server_closed(&mut self, link: usize) {
        let connection = &mut self.links[link];
        connection.server = ServerEnd::Closed;
        connection.to_client.is_ended = true;
        if connection.resets_on_close || !connection.to_server.bytes.is_empty() {
            self.reset(link);
        }
    }

    /// Nobody listens any more: who was not accepted is refused.
    pub fn close_listener(&mut self) {
        self.is_listening = false;
        while let Some(link) = self.backlog.pop_front() {
            self.links[link].is_broken_by_fault = true;
            self.server_closed(link);
            self.reset(link);
        }
    }

    /// Connections that a server has.
    pub fn open_at_server(&self) -> usize {
        let is_open = |link: &&Link| matches!(link.server, ServerEnd::Open(_));
        self.links.iter().filter(is_open).count()
    }
}
