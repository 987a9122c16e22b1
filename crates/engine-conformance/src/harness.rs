//! Runs an engine on a thread of its own and lets a test act as its application.

use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use howth_engine::{
    BindAddress, BodyRead, Counters, EngineOptions, Event, ExchangeId, Exchanges, Gone, Handed, Handler,
    Listener, ListenerId, TlsServer,
};

use super::answers::ok;
use super::place::{Memory, Stream, wait_in};

/// Far longer than anything here takes; only a failing test waits for it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Where the engine under test is to listen.
pub enum Listen {
    /// A port of the kernel's choice on the loopback interface.
    Loopback,
    /// A Unix-domain socket.
    Unix(PathBuf),
    /// A port of the loopback interface, and a Unix-domain socket beside it.
    Both(PathBuf),
    /// A port of the loopback interface, by TLS.
    Secure(Arc<dyn TlsServer>),
}

/// Makes the application, on the engine's thread.
pub type MakeHandler = Box<dyn FnOnce(Rc<dyn Exchanges>) -> Box<dyn Handler> + Send>;

/// Starts an engine on a thread of its own.
pub type Start = fn(Listen, EngineOptions, MakeHandler) -> Running;

/// Something to do on the engine's thread.
pub type Call = Box<dyn FnOnce(&dyn Exchanges) + Send>;

/// What a test asks of the thread of a running engine.
pub enum Command {
    Drain,
    Listen(Listener),
    StopAccepting(ListenerId),
    DrainListener(ListenerId),
    AbortListener(ListenerId),
    TakeEnded(Sender<Option<ListenerId>>),
    Abort,
    Call(Call),
    Counters(Sender<Counters>),
    SetAccepting(bool),
    ReleaseNew(bool),
    ReleaseIdle(usize),
    ReleaseAll,
    TakeReleased(Sender<Vec<Handed>>),
    Adopt(Handed, Sender<Result<(), Handed>>),
}

/// A running engine.
pub struct Running {
    /// Where it listens; in memory, nowhere that matters.
    pub address: BindAddress,
    /// Its thread takes these.
    pub commands: Box<dyn Fn(Command) + Send + Sync>,
    /// Its thread.
    pub thread: JoinHandle<()>,
    /// Where it runs in memory, that.
    pub memory: Option<Arc<dyn Memory>>,
    /// How its clients connect, where not as they are.
    pub connect: Option<Connect>,
}

/// Connects a client.
pub type Connect = Box<dyn Fn(TcpStream) -> Box<dyn Stream> + Send + Sync>;

/// A running engine whose application is the test itself, or a function.
pub struct Server {
    pub address: BindAddress,
    pub(super) commands: Box<dyn Fn(Command) + Send + Sync>,
    thread: Option<JoinHandle<()>>,
    events: Receiver<Event>,
    memory: Option<Arc<dyn Memory>>,
    connect: Option<Connect>,
}

impl Server {
    /// The test takes events with [`next_event`](Self::next_event) and answers with [`call`](Self::call).
    pub fn manual(start: Start, options: EngineOptions) -> Self {
        Server::manual_on(start, Listen::Loopback, options)
    }

    /// The same, listening elsewhere.
    pub fn manual_on(start: Start, listen: Listen, options: EngineOptions) -> Self {
        let (sender, events) = channel();
        let running = start(
            listen,
            options,
            Box::new(move |_| Box::new(Forward { sender }) as Box<dyn Handler>),
        );
        Server::new(running, events)
    }

    /// `application` is called for every event on the engine's thread.
    pub fn automatic(
        start: Start,
        listen: Listen,
        options: EngineOptions,
        application: impl FnMut(&dyn Exchanges, Event) + Send + 'static,
    ) -> Self {
        let (_, events) = channel();
        let make: MakeHandler = Box::new(move |exchanges| {
            Box::new(Application {
                exchanges,
                application,
            })
        });
        Server::new(start(listen, options, make), events)
    }

    fn new(running: Running, events: Receiver<Event>) -> Self {
        Server {
            address: running.address,
            commands: running.commands,
            thread: Some(running.thread),
            events,
            memory: running.memory,
            connect: running.connect,
        }
    }

