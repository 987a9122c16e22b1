//! Requests that the engine refuses, and such that break off.
//!
//! Owns what becomes of a connection whose client breaks a rule, takes too long or leaves in the middle: responses to
//! earlier requests go out, then a refusal where nothing was answered, and nothing more is decoded. Never writes bytes
//! itself. Called by: `receive`, `deadlines`, and `connection`, after the application broke something off.

use howth_engine::body::failure::{BROKE_OFF, MALFORMED, NOT_READ, TOO_SLOW};
use howth_engine::{Event, ExchangeId};
use howth_http1::Rejection;

use crate::connection::{Connection, Phase};
use crate::link::Item;
use crate::receive::Intake;
use crate::shared::Shared;
use crate::table::{Answer, Exchange};

impl Connection {
    /// The client broke a rule or a limit: the refusal goes out in its turn, and nothing more is decoded.
    pub(crate) fn reject(&mut self, shared: &Shared, rejection: Rejection) {
        match self.arriving {
            Some(id) => self.end_body_early(shared, id, MALFORMED, Some(rejection)),
            None => self.refuse_next(shared, rejection),
        }
    }

    /// The body that is arriving comes too slowly.
    pub(crate) fn expire_body(&mut self, shared: &Shared) {
        if let Some(id) = self.arriving {
            let is_unread = self.is_behind && self.link.kept.get() == Some(id);
            let reason = if is_unread { NOT_READ } else { TOO_SLOW };
            self.end_body_early(shared, id, reason, Some(Rejection::REQUEST_TIMEOUT));
        }
    }

    /// 408 if a part of the head is there; a connection that said nothing is closed without a word.
    pub(crate) fn expire_head(&mut self, shared: &Shared) {
        match self.rest.is_empty() {
            true => self.abort(shared),
            false => self.refuse_next(shared, Rejection::REQUEST_TIMEOUT),
        }
    }

    /// The client ended its side. What is complete is answered; what is not breaks off.
    pub(crate) fn end_of_stream(&mut self, shared: &Shared) {
        if matches!(self.phase, Phase::Lingering { .. }) {
            self.phase = Phase::Closed;
            return;
        }
        if let Some(id) = self.arriving.filter(|_| self.phase == Phase::Open) {
            self.end_body_early(shared, id, BROKE_OFF, None);
        }
        self.stop_intake();
        self.intake = Intake::Ended;
        self.link.is_read_closed.set(true);
        self.ended_at = Some(shared.now.get());
        self.tell_disconnected(shared);
        self.link.kick(shared);
    }

    /// The body of `id` will never be whole, because of `reason`. `answer` is sent if nothing was answered yet; `None`:
    /// nobody is there to read it.
    fn end_body_early(
        &mut self,
        shared: &Shared,
        id: ExchangeId,
        reason: &'static str,
        answer: Option<Rejection>,
    ) {
        // An exchange that is over has its answer already; a second one would be taken for that to another request.
        if let Some(exchange) = shared.table.borrow_mut().get_mut(id) {
            match (exchange.answer, answer) {
                (Answer::Waiting, Some(rejection)) => exchange.refuse(rejection),
                (Answer::Waiting, None) | (Answer::Streaming, _) => exchange.break_off(),
                // A response that is given whole still goes out.
                (Answer::Complete | Answer::Broken | Answer::Refused(_), _) => {}
            }
            if exchange.body.fail(reason) {
                shared.push_event(Event::BodyReadable(id));
            }
        }
        self.stop_intake();
        self.link.kick(shared);
    }

    fn refuse_next(&mut self, shared: &Shared, rejection: Rejection) {
        self.link
            .pipeline
            .borrow_mut()
            .push_back(Item::Refusal(rejection));
        self.stop_intake();
        self.link.kick(shared);
    }

    /// The handler at `position` took too long: 503, in the place of its response and of all behind it, if that was not
    /// begun.
    pub(crate) fn expire_handler(&mut self, shared: &Shared, position: usize) {
        let Some(Item::Exchange(id)) = self.link.pipeline.borrow().get(position).copied() else {
            return;
        };
        let is_waiting = {
            let mut table = shared.table.borrow_mut();
            let Some(exchange) = table.get_mut(id) else { return };
            let is_waiting = exchange.answer == Answer::Waiting;
            if !is_waiting {
                exchange.break_off();
            }
            is_waiting
        };
        if is_waiting {
            self.abort_from(shared, position);
            self.refuse_next(shared, Rejection::SERVICE_UNAVAILABLE);
        }
        self.link.kick(shared);
    }

    /// The response stream at the front is silent towards a client that may be gone.
    pub(crate) fn expire_silent_stream(&mut self, shared: &Shared) {
        if let Some(Item::Exchange(id)) = self.link.front()
            && let Some(exchange) = shared.table.borrow_mut().get_mut(id)
        {
            exchange.break_off();
        }
        self.link.kick(shared);
    }

    /// Aborts whatever is behind an exchange that broke off or was refused; that one too, if nothing is to be written
    /// of it. Those before it are still answered, and then the connection ends.
    pub(crate) fn cut(&mut self, shared: &Shared) {
        let kept = {
            let (pipeline, table) = (self.link.pipeline.borrow(), shared.table.borrow());
            let kept = |(position, item): (usize, &Item)| {
                let Item::Exchange(id) = item else { return None };
                match table.get(*id)? {
                    exchange if exchange.is_unbegun() => Some(position),
                    exchange if exchange.is_cut() => Some(position + 1),
                    _ => None,
                }
            };
            pipeline.iter().enumerate().find_map(kept)
        };
        if let Some(kept) = kept {
            self.abort_from(shared, kept);
            self.stop_intake();
        }
    }

    fn tell_disconnected(&self, shared: &Shared) {
        let table = shared.table.borrow();
        let is_working = |exchange: &Exchange| matches!(exchange.answer, Answer::Waiting | Answer::Streaming);
        for item in self.link.pipeline.borrow().iter() {
            if let Item::Exchange(id) = *item
                && table.get(id).is_some_and(is_working)
            {
                shared.push_event(Event::Disconnected(id));
            }
        }
    }
}
