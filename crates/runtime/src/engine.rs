//! Which engine serves, and the one shape both have for the core's loop.
//!
//! `cfg` decides what can be chosen, a probe at the start of the process what is chosen.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use howth_engine::{EngineOptions, Exchanges, Handed, Handler, Turn};
use howth_io_portable::PortableEngine;

use crate::error::Error;
use crate::options::EngineChoice;

pub(crate) use howth_engine::Listener;

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
        match chosen {
            Chosen::Ring => RingDriver::new(listener, options).map(Engine::Ring),
            Chosen::Portable { .. } => PortableEngine::new(vec![listener], options)
                .map(Box::new)
                .map(Engine::Portable),
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

    /// Accepts, or leaves new clients in the kernel's backlog.
    pub(crate) fn set_accepting(&mut self, accepts: bool) {
        match self {
            Engine::Ring(driver) => driver.set_accepting(accepts),
            Engine::Portable(engine) => engine.set_accepting(accepts),
        }
    }

    /// Whether its socket may still give it a client.
    pub(crate) fn is_listening(&self) -> bool {
        match self {
            Engine::Ring(driver) => driver.is_listening(),
            Engine::Portable(engine) => engine.is_listening(),
        }
    }

    /// How many connections are open.
    pub(crate) fn connections(&self) -> usize {
        let counters = match self {
            Engine::Ring(driver) => driver.counters(),
            Engine::Portable(engine) => engine.counters(),
        };
        counters.connections as usize
    }

    /// Gives new connections up as they are accepted, or serves them.
    pub(crate) fn release_new(&mut self, releases: bool) {
        match self {
            Engine::Ring(driver) => driver.release_new(releases),
            Engine::Portable(engine) => engine.release_new(releases),
        }
    }

    /// Gives up as many idle connections as `count` says.
    pub(crate) fn release_idle(&mut self, count: usize) {
        match self {
            Engine::Ring(driver) => driver.release_idle(count),
            Engine::Portable(engine) => engine.release_idle(count),
        }
    }

    /// Stops accepting, and gives every connection up as soon as it is idle.
    pub(crate) fn release_all(&mut self) {
        match self {
            Engine::Ring(driver) => driver.release_all(),
            Engine::Portable(engine) => engine.release_all(),
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

    pub(crate) fn drain(&mut self) {
        match self {
            Engine::Ring(driver) => driver.drain(),
            Engine::Portable(engine) => engine.drain(),
        }
    }

    /// Ends idle connections of an engine that drains without their grace.
    pub(crate) fn end_idle(&mut self) {
        match self {
            Engine::Ring(driver) => driver.end_idle(),
            Engine::Portable(engine) => engine.end_idle(),
        }
    }

    /// Whether a drain has come so far that nobody is answered any more.
    pub(crate) fn is_through(&self) -> bool {
        match self {
            Engine::Ring(driver) => driver.is_through(),
            Engine::Portable(engine) => engine.is_through(),
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
