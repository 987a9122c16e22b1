//! How long requests took, from their arrival to the end of their response: what `HOWTH_TRACE=1` tells beside stages.
//!
//! Owns when each request of the core's connections arrived. Never prints them. Called by: the reception, with all that
//! the engine says; the trace, which takes the sums.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use howth_engine::{Event, ExchangeId};

/// When the requests that are open came, no more than the engine has exchanges.
#[derive(Debug, Default)]
pub struct RequestTimes {
    open: HashMap<ExchangeId, Open>,
    sums: Sums,
}

/// Shared by who writes and who reads.
pub type SharedRequestTimes = Rc<RefCell<RequestTimes>>;

#[derive(Clone, Copy, Debug)]
struct Open {
    arrived_us: u64,
    /// When the last of its body came, as far as the program waited for it.
    body_us: u64,
}

/// Of those whose response has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many.
    pub count: u64,
    /// From the head to the end of the body.
    pub body_us: u64,
    /// From the head to the end of the response.
    pub whole_us: u64,
}

impl RequestTimes {
    /// Takes note of what the engine says at this time.
    pub fn note(&mut self, event: Event, now_us: u64) {
        match event {
            Event::Request(id) => {
                let open = Open {
                    arrived_us: now_us,
                    body_us: now_us,
                };
                self.open.insert(id, open);
            }
            Event::BodyReadable(id) => {
                if let Some(open) = self.open.get_mut(&id) {
                    open.body_us = now_us;
                }
            }
            Event::Completed(id) => {
                if let Some(open) = self.open.remove(&id) {
                    self.sums.count += 1;
                    self.sums.body_us += open.body_us - open.arrived_us;
                    self.sums.whole_us += now_us - open.arrived_us;
                }
            }
            Event::Aborted(id) => {
                self.open.remove(&id);
            }
            Event::Rejected(_)
            | Event::Writable(_)
            | Event::Disconnected(_)
            | Event::Alarm(_)
            | Event::Opened(..)
            | Event::Closed(..) => {}
        }
    }

    /// The sums since this was last asked.
    pub fn take(&mut self) -> Sums {
        std::mem::take(&mut self.sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u32) -> ExchangeId {
        ExchangeId { index, generation: 0 }
    }

    #[test]
    fn counts_what_was_completed() {
        let mut exchanges = RequestTimes::default();
        for (event, now_us) in [
            (Event::Request(id(0)), 10),
            (Event::Request(id(1)), 20),
            (Event::Request(id(2)), 20),
            (Event::BodyReadable(id(0)), 30),
            (Event::BodyReadable(id(0)), 40),
            (Event::Aborted(id(2)), 50),
            (Event::Completed(id(0)), 60),
            (Event::Completed(id(3)), 70),
        ] {
            exchanges.note(event, now_us);
        }
        let sums = Sums {
            count: 1,
            body_us: 30,
            whole_us: 50,
        };
        assert_eq!(exchanges.take(), sums);
        assert_eq!(exchanges.take(), Sums::default());
        assert_eq!(exchanges.open.len(), 1);
    }
}
