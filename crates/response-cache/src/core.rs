//! One core's part of the cache.
//!
//! Owns who leads and who waits on this core, and which of those that have waited go back to the application. Never answers.
//! Called by: `layer`, when a request comes; `exchanges`, when a response does; the core's loop, which tells of exchanges that are
//! over and takes those that go back.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use howth_engine::{ExchangeId, Exchanges};
use howth_http1::{RequestHead, ResponseHead};

use crate::flights::{Flights, Left};
use crate::key::{self, Target};
use crate::purges::{Mark, Moment};
use crate::settings::Settings;
use crate::statuses::{Forwarded, Statuses};
use crate::storable::Terms;
use crate::store::{Gathered, Kept, ResponseCache};
use crate::stored::{Freshness, Stored};

/// For so long nobody waits for responses under a key whose last one forbade to be kept.
const PASSED_US: u64 = 10_000_000;

/// What became of a request, to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It was answered from what is kept, fresh or stale.
    Hit,
    /// It was given to the application, and its response may be kept.
    Miss,
    /// It waited for another's response.
    Waited,
}

/// One core's part of the cache.
pub struct CoreCache {
    pub(crate) shared: Arc<ResponseCache>,
    pub(crate) generation: u32,
    clock: fn() -> u64,
    count: Box<dyn Fn(Noted)>,
    pub(crate) flights: RefCell<Flights<Lead>>,
    pub(crate) statuses: Statuses,
    /// Those that have waited in vain.
    returned: RefCell<Vec<ExchangeId>>,
    /// Where keys are written; kept for its memory.
    pub(crate) key: RefCell<Vec<u8>>,
}

/// A request whose response may be kept.
#[derive(Debug)]
pub(crate) struct Lead {
    pub(crate) settings: Rc<Settings>,
    /// Under what its response was looked for.
    key: Box<[u8]>,
    /// How much of that is the key without what a response varies by beside what the route says.
    common: usize,
    /// When the application was given the request.
    began: Moment,
    /// Those of its path, its URL and the route's tags.
    marks: Rc<[Mark]>,
    /// A response that is no longer fresh.
    pub(crate) before: Option<Arc<Stored>>,
    pub(crate) gathering: Gathering,
}

/// How far the response is.
#[derive(Debug)]
pub(crate) enum Gathering {
    /// It was not begun.
    Owed,
    /// It is a stream, whose content is gathered.
    Begun {
        status: u16,
        reason: Option<Box<str>>,
        fields: howth_routes::Fields,
        terms: Terms,
        content: Gathered,
    },
}

impl CoreCache {
    /// The part of one core. `generation`: which of the programs that follow each other in the process it has; `clock`: microseconds,
    /// of a clock that all cores share.
    pub fn new(
        shared: Arc<ResponseCache>,
        generation: u32,
        clock: fn() -> u64,
        count: impl Fn(Noted) + 'static,
    ) -> Rc<Self> {
        Rc::new(CoreCache {
            shared,
            generation,
            clock,
            count: Box::new(count),
            flights: RefCell::default(),
            statuses: Statuses::default(),
            returned: RefCell::default(),
            key: RefCell::default(),
        })
    }

    /// An exchange is over. Where others have waited for its response, the first of them is now given to the application.
    pub fn note_end(&self, id: ExchangeId) {
        let mut flights = self.flights.borrow_mut();
        if flights.is_empty() {
            return;
        }
        let left = flights.leave(id, |lead| Lead {
            began: self.shared.moment(),
            gathering: Gathering::Owed,
            ..lead
        });
        if let Left::Leads(next) = left {
            self.returned.borrow_mut().push(next);
        }
    }

    /// The client of an exchange has closed its side. Its handler may give up for that, and others are not to pay for it: where no
    /// response has begun, the first that waits is given to the application as well.
    pub fn note_disconnected(&self, id: ExchangeId) {
        let mut flights = self.flights.borrow_mut();
        let is_waited_for = flights.is_waited_for(id);
        let is_owed = flights
            .lead(id)
            .is_some_and(|lead| matches!(lead.gathering, Gathering::Owed));
        drop(flights);
        if is_waited_for && is_owed {
            self.note_end(id);
        }
    }

    /// When the first of those that wait has done so for as long as it may.
    pub fn next_end_us(&self) -> Option<u64> {
        self.flights.borrow().next_end_us()
    }

    /// Has requests go back to the application that have waited for as long as they may.
    pub fn end_waits(&self, exchanges: &dyn Exchanges) {
        if self.next_end_us().is_none() {
            return;
        }
        let now_us = self.now_us();
        loop {
            let late = self.flights.borrow_mut().take_late(now_us);
            let Some(id) = late else {
                return;
            };
            self.give_back(exchanges, [id]);
        }
    }

    /// Whether requests have waited in vain, and are the application's to answer.
    pub fn has_returned(&self) -> bool {
        !self.returned.borrow().is_empty()
    }

