//! The exchanges of one core: what is known of each request and its response.
//!
//! Owns [`Exchange`], in slots that are used again under a new generation. Never does I/O and never emits
//! events. Called by: `calls` (the application), `receive` (requests), `response_body` (Hyper takes the response).

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use howth_engine::{ExchangeId, first_generation};
use howth_http1::{Framing, Rejection, RequestFacts, RequestHead};
use http::HeaderMap;

use crate::link::Link;
use crate::request_body::RequestBody;
use crate::response_body::ResponseBody;

const GENERATION_MASK: u32 = 0x7fff_ffff;

/// One request and its response.
pub(crate) struct Exchange {
    pub(crate) link: Rc<Link>,
    pub(crate) facts: RequestFacts,
    pub(crate) body: RequestBody,
    pub(crate) answer: Answer,
    /// The response until its turn has come.
    pub(crate) outgoing: Option<Outgoing>,
    /// How the body is framed and so which request Hyper has to believe in.
    pub(crate) framing: Framing,
    /// The application has begun a response.
    pub(crate) is_begun: bool,
    /// The connection ends with this response.
    pub(crate) is_last: bool,
    /// Every byte of the response is with Hyper, or among the bytes that go out.
    pub(crate) is_taken: bool,
    /// Bytes of the response that wait for their turn, or for Hyper.
    pub(crate) waiting_bytes: usize,
    /// What Hyper has not taken yet of a streamed response.
    pub(crate) stream: Option<Box<ResponseStream>>,
    /// When the application has to have begun its response or, with a `timeout`, to have gone on with it.
    pub(crate) handler_deadline: Option<Instant>,
    /// How long the application lets itself be silent; set by itself.
    pub(crate) timeout: Option<Duration>,
    /// The application switched the deadlines of its handler and of the request body off.
    pub(crate) is_untimed: bool,
}

/// A response that waits for its turn.
pub(crate) enum Outgoing {
    /// Whole, and encoded by `howth_http1`.
    Encoded(Vec<u8>),
    /// To be written by Hyper: a stream, or a body too large to be copied.
    Framed(Box<http::Response<ResponseBody>>),
}

/// What the application, or the engine in its place, has decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing yet.
    Waiting,
    /// A whole response, or a stream that was finished.
    Complete,
    /// A stream that goes on.
    Streaming,
    /// A stream that is to break off after what was written, or no answer at all.
    Broken,
    /// The engine's own response.
    Refused(Rejection),
}

/// The queue between the application's writes and Hyper.
#[derive(Default)]
pub(crate) struct ResponseStream {
    pub(crate) chunks: VecDeque<Bytes>,
    /// A length known beforehand, and what is left of it.
    pub(crate) declared: u64,
    pub(crate) remaining: Option<u64>,
    pub(crate) trailers: Option<HeaderMap>,
    /// The application was told to wait.
    pub(crate) is_full: bool,
}

impl Exchange {
    /// The stream's chunks are all with Hyper, which has the head, too.
    pub(crate) fn is_drained(&self) -> bool {
        self.outgoing.is_none() && self.stream.as_ref().is_none_or(|stream| stream.chunks.is_empty())
    }

