//! The exchanges beneath an application some of whose responses are kept.
//!
//! Every method is passed on. Those that answer a request that [leads](crate::flights) are looked at on their way: the response
//! is kept where it may be, and those that have waited are given it, or go to the application themselves. It stands beneath whatever
//! carries requests to other cores, so that it sees what those answer; and above what compresses, so that it sees content as the
//! application gave it. Called by: the application; what carries the responses of other cores.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use howth_conditions::Outcome;
use howth_engine::{Backpressure, Body, ExchangeId, Exchanges, Gone, UpgradeError, WriteError};
use howth_http1::{Field, ResponseHead};
use howth_routes::Fields;

use crate::core::{CoreCache, Gathering, Lead};
use crate::give::{conditions, give};
use crate::statuses::{COLLAPSED, INSTEAD, stored_status};
use crate::storable::{Terms, Verdict, judge};
use crate::store::Added;
use crate::stored::{Stored, content_of};

/// The exchanges of a core some of whose responses are kept.
#[derive(Debug)]
pub struct CachedExchanges {
    own: Own,
    core: Rc<CoreCache>,
}

/// What calls are passed on to.
struct Own(Rc<dyn Exchanges>);

impl std::fmt::Debug for Own {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Own")
    }
}

impl std::ops::Deref for Own {
    type Target = dyn Exchanges;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

/// How a stream has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamEnd {
    Whole,
    /// Which are not kept.
    WithTrailers,
    /// It is not as long as it says.
    BrokenOff,
}

type Waiting = VecDeque<ExchangeId>;

impl CachedExchanges {
    /// Keeps responses to `own`, for one core.
    pub fn new(own: Rc<dyn Exchanges>, core: Rc<CoreCache>) -> Self {
        CachedExchanges { own: Own(own), core }
    }

    /// A whole response to a request that has led.
    fn respond_leading(
        &self,
        id: ExchangeId,
        head: &ResponseHead<'_>,
        body: Body<'_>,
        (lead, waiting): (Lead, Waiting),
    ) -> Result<(), Gone> {
        let verdict = judge(head, &lead.settings);
        if verdict == Verdict::Error && self.gives_instead(id, &lead, &waiting) {
            return Ok(());
        }
        let bytes_max = self.core.entry_bytes_max(&lead.settings) as u64;
        let Verdict::Kept(terms) = verdict else {
            self.let_go(id, &lead, waiting, verdict == Verdict::Forbidden);
            return self.own.respond_with(id, head, body);
        };
        let is_large = body.len() > bytes_max;
        let content = match (is_large, body) {
            (false, body) => content_of(body),
            (true, body) => Err(body),
        };
        let content = match content {
            Ok(content) => content,
            Err(body) => {
                self.let_go(id, &lead, waiting, true);
                return self.own.respond_with(id, head, body);
            }
        };
        let Some(stored) = self.keep(id, &lead, head, content.clone(), &terms) else {
            self.let_go(id, &lead, waiting, false);
            return self.own.respond_with(id, head, Body::Shared(content));
        };
        let is_renewed = lead.before.is_some();
        let responded = match conditions(&*self.own, id, &stored) {
            Outcome::Answer { .. } => {
                let _ = self.own.add_fields(id, self.core.statuses.stored(is_renewed));
                self.own.respond_with(id, head, Body::Shared(content))
            }
            Outcome::NotModified | Outcome::Failed => {
                let now_us = self.core.now_us();
                give(&*self.own, id, &stored, stored_status(is_renewed), true, now_us);
                Ok(())
            }
        };
        self.share(&stored, &lead, &terms, waiting, Some(id));
        responded
    }

    /// Keeps a response; `None`: it is too large, or was purged while it was made.
    fn keep(
        &self,
        id: ExchangeId,
        lead: &Lead,
        head: &ResponseHead<'_>,
        content: Bytes,
        terms: &Terms,
    ) -> Option<Arc<Stored>> {
        let stored = self.core.stored(lead, head, content, terms)?;
        let request = self.own.head(id);
        let is_kept = self.core.keep(lead, &stored, terms, request.as_deref());
        is_kept.then_some(stored)
    }

