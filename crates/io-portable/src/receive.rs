//! Reading: from the socket's bytes to exchanges and their bodies.
//!
//! Owns when the socket is read and what the decoder's steps mean. Never writes: a refusal takes its place
//! among the responses. Called by: `engine`, when a connection was woken or has room again.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use howth_engine::{Event, stopwatch};
use howth_http1::{Decoded, Rejection, RequestFacts, RequestHead};

use crate::body_clock::BodyClock;
use crate::connection::{Connection, LINGER_SILENCE, Phase};
use crate::link::Item;
use crate::request_body::RequestBody;
use crate::shared::Shared;
use crate::table::Exchange;

/// How much is read and dropped behind the last request while that is being answered.
const IGNORED_BYTES_MAX: usize = 64 * 1024;
const READ_BYTES_MAX: usize = 64 * 1024;
/// With so many times the high watermark of unsent response bytes a connection is not read.
const UNSENT_WATERMARKS: usize = 4;
/// How often one connection is read before the others have their turn.
const READS_PER_TURN_MAX: usize = 4;

/// What happens to the bytes the client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    /// They are decoded.
    Open,
    /// They are read, to notice a reset, and dropped, up to a bound.
    Ignoring { bytes_left: usize },
    /// The client ended its side.
    Ended,
}

impl Intake {
    pub(crate) const IGNORING: Intake = Intake::Ignoring {
        bytes_left: IGNORED_BYTES_MAX,
    };
}

/// What all connections of a core use while they are read.
pub(crate) struct Scratch {
    buffer: Box<[u8]>,
    head: RequestHead,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Scratch {
            buffer: vec![0; READ_BYTES_MAX].into_boxed_slice(),
            head: RequestHead::new(),
        }
    }
}

impl Connection {
    /// Reads and decodes what has arrived.
    pub(crate) fn receive(&mut self, shared: &Rc<Shared>, scratch: &mut Scratch) {
        if self.phase == Phase::Closing || self.link.has_unwritten(shared) {
            // The wake may have been for the other direction.
            self.link.kick(shared);
        }
        if self.read(shared, scratch).is_err() {
            self.doom(shared);
        }
        self.note_arrival(shared);
    }

    /// Reading stopped although there may be more, and there is room now.
    pub(crate) fn can_resume(&self, shared: &Shared) -> bool {
        if shared.releases_all.get() && self.may_leave() {
            return false;
        }
        self.phase == Phase::Open
            && self.intake == Intake::Open
            && self.is_behind
            && !self.is_paused(shared)
            && !self.is_read_elsewhere()
    }

