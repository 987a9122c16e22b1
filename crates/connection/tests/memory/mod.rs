//! An engine in memory: connections driven over pipes, with a clock that the test moves.
//!
//! Owns the thread that drives them, as an engine's would be. Never sleeps. Called by: the cases, through
//! [`howth_engine_conformance::Memory`].

mod pipe;

use std::cell::RefCell;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt as _;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime};

use howth_connection::{
    Connections, Driver, End, Layer, Layered, Outgoing, Receive, Shared, Transport, Wanted,
};
use howth_engine::{
    BindAddress, EngineOptions, Event, Exchanges, FileBody, Handler, ListenerId, PeerAddress, Place,
};
use howth_engine_conformance::{Command, Listen, MakeHandler, Memory, Running, Stream};
use pipe::{ClientEnd, Pipe, ServerEnd};

const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

/// So much of a file is read at once.
const PIECE_BYTES: u64 = 100_000;

/// What the engine's thread is told.
enum Told {
    Command(Command),
    Connected(ServerEnd),
    Pump(Sender<()>),
    /// Time passes: until something is due, or for as long as this.
    Advance(Duration, Sender<Option<Duration>>),
}

/// The test's hold on the engine.
#[derive(Clone)]
struct Handle(Sender<Told>);

/// Starts an engine.
pub fn start(listen: Listen, options: EngineOptions, make_handler: MakeHandler) -> Running {
    assert!(matches!(listen, Listen::Loopback), "there is one way to connect");
    let (sender, receiver) = channel();
    let thread = std::thread::spawn(move || run(options, make_handler, &receiver));
    let commands = sender.clone();
    Running {
        address: BindAddress::Tcp(ADDRESS),
        commands: Box::new(move |command| drop(commands.send(Told::Command(command)))),
        thread,
        memory: Some(Arc::new(Handle(sender))),
        connect: None,
    }
}

impl Memory for Handle {
    fn connect(&self) -> Box<dyn Stream> {
        let pipe = Pipe::new();
        let _ = self.0.send(Told::Connected(pipe.server_end()));
        Box::new(ClientEnd::new(pipe, Arc::new(self.clone())))
    }

    fn pump(&self) {
        let (sender, done) = channel();
        let _ = self.0.send(Told::Pump(sender));
        // An engine that is over does nothing more.
        let _ = done.recv();
    }

    fn advance(&self, most: Duration) -> Option<Duration> {
        let (sender, passed) = channel();
        let _ = self.0.send(Told::Advance(most, sender));
        passed.recv().ok().flatten()
    }
}

fn run(options: EngineOptions, make_handler: MakeHandler, told: &Receiver<Told>) {
    let shared = Rc::new(Shared(RefCell::new(Engine::new(options))));
    let exchanges: Rc<dyn Exchanges> = shared.clone();
    let mut handler = make_handler(exchanges.clone());
    while let Ok(told) = told.recv() {
        match told {
            Told::Command(Command::Call(call)) => call(&*exchanges),
            Told::Command(command) => shared.0.borrow_mut().obey(command),
            Told::Connected(end) => shared.0.borrow_mut().open(end),
            Told::Pump(done) => {
                turns(&shared, &mut *handler);
                let _ = done.send(());
            }
            Told::Advance(most, passed) => {
                let time = shared.0.borrow_mut().advance(most);
                turns(&shared, &mut *handler);
                let _ = passed.send(time);
            }
        }
        turns(&shared, &mut *handler);
        if shared.0.borrow().is_finished() {
            return;
        }
    }
}

/// Makes turns until one finds nothing to do.
fn turns(shared: &Shared<Engine>, handler: &mut dyn Handler) {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let mut worked = shared.0.borrow_mut().turn();
        shared.0.borrow_mut().connections.take_events(&mut events);
        if !events.is_empty() {
            handler.on_batch(&events);
            events.clear();
            worked = true;
        }
        if !worked && !shared.0.borrow().connections.has_work() {
            return;
        }
    }
}

/// What the engine keeps of a connection.
#[derive(Debug, Default)]
struct Link {
    pipe: Option<ServerEnd>,
    outgoing: Outgoing,
    wants_bytes: bool,
    has_ended: bool,
}

impl Layered for Link {
    fn layer(&self) -> Option<&Layer> {
        None
    }

    fn layer_mut(&mut self) -> Option<&mut Layer> {
        None
    }
}

struct Pipes;

impl Transport<Link> for Pipes {
    fn send_now(&mut self, link: &mut Link, slices: &[&[u8]]) -> usize {
        let Some(pipe) = link.pipe.as_ref().filter(|_| link.outgoing.is_empty()) else {
            return 0;
        };
        let slices: Vec<IoSlice<'_>> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
        pipe.write(&slices).unwrap_or(0)
    }

    fn peer_address(&self, _: &Link) -> Option<PeerAddress> {
        Some(PeerAddress::Tcp(ADDRESS))
    }

    fn unacknowledged_bytes(&self, _: &Link) -> Option<u32> {
        None
    }
}

struct Engine {
    connections: Connections<Link>,
    /// Whose connections come.
    listener: u32,
    now_ms: u64,
}

impl Driver for Engine {
    type Link = Link;
    type Transport<'a> = Pipes;

    fn connections(&self) -> &Connections<Link> {
        &self.connections
    }

    fn parts(&mut self) -> (Pipes, &mut Connections<Link>) {
        (Pipes, &mut self.connections)
    }
}

impl Engine {
    fn new(options: EngineOptions) -> Self {
        let mut connections = Connections::new(options, 0, wall(0), 0xff);
        let listener = connections.add_listener(ListenerId::default(), Place::default());
        Engine {
            connections,
            listener,
            now_ms: 0,
        }
    }

