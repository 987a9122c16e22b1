//! Which engine serves, and the one shape both have for the core's loop.
//!
//! `cfg` decides what can be chosen, a probe at the start of the process what is chosen.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use howth_engine::{Counters, EngineOptions, Exchanges, Handed, Handler, Listener, ListenerId, Turn};
use howth_io_portable::PortableEngine;

use crate::error::Error;
use crate::options::EngineChoice;

cfg_if::cfg_if! {
    if #[cfg(all(target_os = "linux", feature = "uring"))] {
        #[path = "engine/ring.rs"]
        mod ring;
        use ring::RingDriver;
    } else {
        #[path = "engine/absent.rs"]
        mod ring;
        use ring::RingDriver;
    }
}

/// What was chosen for the whole process, and why, for the start-up line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// The ring engine.
    Ring,
    /// The portable engine.
    Portable {
        /// Why not the ring engine.
        why: String,
    },
}

impl Chosen {
    /// Probes what the command line lets be probed.
    pub(crate) fn by(choice: EngineChoice) -> Result<Self, Error> {
        let why = match choice {
            EngineChoice::Off => "--uring=off".to_owned(),
            EngineChoice::Auto | EngineChoice::Require => match ring::probe() {
                Ok(()) => return Ok(Chosen::Ring),
                Err((cause, remedy)) if choice == EngineChoice::Require => {
                    return Err(Error::RingRefused { cause, remedy });
                }
                Err((cause, _)) => cause,
            },
        };
        Ok(Chosen::Portable { why })
    }
}

impl std::fmt::Display for Chosen {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Chosen::Ring => formatter.write_str("io_uring"),
            Chosen::Portable { why } => write!(formatter, "portable engine: {why}"),
        }
    }
}

/// The engine of one core.
pub(crate) enum Engine {
    Ring(RingDriver),
    Portable(Box<PortableEngine>),
}

/// What polling an engine came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    /// Something happened; poll again.
    Worked,
    /// Nothing is to do now. The waker is not registered.
    Idle,
    /// Draining is complete.
    Finished,
}

impl Engine {
    /// Must be called on the core's thread, in its tokio runtime.
    pub(crate) fn new(chosen: &Chosen, listener: Listener, options: EngineOptions) -> io::Result<Self> {
        let listeners = vec![listener];
        match chosen {
            Chosen::Ring => RingDriver::new(listeners, options).map(Engine::Ring),
            Chosen::Portable { .. } => PortableEngine::new(listeners, options)
                .map(Box::new)
                .map(Engine::Portable),
        }
    }

    /// Serves the connections of one more listener.
    pub(crate) fn listen(&mut self, listener: Listener) -> io::Result<()> {
        match self {
            Engine::Ring(driver) => driver.listen(listener),
            Engine::Portable(engine) => engine.listen(listener),
        }
    }

    pub(crate) fn exchanges(&self) -> Rc<dyn Exchanges> {
        match self {
            Engine::Ring(driver) => driver.exchanges(),
            Engine::Portable(engine) => engine.exchanges(),
        }
    }

    /// One turn that does not wait.
    pub(crate) fn turn(
        &mut self,
        context: &mut Context<'_>,
        handler: &mut dyn Handler,
    ) -> io::Result<Polled> {
        match self {
            Engine::Ring(driver) => driver.turn(handler),
            Engine::Portable(engine) => Ok(polled(engine.poll_turn(context, handler))),
        }
    }

    /// One turn, from within JavaScript: tokio does not run meanwhile.
    pub(crate) fn turn_within(
        &mut self,
        context: &mut Context<'_>,
        handler: &mut dyn Handler,
    ) -> io::Result<Polled> {
        match self {
            Engine::Ring(driver) => driver.turn(handler),
            Engine::Portable(engine) => Ok(polled(engine.poll_turn_unassisted(context, handler))),
        }
    }

    /// A turn that may sleep a moment in the kernel instead of in tokio, for a core whose isolate waits for
    /// nothing.
    pub(crate) fn doze(&mut self, handler: &mut dyn Handler) -> io::Result<Polled> {
        match self {
            Engine::Ring(driver) => driver.doze(handler),
            Engine::Portable(_) => Ok(Polled::Idle),
        }
    }

    /// Registers the waker for whatever happens next. `Ready`: something happened already.
    pub(crate) fn poll_ready(
        &mut self,
        context: &mut Context<'_>,
        handler: &mut dyn Handler,
    ) -> Poll<io::Result<()>> {
        match self {
            Engine::Ring(driver) => driver.poll_ready(context, handler),
            // Each turn registers the waker. This one sees what was done to the engine since the last.
            Engine::Portable(engine) => engine.poll_turn(context, handler).map(|_| Ok(())),
        }
    }

