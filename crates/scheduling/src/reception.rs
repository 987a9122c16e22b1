//! Where the events of the engine's turns wait until the application has time for them.
//!
//! Owns the queue of one core, who is admitted to it, and what it knows of a request's cost. Answers at once what needs
//! no code of the application's own: fixed routes, the health check, refusals. Never calls that, so that it works while a
//! handler runs. Called by: `entrance`, with what the engine says; the core's loop, which takes from it.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use howth_engine::{Event, ExchangeId};

use crate::admission::Admission;
use crate::application::Application;
use crate::clock::now_us;
use crate::counters::Counters;
use crate::health::Health;
use crate::observer::Observer;
use crate::policy::TypicalCost;
use crate::waiting::Waiting;

/// The application gets events for so long at a time, as far as one can tell beforehand, and the engine has its turn in
/// between.
const SLICE_US: u64 = 1000;
/// And for at least so many times what the engine took, so that refusing a flood of requests leaves time to answer some.
const SLICE_TURNS: u64 = 3;

/// The queue of one core.
#[derive(Debug)]
pub struct Reception<A> {
    application: A,
    health: Option<Health>,
    waiting: RefCell<VecDeque<Waiting>>,
    /// How many of them are requests: only these cost anything to speak of.
    requests: Cell<usize>,
    /// When the engine has brought something for the last time.
    newest_us: Cell<u64>,
    cost: Cell<TypicalCost>,
    admission: Cell<Admission>,
    counters: Arc<Counters>,
    /// Who wants to know when requests come and responses leave.
    observers: Vec<Rc<dyn Observer>>,
}

impl<A: Application> Reception<A> {
    /// `delay_max`: who would wait longer, while all do, is refused.
    pub fn new(
        application: A,
        health: Option<Health>,
        delay_max: Option<Duration>,
        counters: Arc<Counters>,
        observers: Vec<Rc<dyn Observer>>,
    ) -> Rc<Self> {
        Rc::new(Reception {
            application,
            health,
            waiting: RefCell::default(),
            requests: Cell::new(0),
            newest_us: Cell::new(0),
            cost: Cell::default(),
            admission: Cell::new(Admission::new(delay_max.map(|delay| delay.as_micros() as u64))),
            counters,
            observers,
        })
    }

    /// From now on requests are not welcome.
    pub fn drain(&self) {
        if let Some(health) = &self.health {
            health.drain();
        }
    }

    /// Takes note of what the engine has brought at this time: gives how long a request that comes behind it would wait, and
    /// whether any is answered without the application's own code.
    pub(crate) fn begin(&self, events: &[Event], now_us: u64) -> (u64, bool) {
        for observer in &self.observers {
            events.iter().for_each(|event| observer.note(*event, now_us));
        }
        let (_, wait_us) = self.delays(now_us);
        self.newest_us.set(now_us);
        (
            wait_us,
            self.health.is_some() || self.application.has_fixed_routes(),
        )
    }

    /// Whether the application wants to hear of it.
    pub fn is_wanted(&self, event: Event) -> bool {
        self.application.is_wanted(event)
    }

    /// Whether the event was dealt with, and the application need not hear of it.
    pub(crate) fn settles(&self, event: Event, now_us: u64) -> bool {
        self.application.settles(event, now_us)
    }