    /// The client's end of a new connection.
    pub fn connect(&self) -> Box<dyn Stream> {
        if let Some(memory) = &self.memory {
            return memory.connect();
        }
        match &self.address {
            BindAddress::Tcp(address) => {
                let stream = TcpStream::connect(address).expect("connect");
                stream.set_nodelay(true).expect("TCP_NODELAY");
                match &self.connect {
                    Some(connect) => connect(stream),
                    None => Box::new(stream),
                }
            }
            BindAddress::Unix(path) => Box::new(UnixStream::connect(path).expect("connect")),
        }
    }

    /// Lets so much time pass.
    pub fn pass(&self, time: Duration) {
        match &self.memory {
            Some(memory) => drop(wait_in(memory, time, || None::<()>)),
            None => std::thread::sleep(time),
        }
    }

    /// The next event.
    pub fn next_event(&self) -> Event {
        self.event_within(PATIENCE).expect("an event")
    }

    /// The next event, if one comes within `patience`.
    pub fn event_within(&self, patience: Duration) -> Option<Event> {
        match &self.memory {
            Some(memory) => wait_in(memory, patience, || self.events.try_recv().ok()),
            None => self.events.recv_timeout(patience).ok(),
        }
    }

    /// The next event, which has to be a request.
    pub fn next_request(&self) -> ExchangeId {
        match self.next_event() {
            Event::Request(id) => id,
            event => panic!("expected a request, got {event:?}"),
        }
    }

    /// The next events, which have to be requests.
    pub fn next_requests<const N: usize>(&self) -> [ExchangeId; N] {
        std::array::from_fn(|_| self.next_request())
    }

    /// The next request; other exchanges may be told of in between.
    pub fn next_request_among_others(&self) -> ExchangeId {
        loop {
            if let Event::Request(id) = self.next_event() {
                return id;
            }
        }
    }

    pub fn expect(&self, event: Event) {
        assert_eq!(self.next_event(), event);
    }

    /// The exchange is aborted. An engine that was sending when the client reset the connection may have taken the reset
    /// for the end of the client's stream first: the kernel tells an error once, and the send had it.
    pub fn expect_aborted(&self, id: ExchangeId) {
        loop {
            match self.next_event() {
                Event::Disconnected(_) => {}
                event => return assert_eq!(event, Event::Aborted(id)),
            }
        }
    }

    /// No event has come; one that was about to is not waited for.
    pub fn expect_no_event(&self) {
        if let Some(memory) = &self.memory {
            memory.pump();
        }
        if let Ok(event) = self.events.try_recv() {
            panic!("unexpected {event:?}");
        }
    }