    /// Nothing behind it on its connection is answered.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(self.answer, Answer::Broken | Answer::Refused(_))
    }

    /// Nothing of a response was begun, and nothing will be.
    pub(crate) fn is_unbegun(&self) -> bool {
        self.answer == Answer::Broken && !self.is_begun
    }

    /// The engine answers in the application's place.
    pub(crate) fn refuse(&mut self, rejection: Rejection) {
        self.answer = Answer::Refused(rejection);
        self.handler_deadline = None;
        self.link.is_cut.set(true);
    }

    /// Ends the response, or the wait for one, after what was written of it.
    pub(crate) fn break_off(&mut self) {
        self.answer = Answer::Broken;
        self.handler_deadline = None;
        self.link.is_cut.set(true);
    }

    /// Changes the request body and what is counted of it.
    pub(crate) fn change_body<T>(&mut self, change: impl FnOnce(&mut RequestBody) -> T) -> T {
        let before = self.body.held();
        let result = change(&mut self.body);
        self.link.let_go_of_body(before);
        self.link.hold_body(self.body.held());
        result
    }

    /// Counts bytes of the response that wait.
    pub(crate) fn hold(&mut self, bytes: usize) {
        self.waiting_bytes += bytes;
        self.link.hold_response(bytes);
    }

    /// Bytes of the response wait no more.
    pub(crate) fn let_go(&mut self, bytes: usize) {
        self.waiting_bytes -= bytes;
        self.link.let_go_of_response(bytes);
    }

    /// Bytes of the response wait no more: Hyper holds them until they are among those that go out.
    pub(crate) fn give_to_hyper(&mut self, bytes: usize) {
        self.let_go(bytes);
        self.link.hold(bytes);
    }

    /// Counts the application's own timeout, if any, from now on.
    pub(crate) fn restart_timeout(&mut self) {
        self.handler_deadline = self.timeout.map(|timeout| Instant::now() + timeout);
    }

    pub(crate) fn new(link: Rc<Link>, facts: RequestFacts, body: RequestBody) -> Self {
        Exchange {
            link,
            facts,
            body,
            answer: Answer::Waiting,
            outgoing: None,
            framing: Framing::None,
            is_begun: false,
            is_last: false,
            is_taken: false,
            waiting_bytes: 0,
            stream: None,
            handler_deadline: None,
            timeout: None,
            is_untimed: false,
        }
    }
}

pub(crate) struct ExchangeTable {
    slots: Vec<Slot>,
    free: Vec<u32>,
    first_generation: u32,
}

impl Default for ExchangeTable {
    fn default() -> Self {
        ExchangeTable {
            slots: Vec::new(),
            free: Vec::new(),
            first_generation: first_generation(),
        }
    }
}

struct Slot {
    generation: u32,
    exchange: Option<Exchange>,
    /// Outlives the exchange, so that its memory is used again.
    head: RequestHead,
}

impl ExchangeTable {
    /// Adds an exchange; takes the head in exchange for an empty one. `None` when 2³² are in the table.
    pub(crate) fn insert(&mut self, exchange: Exchange, head: &mut RequestHead) -> Option<ExchangeId> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(self.slots.len()).ok()?;
                self.slots.push(Slot {
                    generation: self.first_generation,
                    exchange: None,
                    head: RequestHead::new(),
                });
                index
            }
        };
        let slot = &mut self.slots[index as usize];
        slot.exchange = Some(exchange);
        std::mem::swap(&mut slot.head, head);
        Some(ExchangeId {
            index,
            generation: slot.generation,
        })
    }

    pub(crate) fn get(&self, id: ExchangeId) -> Option<&Exchange> {
        self.slot(id)?.exchange.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: ExchangeId) -> Option<&mut Exchange> {
        let slot = self.slots.get_mut(id.index as usize)?;
        if slot.generation == id.generation {
            slot.exchange.as_mut()
        } else {
            None
        }
    }

    pub(crate) fn head(&self, id: ExchangeId) -> Option<&RequestHead> {
        let slot = self.slot(id)?;
        slot.exchange.is_some().then_some(&slot.head)
    }

    /// Ends an exchange: its id is gone. False if it was before.
    pub(crate) fn remove(&mut self, id: ExchangeId) -> bool {
        let Some(slot) = self.slots.get_mut(id.index as usize) else {
            return false;
        };
        if slot.generation != id.generation || slot.exchange.is_none() {
            return false;
        }
        if let Some(exchange) = slot.exchange.take() {
            exchange.link.let_go_of_body(exchange.body.held());
            exchange.link.let_go_of_response(exchange.waiting_bytes);
        }
        slot.generation = (slot.generation + 1) & GENERATION_MASK;
        slot.head.clear();
        self.free.push(id.index);
        true
    }

    /// Those that nobody has begun to answer.
    pub(crate) fn owed(&self) -> Vec<ExchangeId> {
        let ids = self.slots.iter().zip(0..).filter_map(|(slot, index)| {
            let exchange = slot.exchange.as_ref()?;
            (exchange.answer == Answer::Waiting).then_some(ExchangeId {
                index,
                generation: slot.generation,
            })
        });
        ids.collect()
    }

    /// How many exchanges are in the table.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    fn slot(&self, id: ExchangeId) -> Option<&Slot> {
        self.slots
            .get(id.index as usize)
            .filter(|slot| slot.generation == id.generation)
    }
}