    /// The queue itself, for events that come together.
    pub(crate) fn queue(&self) -> RefMut<'_, VecDeque<Waiting>> {
        self.waiting.borrow_mut()
    }

    /// A request was put into the [`queue`](Self::queue).
    pub(crate) fn note_request(&self) {
        self.requests.set(self.requests.get() + 1);
    }

    /// Answers a request that needs no code of the application's own.
    pub(crate) fn answers(&self, id: ExchangeId) -> bool {
        self.health
            .as_ref()
            .is_some_and(|health| health.answers(&self.application, id))
            || self.application.answer(id)
    }

    /// Whether nothing waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// Adds what came from another core, at the place that its arrival gives it: nobody loses time by moving.
    pub fn insert(&self, newcomer: Waiting) {
        let mut waiting = self.waiting.borrow_mut();
        let behind = waiting.partition_point(|other| other.arrived_us <= newcomer.arrived_us);
        waiting.insert(behind, newcomer);
        self.requests
            .set(self.requests.get() + usize::from(newcomer.is_request()));
    }

    /// Whether an event about the exchange waits.
    pub fn contains(&self, id: ExchangeId) -> bool {
        let waiting = self.waiting.borrow();
        waiting.iter().any(|waiting| waiting.event.exchange() == Some(id))
    }

    /// How long the first has waited, and how long the last will: what all will cost, or what the first has waited
    /// already.
    pub(crate) fn delays(&self, now_us: u64) -> (u64, u64) {
        let waiting = self.waiting.borrow();
        let Some(first) = waiting.front() else {
            return (0, 0);
        };
        let waited_us = now_us.saturating_sub(first.arrived_us);
        let expected_us = (self.requests.get() as f32 * self.cost_us()) as u64;
        (waited_us, expected_us.max(waited_us))
    }

    /// What a request costs in the application, in microseconds.
    #[inline]
    pub fn cost_us(&self) -> f32 {
        self.cost.get().us()
    }

    /// Removes as many requests as `count_max` says of those that `take` takes, which is asked from the youngest on.
    /// Gives how many.
    pub fn take_youngest(&self, count_max: usize, mut take: impl FnMut(ExchangeId, u64) -> bool) -> usize {
        let mut waiting = self.waiting.borrow_mut();
        let (mut count, mut index) = (0, waiting.len());
        while count < count_max && index > 0 {
            index -= 1;
            if let Event::Request(id) = waiting[index].event
                && take(id, waiting[index].arrived_us)
            {
                waiting.remove(index);
                count += 1;
            }
        }
        self.requests.set(self.requests.get() - count);
        count
    }

    /// Takes what the application is to be given next, after a turn of the engine that took so long.
    #[inline]
    pub fn take_slice(&self, turn_us: u64, slice: &mut Vec<Waiting>) {
        let slice_us = SLICE_US.max(turn_us.saturating_mul(SLICE_TURNS));
        let fitting = (slice_us as f32 / self.cost_us()).max(1.0) as usize;
        let fitting = fitting.min(self.application.slice_max());
        let mut waiting = self.waiting.borrow_mut();
        let mut requests = 0;
        while requests < fitting
            && let Some(next) = waiting.pop_front()
        {
            if let Event::Request(id) = next.event {
                self.requests.set(self.requests.get() - 1);
                // Whoever has waited may have left, and a handler would answer nobody.
                if next.arrived_us < self.newest_us.get() && !self.application.is_open(id) {
                    continue;
                }
                requests += 1;
            }
            slice.push(next);
        }
    }

    /// Takes note of how long the first has waited; how long a request that comes now would wait. To be called once a
    /// turn.
    #[inline]
    pub fn note_delay(&self) -> u64 {
        let mut admission = self.admission.get();
        let wait_us = if self.is_empty() {
            admission.note_nobody();
            0
        } else {
            let now_us = now_us();
            let (waited_us, wait_us) = self.delays(now_us);
            admission.note(now_us, waited_us);
            wait_us
        };
        self.admission.set(admission);
        self.counters.queue_delay_us.set(wait_us);
        wait_us
    }

    /// Refuses a request that would wait too long; false: it may wait.
    pub(crate) fn refuses(&self, id: ExchangeId, wait_us: u64) -> bool {
        let is_refused = self.admission.get().refuses(wait_us);
        if is_refused {
            self.application.refuse(id);
            self.counters.refused.add(1);
        }
        is_refused
    }

    /// Puts events back that were taken, before all others.
    pub fn put_back(&self, events: Vec<Waiting>) {
        let requests = events.iter().filter(|event| event.is_request()).count();
        self.requests.set(self.requests.get() + requests);
        let mut waiting = self.waiting.borrow_mut();
        for event in events.into_iter().rev() {
            waiting.push_front(event);
        }
    }

    /// Notes how long the application took for so many requests.
    #[inline]
    pub fn note_cost(&self, requests: usize, took_us: u64) {
        if requests > 0 {
            let mut cost = self.cost.get();
            cost.note(took_us as f32 / requests as f32);
            self.cost.set(cost);
        }
    }
}