    /// Gives those that have waited what is kept now. Those that would have another variant go to the application.
    fn share(
        &self,
        stored: &Stored,
        lead: &Lead,
        terms: &Terms,
        waiting: Waiting,
        leader: Option<ExchangeId>,
    ) {
        let variant = |id: ExchangeId| {
            let head = self.own.head(id)?;
            Some(lead.variant(&head, terms))
        };
        let wanted = leader.filter(|_| !terms.vary.is_empty()).and_then(variant);
        let now_us = self.core.now_us();
        for id in waiting {
            match terms.vary.is_empty() || variant(id) == wanted {
                true => give(&*self.own, id, stored, COLLAPSED, true, now_us),
                false => self.core.give_back(&*self.own, [id]),
            }
        }
    }

    /// Gives a stale response in the place of an error, to all; false: there is none.
    fn gives_instead(&self, id: ExchangeId, lead: &Lead, waiting: &Waiting) -> bool {
        let Some(spare) = self.core.spare(lead) else {
            return false;
        };
        let now_us = self.core.now_us();
        for id in std::iter::once(&id).chain(waiting) {
            give(&*self.own, *id, spare, INSTEAD, true, now_us);
        }
        true
    }

    /// Whether a request has led to nothing yet, and a stale response may be given in the place of an error.
    fn has_instead(&self, id: ExchangeId) -> bool {
        let mut flights = self.core.flights.borrow_mut();
        let lead = flights.lead(id);
        lead.is_some_and(|lead| matches!(lead.gathering, Gathering::Owed) && self.core.spare(lead).is_some())
    }

    /// A response is not kept: those that have waited go to the application. `forbids`: so will those that come next.
    fn let_go(&self, id: ExchangeId, lead: &Lead, waiting: Waiting, forbids: bool) {
        if forbids {
            self.core.pass(lead);
        }
        let added = self.core.statuses.forwarded(lead.forwarded());
        let _ = self.own.add_fields(id, added);
        self.core.give_back(&*self.own, waiting);
    }

    /// A response that cannot be kept has begun, or none comes.
    fn give_up(&self, id: ExchangeId) {
        if let Some((_, waiting)) = self.core.end(id) {
            self.core.give_back(&*self.own, waiting);
        }
    }

    /// Whether the content of a stream is gathered from now on.
    fn begin(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        if self.core.flights.borrow().is_empty() {
            return Ok(());
        }
        let mut flights = self.core.flights.borrow_mut();
        let Some(lead) = flights.lead(id) else {
            return Ok(());
        };
        let verdict = judge(head, &lead.settings);
        let bytes_max = self.core.entry_bytes_max(&lead.settings) as u64;
        let is_large = length.is_some_and(|length| length > bytes_max);
        let forwarded = lead.forwarded();
        if let (Verdict::Kept(terms), false) = (&verdict, is_large) {
            let mut fields = Fields::default();
            head.fields
                .iter()
                .for_each(|(name, value)| fields.push(name, value));
            lead.gathering = Gathering::Begun {
                status: head.status,
                reason: head.reason.map(Into::into),
                fields,
                terms: terms.clone(),
                content: self.core.shared.gather(),
            };
            drop(flights);
            let _ = self.own.add_fields(id, self.core.statuses.forwarded(forwarded));
            return Ok(());
        }
        drop(flights);
        let Some((lead, waiting)) = self.core.end(id) else {
            return Ok(());
        };
        if verdict == Verdict::Error && self.gives_instead(id, &lead, &waiting) {
            return Err(Gone);
        }
        let forbids = is_large || verdict == Verdict::Forbidden;
        self.let_go(id, &lead, waiting, forbids);
        Ok(())
    }