    /// Runs `call` on the engine's thread and gives its result.
    pub fn call<T: Send + 'static>(&self, call: impl FnOnce(&dyn Exchanges) -> T + Send + 'static) -> T {
        let (sender, receiver) = channel();
        (self.commands)(Command::Call(Box::new(move |exchanges| {
            let _ = sender.send(call(exchanges));
        })));
        receiver.recv_timeout(PATIENCE).expect("the engine's thread")
    }

    /// Answers 200 with `body`.
    pub fn respond(&self, id: ExchangeId, body: &'static str) {
        self.call(move |exchanges| exchanges.respond(id, &ok(), body.as_bytes()))
            .expect("an open exchange");
    }

    /// What has come of a request body, of an exchange that is open.
    pub fn read(&self, id: ExchangeId, bytes_max: usize) -> BodyRead {
        self.call(move |exchanges| exchanges.read_body(id, bytes_max))
            .expect("an open exchange")
    }

    /// Reads the body, waiting for events in between, until it is over.
    pub fn read_to_end(&self, id: ExchangeId) -> Result<Vec<u8>, &'static str> {
        let mut body = Vec::new();
        loop {
            match self.call(move |exchanges| exchanges.read_body(id, usize::MAX)) {
                Ok(BodyRead::Data(bytes)) => body.extend(bytes),
                Ok(BodyRead::End) => return Ok(body),
                Ok(BodyRead::Failed(reason)) => return Err(reason),
                Ok(BodyRead::Pending) => self.expect(Event::BodyReadable(id)),
                // A refusal may be out before the test could ask for its reason.
                Err(Gone) => return Err("the exchange is over"),
            }
        }
    }

    pub fn counters(&self) -> Counters {
        let (sender, receiver) = channel();
        (self.commands)(Command::Counters(sender));
        receiver.recv_timeout(PATIENCE).expect("the engine's thread")
    }

    /// Waits until what was counted meets `condition`.
    pub fn wait_for(&self, condition: impl Fn(&Counters) -> bool) {
        self.wait_until("what was counted", || condition(&self.counters()));
    }

    /// Waits until an exchange is over.
    pub fn wait_until_gone(&self, id: ExchangeId) {
        let is_gone = move |exchanges: &dyn Exchanges| exchanges.head(id).is_none();
        self.wait_until("the end of an exchange", || self.call(is_gone));
    }

    pub(super) fn wait_until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        const STEP: Duration = Duration::from_millis(2);
        let mut left = PATIENCE;
        while !condition() {
            assert!(!left.is_zero(), "{what}: waited in vain, {:?}", self.counters());
            self.pass(STEP);
            left = left.saturating_sub(STEP);
        }
    }

    /// Holds the engine's thread up until what this gives is dropped.
    pub fn hold_up(&self) -> Sender<()> {
        let (is_held, held) = channel();
        let (release, is_released) = channel();
        (self.commands)(Command::Call(Box::new(move |_| {
            let _ = is_held.send(());
            let _ = is_released.recv_timeout(PATIENCE);
        })));
        held.recv_timeout(PATIENCE).expect("the engine's thread");
        release
    }

    pub fn set_accepting(&self, accepts: bool) {
        (self.commands)(Command::SetAccepting(accepts));
    }

    pub fn release_new(&self, releases: bool) {
        (self.commands)(Command::ReleaseNew(releases));
    }

    pub fn release_idle(&self, count: usize) {
        (self.commands)(Command::ReleaseIdle(count));
    }

    pub fn release_all(&self) {
        (self.commands)(Command::ReleaseAll);
    }

    /// What the engine has given up, if anything.
    pub fn take_released(&self) -> Vec<Handed> {
        let (sender, receiver) = channel();
        (self.commands)(Command::TakeReleased(sender));
        receiver.recv_timeout(PATIENCE).expect("the engine's thread")
    }

    /// Waits for the next connection that the engine gives up; only one is to come.
    pub fn next_released(&self) -> Handed {
        let mut released = Vec::new();
        self.wait_until("a connection given up", || {
            released = self.take_released();
            !released.is_empty()
        });
        assert_eq!(released.len(), 1, "more than one connection came");
        released.remove(0)
    }

    /// Hands a connection to the engine.
    pub fn adopt(&self, handed: Handed) -> Result<(), Handed> {
        let (sender, receiver) = channel();
        (self.commands)(Command::Adopt(handed, sender));
        receiver.recv_timeout(PATIENCE).expect("the engine's thread")
    }

    pub fn drain(&self) {
        (self.commands)(Command::Drain);
    }

    /// Ends everything at once.
    pub fn abort(&self) {
        (self.commands)(Command::Abort);
    }

    /// Waits for the engine to finish.
    pub fn join(mut self) {
        self.thread
            .take()
            .expect("joined once")
            .join()
            .expect("the engine's thread");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            (self.commands)(Command::Abort);
            let result = thread.join();
            if !std::thread::panicking() {
                result.expect("the engine's thread");
            }
        }
    }
}

struct Forward {
    sender: Sender<Event>,
}

impl Handler for Forward {
    fn on_batch(&mut self, events: &[Event]) {
        assert!(!events.is_empty());
        for event in events {
            // The test may be over.
            let _ = self.sender.send(*event);
        }
    }
}

struct Application<F> {
    exchanges: Rc<dyn Exchanges>,
    application: F,
}

impl<F: FnMut(&dyn Exchanges, Event)> Handler for Application<F> {
    fn on_batch(&mut self, events: &[Event]) {
        assert!(!events.is_empty());
        for event in events {
            (self.application)(&*self.exchanges, *event);
        }
    }
}
