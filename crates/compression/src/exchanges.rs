//! The exchanges of a core whose responses are compressed.
//!
//! Every method is passed on; those that answer go through what this owns: whole responses (`whole`), streams (`streams`), ready
//! responses (`ready`), and what workers have done (`mailbox`). Responses that an application encodes itself are its own. Never
//! decides which are compressed: `selection` does. Called by: the application; the core's loop, which delivers what workers
//! have done.

mod mailbox;
mod passed_on;
mod ready;
mod streams;
mod whole;

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use howth_engine::{Event, ExchangeId, Exchanges};
use howth_http1::ResponseHead;

use crate::encoder::{Effort, Encoder, Encoders};
use crate::selection::{Policy, Selection};

use self::mailbox::{Done, Mailbox};
use self::ready::ReadyBodies;
use self::streams::Streams;

/// What has more bytes is encoded by a worker: no core stands still for longer than that takes, about a millisecond.
const OWN_BYTES_MAX: usize = 64 * 1024;

/// Bytes that a core holds for it at most: encoders of streams and those that wait for their next use, ready responses.
pub const CORE_BYTES_MAX: usize = streams::BYTES_MAX + ready::BYTES_MAX + crate::encoder::IDLE_BYTES_MAX;

/// How much workers can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// One has nothing to do.
    Free,
    /// All work, and a task waits for one.
    Busy,
    /// As many tasks wait as may.
    Full,
}

/// Threads beside the cores, which all cores share.
pub trait Workers {
    /// What becomes of a task over so many bytes.
    fn room(&self, bytes: usize) -> Room;

    /// Has a task done over so many bytes. It is done once, or the core is at its end.
    fn run(&self, bytes: usize, task: Box<dyn FnOnce() + Send>);

    /// How long requests wait for this core, in microseconds.
    fn wait_us(&self) -> u64;
}

/// Requests that wait for longer are answered with less effort,
const LESS_EFFORT_US: u64 = 2_000;
/// and these with the least.
const LEAST_EFFORT_US: u64 = 10_000;

/// The exchanges of a core whose responses are compressed.
pub struct CompressedExchanges {
    own: Rc<dyn Exchanges>,
    policy: Arc<Policy>,
    workers: Box<dyn Workers>,
    encoders: RefCell<Encoders>,
    /// Where encoded content is put together; kept for its memory.
    encoded: RefCell<Vec<u8>>,
    streams: RefCell<Streams>,
    ready: RefCell<ReadyBodies>,
    /// Whole responses that a worker encodes: for the application they are answered.
    answered: RefCell<HashSet<ExchangeId>>,
    mailbox: Arc<Mailbox>,
}

impl fmt::Debug for CompressedExchanges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CompressedExchanges")
            .field("policy", &self.policy)
            .field("answered", &self.answered.borrow().len())
            .finish_non_exhaustive()
    }
}

impl CompressedExchanges {
    /// Compresses the responses to `own`, by `policy`.
    pub fn new(own: Rc<dyn Exchanges>, policy: Arc<Policy>, workers: Box<dyn Workers>) -> Self {
        CompressedExchanges {
            own,
            policy,
            workers,
            encoders: RefCell::default(),
            encoded: RefCell::default(),
            streams: RefCell::default(),
            ready: RefCell::default(),
            answered: RefCell::default(),
            mailbox: Arc::default(),
        }
    }

    /// Who is woken when a worker has done something.
    pub fn set_waker(&self, waker: &Waker) {
        self.mailbox.set_waker(waker);
    }

    /// Whether workers have done something that was not delivered.
    pub fn has_done(&self) -> bool {
        self.mailbox.has_something()
    }

    /// Whether workers have something to do.
    pub fn has_tasks(&self) -> bool {
        !self.answered.borrow().is_empty() || self.streams.borrow().has_tasks()
    }

    /// Hands to the engine what workers have done, and tells the application of streams that may go on. True: there was
    /// something.
    pub fn deliver(&self, tell: &mut dyn FnMut(Event)) -> bool {
        let all = self.mailbox.take();
        let has_worked = !all.is_empty();
        for done in all {
            match done {
                Done::Whole(whole) => self.deliver_whole(whole),
                Done::Part(part) => self.deliver_part(part, tell),
            }
        }
        has_worked
    }

    fn select(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> (Selection, bool) {
        match self.own.head(id) {
            Some(request) => (self.policy.select(&request, head, length), request.is_head()),
            None => (Selection::Untouched, false),
        }
    }

    /// Whether the application has answered, and the engine does not know yet.
    fn is_answered(&self, id: ExchangeId) -> bool {
        let answered = self.answered.borrow();
        !answered.is_empty() && answered.contains(&id)
    }

    /// By how long requests wait.
    fn effort(&self) -> Effort {
        match self.workers.wait_us() {
            ..LESS_EFFORT_US => Effort::Normal,
            LESS_EFFORT_US..LEAST_EFFORT_US => Effort::Less,
            _ => Effort::Least,
        }
    }

    /// The effort of a task over so many bytes; `None`: nobody has time for it.
    fn task_effort(&self, bytes: usize) -> Option<Effort> {
        match self.workers.room(bytes) {
            Room::Free => Some(self.effort()),
            Room::Busy => Some(Effort::Least),
            Room::Full => None,
        }
    }

    fn keep(&self, encoder: Option<Encoder>) {
        if let Some(encoder) = encoder {
            self.encoders.borrow_mut().give_back(encoder);
        }
    }
}