    /// Adds to what is gathered of a stream; false: nothing is.
    fn gather(&self, id: ExchangeId, chunk: &[u8]) -> bool {
        if self.core.flights.borrow().is_empty() {
            return false;
        }
        let mut flights = self.core.flights.borrow_mut();
        let Some(lead) = flights.lead(id) else {
            return false;
        };
        let bytes_max = self.core.entry_bytes_max(&lead.settings);
        let added = match &mut lead.gathering {
            Gathering::Owed => Added::NoRoom,
            Gathering::Begun { content, .. } => content.add(chunk, bytes_max),
        };
        drop(flights);
        if added != Added::Taken
            && let Some((lead, waiting)) = self.core.end(id)
        {
            if added == Added::TooLarge {
                self.core.pass(&lead);
            }
            self.core.give_back(&*self.own, waiting);
        }
        added == Added::Taken
    }

    /// A stream has come to its end.
    fn keep_gathered(&self, id: ExchangeId, end: StreamEnd) {
        let Some((mut lead, waiting)) = self.core.end(id) else {
            return;
        };
        let gathering = std::mem::replace(&mut lead.gathering, Gathering::Owed);
        if let Gathering::Begun {
            status,
            reason,
            fields,
            terms,
            content,
        } = gathering
            && end == StreamEnd::Whole
        {
            let fields: Vec<Field<'_>> = fields.iter().collect();
            let head = ResponseHead {
                status,
                reason: reason.as_deref(),
                fields: &fields,
            };
            let content = Bytes::from(content.take().into_boxed_slice());
            if let Some(stored) = self.keep(id, &lead, &head, content, &terms) {
                return self.share(&stored, &lead, &terms, waiting, Some(id));
            }
        }
        if end == StreamEnd::WithTrailers {
            self.core.pass(&lead);
        }
        self.core.give_back(&*self.own, waiting);
    }
}

impl Exchanges for CachedExchanges {
    howth_engine::pass_on!(
        own:
        add_fields, head, peer_address, is_secure, tls_facts, connection_tls_facts, is_disconnected, is_body_complete,
        read_body, read_whole_body, keep_body, cancel_body, trailers, inform, set_timeout, set_alarm, unsent_bytes,
        connection, watch_connection, listener, place, connection_address, connection_bytes_read, end_connection,
        stays_open, finish_encoded, rejection, listeners, pending, owed,
    );

    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone> {
        match self.core.end(id) {
            None => self.own.respond_with(id, head, body),
            Some(ended) => self.respond_leading(id, head, body, ended),
        }
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        self.begin(id, head, length)?;
        let started = self.own.start(id, head, length);
        if started.is_err() {
            self.core.note_end(id);
        }
        started
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        let is_gathered = self.gather(id, chunk);
        match self.own.write(id, chunk) {
            // Others wait for it, and not for the client that takes it slowly; what is gathered is bounded.
            Ok(_) if is_gathered => Ok(Backpressure::Ready),
            Err(error) => {
                match error {
                    WriteError::Gone(_) => self.core.note_end(id),
                    WriteError::Length { .. } => self.give_up(id),
                }
                Err(error)
            }
            written => written,
        }
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        let finished = self.own.finish(id, trailers);
        let end = match finished {
            Err(WriteError::Length { .. }) => StreamEnd::BrokenOff,
            _ if trailers.is_empty() => StreamEnd::Whole,
            _ => StreamEnd::WithTrailers,
        };
        self.keep_gathered(id, end);
        finished
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        self.give_up(id);
        self.own.fail(id)
    }

    fn refuse(&self, id: ExchangeId) {
        if self.has_instead(id)
            && let Some((lead, waiting)) = self.core.end(id)
            && self.gives_instead(id, &lead, &waiting)
        {
            return;
        }
        // One of those that wait is the next to be tried.
        self.core.note_end(id);
        self.own.refuse(id);
    }

    fn upgrade(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        self.give_up(id);
        self.own.upgrade(id, head)
    }

    fn start_encoded(&self, id: ExchangeId) -> Result<(), Gone> {
        self.give_up(id);
        self.own.start_encoded(id)
    }

    fn upgrade_encoded(&self, id: ExchangeId) -> Result<(), UpgradeError> {
        self.give_up(id);
        self.own.upgrade_encoded(id)
    }
}
