//! The loop of a core: engine and isolate take turns on one thread.
//!
//! One future, polled by tokio. The engine's turn puts events into the reception, JavaScript is given a slice of them
//! after it, and while that runs too long the engine's turns are taken in its `interrupt`. While there is work the
//! loop takes many turns within one poll, so that under load a turn costs one system call and tokio none; every so many
//! turns it yields, so that tokio's timers and sockets (fetch, files) have theirs. When there is nothing to do it sleeps
//! (`sleep`): a moment in the ring if the isolate waits for nothing, else, and after that, in tokio.

mod javascript;
mod life;
mod sleep;
mod start;

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use deno_core::ModuleId;
use deno_core::error::CoreError;
use howth_engine::ListenerId;
use howth_mesh::{Receiver, Sender};
use howth_scheduling::{Health, Observer, Reception, SharedRequestTimes, Waiting, WakeFlag, now_us};
use howth_supervision::{Command, CoreListeners, Ended, Lease, Order, Report, TakeOver};

use super::PeerCores;
use super::engine_counters::EngineCounters;
use super::interrupt::{self, CoreContext, EngineSlot, Interrupt, Request};
use super::opener::Opened;
use super::trace::{Stage, Trace};
use super::{Place, Reason, Shared, Termination};
use crate::bridge::Application;
use crate::engine::{Engine, Polled};
use crate::error::Error;

/// Turns between two looks at tokio's own work.
const TURNS_PER_POLL: usize = 32;

/// The result of the entry module's top-level code.
type Evaluation = Pin<Box<dyn Future<Output = Result<(), CoreError>>>>;

pub(super) struct EventLoop<'a> {
    shared: &'a Shared,
    /// The engine in it is dropped before the application, whose requests it holds. Nothing of it is borrowed while
    /// JavaScript runs.
    core_context: CoreContext,
    interrupt: Rc<Interrupt>,
    /// Listeners that have come to their end, of which JavaScript does not know.
    ended: Vec<ListenerId>,
    /// How long the engine's last turn took while requests waited, in microseconds.
    turn_us: u64,
    /// When it went to sleep, if it is asleep.
    asleep_us: Option<u64>,
    /// What JavaScript is given next; kept for its memory.
    slice: Vec<Waiting>,
    /// Where the engine listens, until it stops listening there.
    leases: Vec<(ListenerId, Lease)>,
    listeners: Rc<CoreListeners>,
    evaluation: Option<(ModuleId, Evaluation)>,
    application: Application,
    opened: Rc<RefCell<Opened>>,
    /// Says when nothing may run in the isolate any more.
    termination: Arc<Termination>,
    reports: &'a mut Sender<Report<Error>>,
    isolate_waker: Option<(Arc<WakeFlag>, Waker)>,
    /// The isolate waits for nothing: no timer, no op, no module.
    is_isolate_idle: bool,
    /// Why the program is not served, as long as it may still listen.
    unserved: Option<Error>,
    /// The server ran and ended, or was never expected.
    has_served: bool,
    is_ending: bool,
    is_aborted: bool,
    /// When to look again whether another core has room.
    retry: Pin<Box<tokio::time::Sleep>>,
    /// When a request has waited long enough for the response to another.
    wait: Pin<Box<tokio::time::Sleep>>,
    /// The program listens for SIGINT or SIGTERM itself, or did when it had started.
    listens_for_signals: bool,
    /// It was told of the signal that ends the core: what it does then is waited for.
    heard_signal: bool,
    polls_until_heard: u8,
    /// Of all cores it is the first, which speaks for the program.
    is_first: bool,
    has_told_of_option: bool,
    trace: Option<Trace>,
    engine_counters: EngineCounters,
}

/// What one round of the loop came to.
enum Round {
    Worked,
    Idle,
    Ended(Ended),
}