    /// Takes them.
    pub fn take_returned(&self) -> Vec<ExchangeId> {
        std::mem::take(&mut self.returned.borrow_mut())
    }

    pub(crate) fn now_us(&self) -> u64 {
        (self.clock)()
    }

    pub(crate) fn note(&self, noted: Noted) {
        (self.count)(noted);
    }

    /// What is known of a request that leads. `common`: how much of the key is there without what a response varies by beside what
    /// the route says.
    pub(crate) fn lead(
        &self,
        settings: &Rc<Settings>,
        (key, common): (&[u8], usize),
        target: Target,
        before: Option<Arc<Stored>>,
    ) -> Lead {
        let purges = self.shared.purges();
        let target = target.of(key);
        let own = [purges.target(target), purges.path(target)];
        let tags = settings.tags.iter().map(|tag| purges.tag(tag.as_bytes()));
        Lead {
            settings: settings.clone(),
            key: key.into(),
            common,
            began: self.shared.moment(),
            marks: own.into_iter().chain(tags).collect(),
            before,
            gathering: Gathering::Owed,
        }
    }

    /// Ends the wait for a response; `None`: nobody waits for it, nor is it kept.
    #[inline]
    pub(crate) fn end(&self, id: ExchangeId) -> Option<(Lead, VecDeque<ExchangeId>)> {
        let mut flights = self.flights.borrow_mut();
        match flights.is_empty() {
            true => None,
            false => flights.end(id),
        }
    }

    /// Bytes that an entry of a route may have.
    pub(crate) fn entry_bytes_max(&self, settings: &Settings) -> usize {
        settings
            .bytes_max
            .unwrap_or_else(|| self.shared.entry_bytes_usual())
    }

    /// A response as it would be kept; `None`: it is too large.
    pub(crate) fn stored(
        &self,
        lead: &Lead,
        head: &ResponseHead<'_>,
        content: bytes::Bytes,
        terms: &Terms,
    ) -> Option<Arc<Stored>> {
        let purges = self.shared.purges();
        let tags = terms.tags.iter().map(|tag| purges.tag(tag));
        let marks = lead.marks.iter().copied().chain(tags).collect();
        let stored = Stored::new(head, content, terms, lead.began, marks, self.now_us());
        (stored.bytes() <= self.entry_bytes_max(&lead.settings)).then(|| Arc::new(stored))
    }

    /// Keeps a response; false: it was purged while it was made, or nobody knows any more what was asked.
    pub(crate) fn keep(
        &self,
        lead: &Lead,
        stored: &Arc<Stored>,
        terms: &Terms,
        head: Option<&RequestHead>,
    ) -> bool {
        if self.shared.is_purged(stored.began(), stored.marks()) {
            return false;
        }
        if terms.vary.is_empty() {
            self.shared.put(lead.common(), Kept::Response(stored.clone()));
            return true;
        }
        let Some(head) = head else {
            return false;
        };
        let varying = Kept::Varying(terms.vary.as_slice().into());
        self.shared.put(lead.common(), varying);
        self.shared
            .put(&lead.variant(head, terms), Kept::Response(stored.clone()));
        true
    }

    /// The response under a key forbade to be kept: for a while nobody waits for those that follow.
    pub(crate) fn pass(&self, lead: &Lead) {
        let until_us = self.now_us() + PASSED_US;
        self.shared.put(&lead.key, Kept::Passed { until_us });
    }

    /// What may be given in the place of an error.
    pub(crate) fn spare<'a>(&self, lead: &'a Lead) -> Option<&'a Arc<Stored>> {
        let before = lead.before.as_ref()?;
        let is_purged = self.shared.is_purged(before.began(), before.marks());
        let is_allowed = before.is_spare(self.now_us()) && !is_purged;
        is_allowed.then_some(before)
    }

    /// Has requests go back to the application.
    pub(crate) fn give_back(&self, exchanges: &dyn Exchanges, waiting: impl IntoIterator<Item = ExchangeId>) {
        let mut returned = self.returned.borrow_mut();
        for id in waiting {
            let _ = exchanges.add_fields(id, self.statuses.forwarded(Forwarded::Miss));
            returned.push(id);
        }
    }
}

impl Lead {
    fn common(&self) -> &[u8] {
        &self.key[..self.common]
    }

    /// The key of a request that differs from this one in nothing but what a response varies by.
    pub(crate) fn variant(&self, head: &RequestHead, terms: &Terms) -> Vec<u8> {
        let mut key = self.common().to_vec();
        key::push_varying(&mut key, head, &terms.vary);
        key
    }

    /// Why its request was given to the application.
    pub(crate) fn forwarded(&self) -> Forwarded {
        match self.before {
            Some(_) => Forwarded::Stale,
            None => Forwarded::Miss,
        }
    }
}

impl Stored {
    /// Whether it may be given in the place of an error.
    fn is_spare(&self, now_us: u64) -> bool {
        !matches!(self.freshness(now_us), Freshness::Over)
    }
}

impl fmt::Debug for CoreCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CoreCache")
            .field("shared", &self.shared)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