    /// What wakes an engine that sleeps in the kernel; `None`: it sleeps in tokio only.
    pub(crate) fn waker(&mut self) -> io::Result<Option<Waker>> {
        match self {
            Engine::Ring(driver) => driver.waker().map(Some),
            Engine::Portable(_) => Ok(None),
        }
    }

    /// The connections that were given up since the last call.
    pub(crate) fn take_released(&mut self) -> Vec<Handed> {
        match self {
            Engine::Ring(driver) => driver.take_released(),
            Engine::Portable(engine) => engine.take_released(),
        }
    }

    /// Goes on with a connection that another engine gave up; it comes back where there are too many.
    pub(crate) fn adopt(&mut self, handed: Handed) -> Result<(), Handed> {
        match self {
            Engine::Ring(driver) => driver.adopt(handed),
            Engine::Portable(engine) => engine.adopt(handed),
        }
    }

    /// Closes a listener for good; its connections go on until they end by themselves.
    pub(crate) fn stop_accepting(&mut self, listener: ListenerId) {
        match self {
            Engine::Ring(driver) => driver.stop_accepting(listener),
            Engine::Portable(engine) => engine.stop_accepting(listener),
        }
    }

    pub(crate) fn drain(&mut self) {
        match self {
            Engine::Ring(driver) => driver.drain(),
            Engine::Portable(engine) => engine.drain(),
        }
    }

    /// What it has counted.
    pub(crate) fn counters(&self) -> Counters {
        match self {
            Engine::Ring(driver) => driver.counters(),
            Engine::Portable(engine) => engine.counters(),
        }
    }

    /// Drains a listener alone, whose idle connections have no grace.
    pub(crate) fn drain_listener(&mut self, listener: ListenerId) {
        match self {
            Engine::Ring(driver) => driver.drain_listener(listener),
            Engine::Portable(engine) => engine.drain_listener(listener),
        }
    }

    /// Closes a listener, and breaks its connections off.
    pub(crate) fn abort_listener(&mut self, listener: ListenerId) {
        match self {
            Engine::Ring(driver) => driver.abort_listener(listener),
            Engine::Portable(engine) => engine.abort_listener(listener),
        }
    }

    /// A listener that has come to its end, so far as nobody of its is answered any more.
    pub(crate) fn take_ended(&mut self) -> Option<ListenerId> {
        match self {
            Engine::Ring(driver) => driver.take_ended(),
            Engine::Portable(engine) => engine.take_ended(),
        }
    }

    pub(crate) fn abort(&mut self) {
        match self {
            Engine::Ring(driver) => driver.abort(),
            Engine::Portable(engine) => engine.abort(),
        }
    }
}

fn polled(turn: Poll<Turn>) -> Polled {
    match turn {
        Poll::Ready(Turn::Worked) => Polled::Worked,
        Poll::Ready(Turn::Finished) => Polled::Finished,
        Poll::Ready(Turn::Idle) | Poll::Pending => Polled::Idle,
    }
}

impl howth_scheduling::Engine for Engine {
    fn connections(&self) -> usize {
        self.counters().connections as usize
    }

    fn release_new(&mut self, releases: bool) {
        match self {
            Engine::Ring(driver) => driver.release_new(releases),
            Engine::Portable(engine) => engine.release_new(releases),
        }
    }

    fn release_idle(&mut self, count: usize) {
        match self {
            Engine::Ring(driver) => driver.release_idle(count),
            Engine::Portable(engine) => engine.release_idle(count),
        }
    }

    fn take_released(&mut self) -> Vec<Handed> {
        Engine::take_released(self)
    }

    fn adopt(&mut self, handed: Handed) -> Result<(), Handed> {
        Engine::adopt(self, handed)
    }
}

impl howth_supervision::Engine for Engine {
    fn set_accepting(&mut self, accepts: bool) {
        match self {
            Engine::Ring(driver) => driver.set_accepting(accepts),
            Engine::Portable(engine) => engine.set_accepting(accepts),
        }
    }

    fn is_listening(&self) -> bool {
        match self {
            Engine::Ring(driver) => driver.is_listening(),
            Engine::Portable(engine) => engine.is_listening(),
        }
    }

    fn release_all(&mut self) {
        match self {
            Engine::Ring(driver) => driver.release_all(),
            Engine::Portable(engine) => engine.release_all(),
        }
    }

    fn take_released(&mut self) -> Vec<Handed> {
        Engine::take_released(self)
    }

    fn adopt(&mut self, handed: Handed) -> Result<(), Handed> {
        Engine::adopt(self, handed)
    }

    fn drain(&mut self) {
        Engine::drain(self);
    }
}