impl<'a> EventLoop<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        place: Place,
        mut application: Application,
        engine: EngineSlot,
        opened: Rc<RefCell<Opened>>,
        termination: Arc<Termination>,
        (orders, reports): (Receiver<Order>, &'a mut Sender<Report<Error>>),
    ) -> Self {
        let Place {
            core_slot,
            core_status,
            counters,
            listeners,
            mail,
            peer_cores,
            log,
            compression,
            timing: _,
            kept_responses,
        } = place;
        let health = shared.options.health.as_deref().map(Health::new);
        let delay_max = shared.options.queue_delay_max;
        let isolate = application.isolate().worker.js_runtime.v8_isolate();
        core_status.set_interrupt(Some(Box::new(Request(isolate.thread_safe_handle()))));
        let take_over = TakeOver::new(core_slot.inbox, core_slot.waits);
        let traced = shared.options.trace.then(SharedRequestTimes::default);
        let times = traced.clone().map(|times| times as Rc<dyn Observer>);
        let log = log.map(|log| log as Rc<dyn Observer>);
        let kept = Rc::new(kept_responses.clone()) as Rc<dyn Observer>;
        let core_context = CoreContext {
            engine,
            command: Rc::new(RefCell::new(Command::new(orders, take_over))),
            reception: Reception::new(
                application.bridge(),
                health,
                delay_max,
                counters.clone(),
                times.into_iter().chain(log).chain([kept]).collect(),
            ),
            peer_cores,
            compression,
            kept_responses,
            mail,
            core_status,
            counters,
        };
        let limit = shared.options.handler_cpu_limit;
        let trace = traced.map(|traced| Trace::new(core_slot.index, core_context.counters.clone(), traced));
        EventLoop {
            shared,
            interrupt: Interrupt::new(core_context.clone(), &mut application, limit),
            core_context,
            ended: Vec::new(),
            turn_us: 0,
            asleep_us: None,
            slice: Vec::new(),
            leases: Vec::new(),
            listeners,
            evaluation: None,
            application,
            opened,
            termination,
            reports,
            isolate_waker: None,
            is_isolate_idle: false,
            unserved: None,
            has_served: false,
            is_ending: false,
            is_aborted: false,
            retry: Box::pin(tokio::time::sleep(Duration::ZERO)),
            wait: Box::pin(tokio::time::sleep(Duration::ZERO)),
            listens_for_signals: false,
            heard_signal: false,
            polls_until_heard: 0,
            is_first: core_slot.index == 0,
            has_told_of_option: false,
            trace,
            engine_counters: EngineCounters::default(),
        }
    }

    pub(super) async fn run(mut self) -> Result<Ended, Error> {
        let ended = match self.begin().await {
            Ok(()) => poll_fn(|context| self.poll(context)).await,
            Err(error) => Err(error),
        };
        let is_full = self.termination.reason() == Some(Reason::HeapLimit);
        let restarts = matches!(&ended, Err(Error::Uncaught(uncaught)) if uncaught.restarts);
        if (is_full || restarts) && !self.is_ending {
            self.leave_clients().await;
        }
        ended.map_err(|error| self.ended_by(error))
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Ended, Error>> {
        #[cfg(test)]
        super::fault::strike();
        self.mark(Stage::Idle);
        self.shared.watchdog.wake(&self.core_context.core_status);
        self.wake_up();
        self.interrupt.set_waker(context.waker());
        if let Some(compression) = &self.core_context.compression {
            compression.set_waker(context.waker());
        }
        if let Some(trace) = &mut self.trace {
            trace.poll(context);
        }
        self.polls_until_heard = self.polls_until_heard.saturating_sub(1);
        self.take_orders(context);
        self.core_context
            .command
            .borrow_mut()
            .take_over()
            .take_arrivals(self.core_context.engine.borrow_mut().as_mut(), context);
        if self.polls_until_heard > 0 {
            context.waker().wake_by_ref();
        }
        for _ in 0..TURNS_PER_POLL {
            match self.round(context)? {
                Round::Ended(ended) => return Poll::Ready(Ok(ended)),
                // tokio runs who waits for it, before the core sleeps in the ring.
                _ if self.core_context.mail.has_received() => break,
                Round::Worked => continue,
                Round::Idle => {}
            }
            if self.poll_sleep(context)?.is_pending() {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn round(&mut self, context: &mut Context<'_>) -> Result<Round, Error> {
        // Handlers ran since the last round as well, if the core dozed.
        self.check_exceptions()?;
        if let Some(reason) = self.termination.reason() {
            return Ok(Round::Ended(reason.into()));
        }
        self.interrupt.forget_turns();
        if self.core_context.command.borrow().has_waiting() {
            self.take_orders(context);
        }
        let mut worked = self.turn_engine(context)?;
        worked |= self.core_context.deliver_compressed();
        worked |= self.share_work();
        worked |= self.core_context.give_back();
        worked |= self.serve();
        self.check_exceptions()?;
        if let Some(reason) = self.termination.reason() {
            return Ok(Round::Ended(reason.into()));
        }
        let polled = self.poll_isolate(context);
        if polled.is_err() {
            self.application.release_reports(None);
        }
        worked |= polled?;
        if let Some(peer_cores) = &self.core_context.peer_cores {
            peer_cores.send_mail();
        }
        worked |= self.take_opened();
        worked |= self.poll_evaluation(context)?;
        self.check_served()?;
        if self.evaluation.is_none() {
            self.application.release_hold();
        }
        worked |= self.take_handed();
        worked |= self.obey_program();
        self.check_exceptions()?;
        if let Some(round) = self.poll_end()? {
            return Ok(round);
        }
        Ok(if worked { Round::Worked } else { Round::Idle })
    }

    fn turn_engine(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        // What a turn costs matters only to those who wait for its end.
        let began_us = (!self.core_context.reception.is_empty()).then(now_us);
        let polled = match self.core_context.engine.borrow_mut().as_mut() {
            Some(engine) => engine.turn(context, &mut self.core_context.entrance()),
            None => return Ok(false),
        };
        let polled = polled.map_err(Error::Engine)?;
        self.pass_on();
        self.take_ended();
        if polled != Polled::Idle {
            self.show_counters();
        }
        self.turn_us = began_us.map_or(0, |began_us| now_us() - began_us);
        self.mark(Stage::Engine);
        if polled == Polled::Finished && !self.takes_waiting() {
            self.core_context.engine.replace(None);
            self.pass_on();
            self.application.release_hold();
        }
        Ok(polled != Polled::Idle)
    }

    fn show_counters(&mut self) {
        if let Some(engine) = &*self.core_context.engine.borrow() {
            let shown = &self.core_context.counters;
            self.engine_counters.show(&engine.counters(), shown, now_us);
        }
    }

    /// Takes note of listeners whose last response has left.
    fn take_ended(&mut self) {
        let mut engine = self.core_context.engine.borrow_mut();
        while let Some(ended) = engine.as_mut().and_then(Engine::take_ended) {
            self.ended.push(ended);
        }
    }

    /// Whether connections have waited for room that there is now.
    fn takes_waiting(&self) -> bool {
        match (
            &self.core_context.peer_cores,
            self.core_context.engine.borrow_mut().as_mut(),
        ) {
            (Some(peer_cores), Some(engine)) => peer_cores.take_connections(engine),
            _ => false,
        }
    }

    /// Gives away what the engine has given up.
    fn pass_on(&self) {
        let mut command = self.core_context.command.borrow_mut();
        command
            .take_over()
            .pass_on(self.core_context.engine.borrow_mut().as_mut());
    }

    /// Takes and gives what goes from core to core.
    fn share_work(&mut self) -> bool {
        let wait_us = self.core_context.reception.note_delay();
        let worked = match &self.core_context.peer_cores {
            Some(peer_cores) => {
                peer_cores.balance(&self.core_context.reception, wait_us);
                let mut worked = peer_cores.share_work(&self.core_context.reception);
                let mut engine = self.core_context.engine.borrow_mut();
                if let Some(engine) = engine.as_mut().filter(|_| !self.is_ending) {
                    peer_cores.even_out(engine, now_us());
                    peer_cores.steer(engine, wait_us);
                    peer_cores.give_connections(engine, wait_us);
                }
                match engine.as_mut() {
                    Some(engine) => worked |= peer_cores.take_connections(engine),
                    None if self.has_served => peer_cores.drop_connections(),
                    // It will have one, and they were given to whoever would be here.
                    None => {}
                }
                worked
            }
            None => false,
        };
        worked | self.tell_ended()
    }

    /// Tells JavaScript of the ends of its servers, once it answers no requests of other cores any more.
    fn tell_ended(&mut self) -> bool {
        let has_remote_requests = |peer_cores: &Rc<PeerCores>| peer_cores.has_remote_requests();
        let peer_cores = self.core_context.peer_cores.as_ref();
        if self.ended.is_empty() || peer_cores.is_some_and(has_remote_requests) {
            return false;
        }
        for ended in std::mem::take(&mut self.ended) {
            self.in_javascript(|event_loop| event_loop.application.stopped(ended));
        }
        true
    }

    fn mark(&mut self, stage: Stage) {
        if let Some(trace) = &mut self.trace {
            trace.mark(stage);
        }
    }
}

impl Drop for EventLoop<'_> {
    fn drop(&mut self) {
        // First: what others hand to a core that is ending would be lost.
        if let Some(peer_cores) = &self.core_context.peer_cores {
            peer_cores.depart();
        }
        self.core_context.core_status.set_interrupt(None);
        interrupt::forget();
        // Before the application, whose requests it holds.
        self.core_context.engine.replace(None);
    }
}
