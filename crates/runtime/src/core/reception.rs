//! Where the events of the engine's turns wait until JavaScript has time for them.
//!
//! Owns the queue of one core, who is admitted to it, and what it knows of a request's cost. Answers at once what needs
//! no JavaScript: fixed routes, the health check, refusals. Never calls JavaScript, so that it works while a handler runs
//! (`interrupt`). Called by: the engine, as its handler; the core's loop, which takes from it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use howth_engine::{Event, ExchangeId, Handler};

use super::admission::Admission;
use super::clock::now_us;
use super::counters::Counters;
use super::health::Health;
use super::peer_cores::PeerCores;
use super::policy::TypicalCost;
use super::trace::SharedExchanges;
use crate::bridge::{Bridge, Waiting};

/// JavaScript gets events for so long at a time, as far as one can tell beforehand, and the engine has its turn in
/// between.
const SLICE_US: u64 = 1000;
/// And for at least so many times what the engine took, so that refusing a flood of requests leaves time to answer some.
const SLICE_TURNS: u64 = 3;

/// The queue of one core.
pub(super) struct Reception {
    bridge: Bridge,
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
    traced: Option<SharedExchanges>,
}

impl Reception {
    /// `delay_max`: who would wait longer, while all do, is refused.
    pub(super) fn new(
        bridge: Bridge,
        health: Option<Health>,
        delay_max: Option<Duration>,
        counters: Arc<Counters>,
        traced: Option<SharedExchanges>,
    ) -> Rc<Self> {
        Rc::new(Reception {
            bridge,
            health,
            waiting: RefCell::default(),
            requests: Cell::new(0),
            newest_us: Cell::new(0),
            cost: Cell::default(),
            admission: Cell::new(Admission::new(delay_max.map(|delay| delay.as_micros() as u64))),
            counters,
            traced,
        })
    }

    /// From now on requests are not welcome.
    pub(super) fn drain(&self) {
        if let Some(health) = &self.health {
            health.drain();
        }
    }

    /// Answers a request that needs no JavaScript.
    fn answers(&self, id: ExchangeId) -> bool {
        self.health
            .as_ref()
            .is_some_and(|health| health.answers(&self.bridge, id))
            || self.bridge.answer(id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// Adds what came from another core, at the place that its arrival gives it: nobody loses time by moving.
    pub(super) fn insert(&self, newcomer: Waiting) {
        let mut waiting = self.waiting.borrow_mut();
        let behind = waiting.partition_point(|other| other.arrived_us <= newcomer.arrived_us);
        waiting.insert(behind, newcomer);
        self.requests
            .set(self.requests.get() + usize::from(newcomer.is_request()));
    }

    /// Whether an event about the exchange waits.
    pub(super) fn contains(&self, id: ExchangeId) -> bool {
        let waiting = self.waiting.borrow();
        waiting.iter().any(|waiting| waiting.event.exchange() == id)
    }

    /// How long the first has waited, and how long the last will: what all will cost, or what the first has waited
    /// already.
    fn delays(&self, now_us: u64) -> (u64, u64) {
        let waiting = self.waiting.borrow();
        let Some(first) = waiting.front() else {
            return (0, 0);
        };
        let waited_us = now_us.saturating_sub(first.arrived_us);
        let expected_us = (self.requests.get() as f32 * self.cost_us()) as u64;
        (waited_us, expected_us.max(waited_us))
    }

    /// What a request costs in JavaScript, in microseconds.
    pub(super) fn cost_us(&self) -> f32 {
        self.cost.get().us()
    }

    /// Removes as many requests as `count_max` says of those that `take` takes, which is asked from the youngest on.
    /// Gives how many.
    pub(super) fn take_youngest(
        &self,
        count_max: usize,
        mut take: impl FnMut(ExchangeId, u64) -> bool,
    ) -> usize {
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

    /// Takes what JavaScript is to be given next, after a turn of the engine that took so long.
    pub(super) fn take_slice(&self, turn_us: u64, slice: &mut Vec<Waiting>) {
        let slice_us = SLICE_US.max(turn_us.saturating_mul(SLICE_TURNS));
        let fitting = (slice_us as f32 / self.cost_us()).max(1.0) as usize;
        let fitting = fitting.min(self.bridge.slice_max());
        let mut waiting = self.waiting.borrow_mut();
        let mut requests = 0;
        while requests < fitting
            && let Some(next) = waiting.pop_front()
        {
            if let Event::Request(id) = next.event {
                self.requests.set(self.requests.get() - 1);
                // Whoever has waited may have left, and a handler would answer nobody.
                if next.arrived_us < self.newest_us.get() && !self.bridge.is_open(id) {
                    continue;
                }
                requests += 1;
            }
            slice.push(next);
        }
    }

    /// Takes note of how long the first has waited; how long a request that comes now would wait. To be called once a
    /// turn.
    pub(super) fn note_delay(&self) -> u64 {
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
    fn refuses(&self, id: ExchangeId, wait_us: u64) -> bool {
        let is_refused = self.admission.get().refuses(wait_us);
        if is_refused {
            self.bridge.refuse(id);
            self.counters.refused.add(1);
        }
        is_refused
    }

    /// Puts events back that were taken, before all others.
    pub(super) fn put_back(&self, events: Vec<Waiting>) {
        let requests = events.iter().filter(|event| event.is_request()).count();
        self.requests.set(self.requests.get() + requests);
        let mut waiting = self.waiting.borrow_mut();
        for event in events.into_iter().rev() {
            waiting.push_front(event);
        }
    }

    /// Notes how long JavaScript took for so many requests.
    pub(super) fn note_cost(&self, requests: usize, took_us: u64) {
        if requests > 0 {
            let mut cost = self.cost.get();
            cost.note(took_us as f32 / requests as f32);
            self.cost.set(cost);
        }
    }
}

/// The engine's way to the queue.
pub(super) struct Intake<'a> {
    pub(super) reception: &'a Reception,
    pub(super) peer_cores: Option<&'a PeerCores>,
}

impl Handler for Intake<'_> {
    fn on_batch(&mut self, events: &[Event]) {
        let reception = self.reception;
        let arrived_us = now_us();
        if let Some(traced) = &reception.traced {
            let mut traced = traced.borrow_mut();
            events.iter().for_each(|event| traced.note(*event, arrived_us));
        }
        let has_answers = reception.health.is_some() || reception.bridge.has_fixed_routes();
        let (_, mut wait_us) = reception.delays(arrived_us);
        reception.newest_us.set(arrived_us);
        let mut waiting = reception.waiting.borrow_mut();
        for event in events {
            let is_answered = has_answers && matches!(event, Event::Request(id) if reception.answers(*id));
            let is_forwarded = self.peer_cores.is_some_and(|others| others.observe(*event));
            if is_answered || is_forwarded || !reception.bridge.is_wanted(*event) {
                continue;
            }
            if let Event::Request(id) = event {
                let is_elsewhere = |others: &PeerCores| others.takes_away(*id, arrived_us);
                if self.peer_cores.is_some_and(is_elsewhere) || reception.refuses(*id, wait_us) {
                    continue;
                }
                wait_us += reception.cost_us() as u64;
                reception.requests.set(reception.requests.get() + 1);
            }
            waiting.push_back(Waiting {
                event: *event,
                arrived_us,
            });
        }
    }
}