    fn read(&mut self, shared: &Rc<Shared>, scratch: &mut Scratch) -> io::Result<()> {
        let link = Rc::clone(&self.link);
        let mut context = Context::from_waker(&link.waker);
        // Also without bytes: the end of a body may be all that was left to decode.
        if std::mem::take(&mut self.is_behind) {
            // The silence so far was ours.
            self.body_clock = BodyClock::new(shared.now.get());
            self.decode_rest(shared, scratch);
        }
        for _ in 0..READS_PER_TURN_MAX {
            if !self.wants_bytes(shared) {
                return Ok(());
            }
            let mut poll = self
                .link
                .socket
                .borrow_mut()
                .poll_read(&mut context, &mut scratch.buffer);
            if poll.is_pending() && shared.is_unassisted.get() {
                poll = self.link.socket.borrow().read_now(&mut scratch.buffer);
            }
            match poll {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) => {
                    self.end_of_stream(shared);
                    return Ok(());
                }
                Poll::Ready(Ok(length)) => self.take_bytes(shared, scratch, length),
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        // Asked here as well, because it notes that what was read last has to be decoded later.
        if self.wants_bytes(shared) {
            link.waker.wake_by_ref();
        }
        Ok(())
    }

    fn wants_bytes(&mut self, shared: &Shared) -> bool {
        match (self.phase, self.intake) {
            (Phase::Closed, _) | (_, Intake::Ended) => false,
            (Phase::Lingering { .. }, _) => true,
            (_, Intake::Ignoring { bytes_left }) => bytes_left > 0,
            (_, Intake::Open) => {
                self.is_behind = self.is_paused(shared) || self.is_read_elsewhere();
                !self.is_behind
            }
        }
    }

    /// The application, or the client, has to catch up first.
    fn is_paused(&self, shared: &Shared) -> bool {
        let options = &shared.options;
        let link = &self.link;
        let unsent = link.waiting() + link.output_len();
        if link.held_body() >= options.body_high_watermark_bytes.max(1)
            || unsent >= UNSENT_WATERMARKS * options.write_high_watermark_bytes.max(1)
        {
            return true;
        }
        match self.arriving {
            None => link.pipeline.borrow().len() >= options.pipeline_max.max(1) as usize,
            Some(id) => {
                let is_unwanted = |exchange: &Exchange| !exchange.body.is_wanted();
                self.drained > options.drain_bytes_max
                    && shared.table.borrow().get(id).is_some_and(is_unwanted)
            }
        }
    }

    /// What the client sends next is for another engine, which gets the connection with the answer to what was read.
    fn is_read_elsewhere(&self) -> bool {
        self.is_leaving && self.arriving.is_none() && !self.link.pipeline.borrow().is_empty()
    }

    fn take_bytes(&mut self, shared: &Rc<Shared>, scratch: &mut Scratch, length: usize) {
        if let Phase::Lingering {
            silent_until,
            bytes_left,
            ..
        } = &mut self.phase
        {
            *silent_until = shared.now.get() + LINGER_SILENCE;
            match bytes_left.checked_sub(length as u64) {
                Some(left) => *bytes_left = left,
                None => self.phase = Phase::Closed,
            }
            return;
        }
        if let Intake::Ignoring { bytes_left } = &mut self.intake {
            *bytes_left = bytes_left.saturating_sub(length);
            return;
        }
        if self.rest.is_empty() {
            let input = &scratch.buffer[..length];
            let consumed = self.decode(shared, &mut scratch.head, input);
            if self.intake == Intake::Open {
                self.rest.extend_from_slice(&input[consumed..]);
            }
        } else {
            self.rest.extend_from_slice(&scratch.buffer[..length]);
            self.decode_rest(shared, scratch);
        }
    }

    fn decode_rest(&mut self, shared: &Rc<Shared>, scratch: &mut Scratch) {
        if self.intake != Intake::Open || self.phase != Phase::Open {
            return;
        }
        let mut rest = std::mem::take(&mut self.rest);
        let consumed = self.decode(shared, &mut scratch.head, &rest);
        if self.intake == Intake::Open && consumed < rest.len() {
            rest.drain(..consumed);
            self.rest = rest;
        }
    }

    /// Decodes until bytes are missing or reading has to pause; returns how many were consumed.
    fn decode(&mut self, shared: &Rc<Shared>, head: &mut RequestHead, input: &[u8]) -> usize {
        let mut consumed = 0;
        while self.intake == Intake::Open && !self.is_paused(shared) {
            let rest = &input[consumed..];
            if rest.is_empty() && self.arriving.is_none() {
                break;
            }
            let decode = || self.decoder.decode(rest, &shared.options.limits, head);
            let step = match stopwatch::timed(decode) {
                Ok(step) => step,
                Err(rejection) => {
                    self.reject(shared, rejection);
                    break;
                }
            };
            consumed += step.consumed;
            match step.decoded {
                Decoded::NeedMore => break,
                Decoded::Head => self.begin_exchange(shared, head),
                Decoded::Body(range) => self.take_body(shared, &rest[range]),
                Decoded::End => self.end_body(shared),
            }
        }
        consumed
    }

    fn begin_exchange(&mut self, shared: &Rc<Shared>, head: &mut RequestHead) {
        self.head_since = None;
        self.idle_since = None;
        let body = RequestBody::new(head);
        let has_body = body.is_arriving();
        self.is_last_request = !head.keep_alive();
        self.is_leaving = shared.releases_all.get();
        self.has_asked = true;
        let mut exchange = Exchange::new(Rc::clone(&self.link), RequestFacts::from(&*head), body);
        exchange.handler_deadline = shared
            .options
            .deadlines
            .handler
            .map(|limit| shared.now.get() + limit);
        let inserted = shared.table.borrow_mut().insert(exchange, head);
        let Some(id) = inserted else {
            return self.reject(shared, Rejection::SERVICE_UNAVAILABLE);
        };
        self.link.pipeline.borrow_mut().push_back(Item::Exchange(id));
        shared.push_event(Event::Request(id));
        shared.count(|counters| counters.requests += 1);
        if has_body {
            self.arriving = Some(id);
            self.drained = 0;
            self.body_clock = BodyClock::new(shared.now.get());
        } else if self.is_last_request {
            self.stop_intake();
        }
    }

    fn take_body(&mut self, shared: &Shared, bytes: &[u8]) {
        let Some(id) = self.arriving else { return };
        self.body_clock.progress(bytes.len(), shared.now.get());
        let mut table = shared.table.borrow_mut();
        let (is_wanted, is_over) = match table.get_mut(id) {
            None => (false, true),
            Some(exchange) => {
                let (is_wanted, is_over) = (exchange.body.is_wanted(), exchange.body.is_answered());
                let held_max = shared.options.body_high_watermark_bytes;
                let is_told = exchange.change_body(|body| body.append(bytes));
                if is_told || (is_over && exchange.body.answered(held_max)) {
                    shared.push_event(Event::BodyReadable(id));
                }
                (is_wanted, is_over)
            }
        };
        drop(table);
        if is_wanted {
            return;
        }
        self.drained = self.drained.saturating_add(bytes.len() as u64);
        if is_over && self.drained > shared.options.drain_bytes_max {
            self.stop_intake();
            self.link.kick(shared);
        }
    }

    fn end_body(&mut self, shared: &Shared) {
        // Nothing hands trailers of a request to the application.
        drop(self.decoder.take_trailers());
        let Some(id) = self.arriving.take() else { return };
        let mut table = shared.table.borrow_mut();
        if let Some(exchange) = table.get_mut(id) {
            if exchange.body.complete() {
                shared.push_event(Event::BodyReadable(id));
            }
            // What was kept open for the body alone may end now.
            if exchange.body.is_answered() {
                self.link.kick(shared);
            }
        } else {
            self.link.kick(shared);
        }
        drop(table);
        if self.is_last_request {
            self.stop_intake();
        }
    }

    /// Starts and stops the clock of the head that is arriving, and has the connection looked at if its
    /// exchange was over before its body.
    fn note_arrival(&mut self, shared: &Shared) {
        let is_head_arriving = self.phase == Phase::Open && self.arriving.is_none() && !self.rest.is_empty();
        if is_head_arriving && !self.is_behind {
            self.idle_since = None;
            self.head_since.get_or_insert(shared.now.get());
        }
    }
}