    fn open(&mut self, end: ServerEnd) {
        let link = Link {
            pipe: Some(end),
            ..Link::default()
        };
        self.connections.counters.accepted += 1;
        let arrival = self
            .connections
            .admit(false, None, || Some(PeerAddress::Tcp(ADDRESS)));
        if let Some(arrival) = arrival {
            self.connections.open(link, self.listener, arrival);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Drain => self.connections.drain(),
            Command::Listen(listener) => {
                self.listener = self.connections.add_listener(listener.id, listener.place);
            }
            Command::DrainListener(listener) => {
                let slot = self.connections.listener_slot(listener).expect("it is there");
                self.connections.listener_closed(slot);
                self.connections.drain_listener(slot);
                self.connections.wish_idle_ended(slot);
            }
            Command::TakeEnded(sender) => drop(sender.send(self.connections.take_ended())),
            Command::Abort => {
                self.connections.drain();
                self.connections.end_all();
            }
            Command::Counters(sender) => {
                let mut counters = self.connections.counters;
                counters.connections = self.connections.len() as u64;
                let _ = sender.send(counters);
            }
            Command::Call(_)
            | Command::StopAccepting(_)
            | Command::AbortListener(_)
            | Command::SetAccepting(_)
            | Command::ReleaseNew(_)
            | Command::ReleaseIdle(_)
            | Command::ReleaseAll
            | Command::TakeReleased(_)
            | Command::Adopt(..) => panic!("a case that needs sockets runs in memory"),
        }
    }

    /// Moves the clock to what is due next, or by `most`.
    fn advance(&mut self, most: Duration) -> Option<Duration> {
        let most_ms = most.as_millis() as u64;
        let due_ms = self
            .connections
            .next_deadline_ms()
            .map(|at_ms| at_ms - self.now_ms.min(at_ms));
        let passed_ms = due_ms.filter(|due_ms| *due_ms <= most_ms);
        self.now_ms += passed_ms.unwrap_or(most_ms);
        // Whatever is due now is due by the clock as well.
        passed_ms.map(Duration::from_millis)
    }

    /// One turn. True: something happened.
    fn turn(&mut self) -> bool {
        self.connections.set_clock(self.now_ms, || wall(self.now_ms));
        self.connections.begin_turn();
        self.settle();
        let mut worked = false;
        for index in self.connections.slots() {
            worked |= self.receive(index);
            worked |= self.send(index);
        }
        worked |= self.connections.end_idle() | self.connections.expire(&Pipes);
        self.settle();
        worked
    }

    fn receive(&mut self, index: u32) -> bool {
        let link = self.connections.link_mut(index);
        let Some(pipe) = &link.pipe else { return false };
        if pipe.is_reset() {
            link.pipe = None;
            self.connections.broken(index);
            return true;
        }
        if !link.wants_bytes || link.has_ended {
            return false;
        }
        match pipe.read() {
            None => return false,
            Some(bytes) if bytes.is_empty() => {
                link.has_ended = true;
                self.connections.end_of_stream(index);
            }
            Some(bytes) => self.connections.received(index, &bytes),
        }
        true
    }

    /// Sends what the pipe takes. True: that was something.
    fn send(&mut self, index: u32) -> bool {
        let link = self.connections.link_mut(index);
        let Some(pipe) = link.pipe.as_ref().filter(|_| !link.outgoing.is_empty()) else {
            return false;
        };
        if let Some(part) = link.outgoing.file_piece(PIECE_BYTES) {
            match read(&part) {
                Some(bytes) => link.outgoing.supply(bytes),
                None => {
                    self.connections.file_failed(index);
                    return true;
                }
            }
        }
        let slices: Vec<IoSlice<'_>> = link.outgoing.slices().map(IoSlice::new).collect();
        match pipe.write(&slices) {
            Some(0) => return false,
            Some(sent) => {
                link.outgoing.advance(sent, drop);
                self.connections.counters.sends += 1;
                self.connections.sent(index, sent);
            }
            None => self.connections.end(index),
        }
        true
    }

    fn settle(&mut self) {
        while let Some(index) = self.connections.next_unsettled() {
            if let Some(outgoing) = self.connections.output(index) {
                self.connections.link_mut(index).outgoing = outgoing;
                self.send(index);
            }
            if let Some(part) = self.connections.file_wanted(index) {
                self.connections.file_read(index, read(&part));
            }
            let wanted = self.connections.settle(index);
            let link = self.connections.link_mut(index);
            match wanted {
                Wanted::Open(receive) => link.wants_bytes = receive != Receive::Nothing,
                Wanted::HalfClosed(receive) => {
                    link.wants_bytes = receive != Receive::Nothing;
                    link.pipe.iter().for_each(ServerEnd::end);
                }
                Wanted::End(end) => {
                    if let Some(pipe) = self.connections.close(index).pipe {
                        pipe.close(end == End::Reset);
                    }
                }
                Wanted::Leave { .. } => panic!("nobody was asked to leave"),
            }
        }
    }

    fn is_finished(&self) -> bool {
        self.connections.is_stopping() && self.connections.is_empty()
    }
}

/// Nothing, or `None`: the file ends before.
fn read(part: &FileBody) -> Option<Vec<u8>> {
    let mut bytes = vec![0; part.length as usize];
    let length = part.file.read_at(&mut bytes, part.offset).ok()?;
    bytes.truncate(length);
    Some(bytes).filter(|bytes| !bytes.is_empty())
}

fn wall(now_ms: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms)
}
