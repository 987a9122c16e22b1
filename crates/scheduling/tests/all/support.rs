//! An application and the connections of one core, in memory: they keep what they are told.

use std::cell::Cell;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use howth_engine::{Event, ExchangeId, Exchanges, Handed, Place};
use howth_scheduling::{Application, Engine, Waiting};

/// An application that wants to hear of everything.
pub struct Program {
    pub exchanges: Rc<dyn Exchanges>,
    pub slice_max: Rc<Cell<usize>>,
}

impl Program {
    pub fn new(exchanges: Rc<dyn Exchanges>) -> Self {
        Program {
            exchanges,
            slice_max: Rc::new(Cell::new(usize::MAX)),
        }
    }
}

impl Application for Program {
    fn with_exchanges<R>(&self, ask: impl FnOnce(&dyn Exchanges) -> R) -> Option<R> {
        Some(ask(&*self.exchanges))
    }

    fn has_fixed_routes(&self) -> bool {
        false
    }

    fn answer(&self, _: ExchangeId) -> bool {
        false
    }

    fn is_wanted(&self, _: Event) -> bool {
        true
    }

    fn slice_max(&self) -> usize {
        self.slice_max.get()
    }
}

/// The connections of one core.
#[derive(Default)]
pub struct Connections {
    pub open: usize,
    pub connections_max: usize,
    /// What it gives up at the next opportunity.
    pub released: Vec<Handed>,
    pub releases_new: bool,
    /// How many idle ones it was asked to give up.
    pub asked: usize,
}

impl Engine for Connections {
    fn connections(&self) -> usize {
        self.open
    }

    fn release_idle(&mut self, count: usize) {
        self.asked += count;
    }

    fn release_new(&mut self, releases: bool) {
        self.releases_new = releases;
    }

    fn take_released(&mut self) -> Vec<Handed> {
        std::mem::take(&mut self.released)
    }

    fn adopt(&mut self, handed: Handed) -> Result<(), Handed> {
        if self.open >= self.connections_max {
            return Err(handed);
        }
        self.open += 1;
        Ok(())
    }
}

/// A connection that has been served before, or not.
pub fn connection(has_asked: bool) -> Handed {
    Handed::new(
        UnixStream::pair().expect("two sockets").0.into(),
        Place::default(),
        has_asked,
    )
}

/// A request that came at this time.
pub fn waiting(id: ExchangeId, arrived_us: u64) -> Waiting {
    Waiting {
        event: Event::Request(id),
        arrived_us,
    }
}
