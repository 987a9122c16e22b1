//! The loop of a core: engine and isolate take turns on one thread.
//!
//! One future, polled by tokio. The engine's turn puts events into the reception, JavaScript is given a slice of them
//! after it, and while that runs too long the engine's turns are taken in its `intermission`. While there is work the
//! loop takes many turns within one poll, so that under load a turn costs one system call and tokio none; every so many turns it yields, so that tokio's timers and
//! sockets (fetch, files) have theirs. When there is nothing to do it sleeps: a moment in the ring if the
//! isolate waits for nothing, else, and after that, in tokio.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use deno_core::error::CoreError;
use deno_core::{ModuleId, v8};
use howth_engine::Event;
use howth_mesh::{Receiver, Sender};

use super::clock::now_us;
use super::counters::Counters;
use super::health::Health;
use super::intermission::{self, EngineSlot, Intermission};
use super::neighbours::Neighbours;
use super::pulse::Pulse;
use super::reception::{Intake, Reception};
use super::succession::Succession;
use super::trace::{Stage, Trace};
use super::wake_flag::WakeFlag;
use super::{Ended, Mode, Opened, Order, Place, Report, Shared, Termination};
use crate::bridge::{Application, Entry, Served};
use crate::engine::Polled;
use crate::error::Error;
use crate::isolate::describe;
use crate::listen::Lease;

/// Turns between two looks at tokio's own work.
const TURNS_PER_POLL: usize = 32;

/// Polls of the loop until the isolate surely knows of a signal that the process got before it: Deno's ops complete
/// in a task of tokio's, which runs between two polls.
const POLLS_UNTIL_HEARD: u8 = 2;

/// How soon a message is tried again for which another core had no room.
const RETRY: Duration = Duration::from_millis(1);

/// The result of the entry module's top-level code.
type Evaluation = Pin<Box<dyn Future<Output = Result<(), CoreError>>>>;

pub(super) struct EventLoop<'a> {
    shared: &'a Shared,
    /// Dropped before the application, whose requests it holds. Borrowed for a turn only, and never while JavaScript
    /// runs.
    engine: EngineSlot,
    reception: Rc<Reception>,
    neighbours: Option<Rc<Neighbours>>,
    intermission: Rc<Intermission>,
    pulse: Arc<Pulse>,
    counters: Arc<Counters>,
    /// The engine has ended, and JavaScript was not told: it answers requests of other cores.
    owes_end: bool,
    /// How long the engine's last turn took while requests waited, in microseconds.
    turn_us: u64,
    /// What JavaScript is given next; kept for its memory.
    slice: Vec<Event>,
    /// Where the engine listens, until it stops listening.
    lease: Option<Lease>,
    /// Dropped after the engine, whose connections it gives away.
    succession: Succession,
    evaluation: Option<(ModuleId, Evaluation)>,
    application: Application,
    opened: Opened,
    /// Says when nothing may run in the isolate any more.
    termination: Arc<Termination>,
    orders: Receiver<Order>,
    reports: &'a mut Sender<Report>,
    isolate_waker: Option<(Arc<WakeFlag>, Waker)>,
    /// The isolate waits for nothing: no timer, no op, no module.
    is_isolate_idle: bool,
    /// The server ran and ended, or was never expected.
    has_served: bool,
    is_ending: bool,
    is_aborted: bool,
    /// When to look again whether another core has room for what is to be sent.
    retry: Pin<Box<tokio::time::Sleep>>,
    /// The program listens for SIGINT or SIGTERM itself, or did when it had started.
    listens_for_signals: bool,
    /// It was told of the signal that ends the core: what it does then is waited for.
    heard_signal: bool,
    polls_until_heard: u8,
    trace: Option<Trace>,
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
        opened: Opened,
        termination: Arc<Termination>,
        orders: Receiver<Order>,
        reports: &'a mut Sender<Report>,
    ) -> Self {
        let Place {
            seat,
            pulse,
            counters,
            neighbours,
        } = place;
        let engine = EngineSlot::default();
        let health = shared.options.health.as_deref().map(Health::new);
        let delay_max = shared.options.queue_delay_max;
        let reception = Reception::new(application.bridge(), health, delay_max, counters.clone());
        let limit = shared.options.handler_cpu_limit;
        let isolate = application.isolate().worker.js_runtime.v8_isolate();
        pulse.set_isolate(Some(isolate.thread_safe_handle()));
        let intermission = Intermission::new(
            pulse.clone(),
            engine.clone(),
            reception.clone(),
            neighbours.clone(),
            counters.clone(),
            &mut application,
            limit,
        );
        EventLoop {
            shared,
            engine,
            reception,
            neighbours,
            intermission,
            pulse,
            counters,
            owes_end: false,
            turn_us: 0,
            slice: Vec::new(),
            lease: None,
            succession: Succession::new(seat.inbox, seat.waits),
            evaluation: None,
            application,
            opened,
            termination,
            orders,
            reports,
            isolate_waker: None,
            is_isolate_idle: false,
            has_served: false,
            is_ending: false,
            is_aborted: false,
            retry: Box::pin(tokio::time::sleep(RETRY)),
            listens_for_signals: false,
            heard_signal: false,
            polls_until_heard: 0,
            trace: shared.options.trace.then(|| Trace::new(seat.index)),
        }
    }

    pub(super) async fn run(mut self) -> Result<Ended, Error> {
        let entry = self.shared.process.modules().entry().clone();
        let worker = &mut self.application.isolate().worker;
        let module = worker
            .preload_main_module(&entry)
            .await
            .map_err(|error| self.program_error(&error))?;
        let evaluation = self.application.isolate().worker.js_runtime.mod_evaluate(module);
        self.evaluation = Some((module, Box::pin(evaluation)));
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Ended, Error>> {
        #[cfg(test)]
        super::fault::strike();
        self.mark(Stage::Idle);
        self.shared.watchdog.wake(&self.pulse);
        if let Some(neighbours) = &self.neighbours {
            neighbours.awake();
        }
        self.intermission.set_waker(context.waker());
        if let Some(trace) = &mut self.trace {
            trace.poll(context);
        }
        self.polls_until_heard = self.polls_until_heard.saturating_sub(1);
        self.take_orders(context);
        self.succession
            .take_arrivals(self.engine.borrow_mut().as_mut(), context);
        if self.polls_until_heard > 0 {
            context.waker().wake_by_ref();
        }
        for _ in 0..TURNS_PER_POLL {
            match self.round(context)? {
                Round::Worked => continue,
                Round::Ended(ended) => return Poll::Ready(Ok(ended)),
                Round::Idle => {}
            }
            if !self.prepare_sleep(context)? {
                continue;
            }
            if self.is_isolate_idle && self.doze()? {
                self.wake_up();
                self.serve();
                continue;
            }
            if self.park(context)?.is_pending() {
                self.mark(Stage::Engine);
                self.pulse.set_awake(false);
                return Poll::Pending;
            }
            self.wake_up();
            self.serve();
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn round(&mut self, context: &mut Context<'_>) -> Result<Round, Error> {
        // Handlers ran since the last round as well, if the core dozed.
        if let Some(reason) = self.termination.reason() {
            return Ok(Round::Ended(reason.into()));
        }
        let mut worked = self.turn_engine(context)?;
        worked |= self.exchange();
        worked |= self.serve();
        if let Some(reason) = self.termination.reason() {
            return Ok(Round::Ended(reason.into()));
        }
        worked |= self.poll_isolate(context)?;
        worked |= self.take_engine();
        worked |= self.poll_evaluation(context)?;
        if self.evaluation.is_none() {
            self.application.release_hold();
        }
        worked |= self.obey_program();
        if let Some(ended) = self.poll_end()? {
            return Ok(Round::Ended(ended));
        }
        Ok(if worked { Round::Worked } else { Round::Idle })
    }

    fn turn_engine(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        // What a turn costs matters only to those who wait for its end.
        let began_us = (!self.reception.is_empty()).then(now_us);
        let polled = match self.engine.borrow_mut().as_mut() {
            Some(engine) => engine.turn(context, &mut self.intake()),
            None => return Ok(false),
        };
        let polled = polled.map_err(Error::Engine)?;
        self.succession.pass_on(self.engine.borrow_mut().as_mut());
        self.turn_us = began_us.map_or(0, |began_us| now_us() - began_us);
        self.mark(Stage::Engine);
        if polled == Polled::Finished {
            self.engine.replace(None);
            self.succession.pass_on(None);
            self.application.release_hold();
            self.owes_end = true;
        }
        Ok(polled != Polled::Idle)
    }

    fn intake(&self) -> Intake<'_> {
        Intake {
            reception: &self.reception,
            neighbours: self.neighbours.as_deref(),
        }
    }

    /// Takes and gives what goes from core to core.
    fn exchange(&mut self) -> bool {
        let wait_us = self.reception.note_delay();
        let worked = match &self.neighbours {
            Some(neighbours) => {
                neighbours.balance(&self.reception, wait_us);
                neighbours.exchange(&self.reception)
            }
            None => false,
        };
        let has_guests = |neighbours: &Rc<Neighbours>| neighbours.has_guests();
        if self.owes_end && !self.neighbours.as_ref().is_some_and(has_guests) {
            self.owes_end = false;
            self.in_javascript(|event_loop| event_loop.application.stopped());
        }
        worked
    }

    /// False: something has come from another core.
    fn prepare_sleep(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        let Some(neighbours) = &self.neighbours else {
            return Ok(true);
        };
        let own = match self.engine.borrow_mut().as_mut() {
            Some(engine) => engine.waker().map_err(Error::Engine)?,
            None => None,
        };
        neighbours.set_waker(own.as_ref().unwrap_or(context.waker()));
        let may_sleep = neighbours.prepare_sleep();
        if may_sleep && neighbours.has_unsent() {
            self.retry.as_mut().reset(tokio::time::Instant::now() + RETRY);
            // Ready already only if a millisecond has passed since: then the next round comes soon enough.
            let _ = self.retry.as_mut().poll(context);
        }
        Ok(may_sleep)
    }

    fn wake_up(&self) {
        if let Some(neighbours) = &self.neighbours {
            neighbours.awake();
        }
    }

    fn enter_javascript(&self) -> u64 {
        if let Some(neighbours) = &self.neighbours {
            neighbours.enter_application();
        }
        self.pulse.enter()
    }

    /// Gives JavaScript a slice of what waits.
    fn serve(&mut self) -> bool {
        if self.reception.is_empty() {
            return false;
        }
        let mut slice = std::mem::take(&mut self.slice);
        self.reception.take_slice(self.turn_us, &mut slice);
        let entered_us = self.enter_javascript();
        let mut done = 0;
        while done < slice.len() {
            match self.application.dispatch(&slice[done..]) {
                Served::Done(count) => done += count,
                Served::Ended { at, given, left } => {
                    self.intermission.resume_panic();
                    let rest = left.into_iter().chain(slice[done + given..].iter().copied());
                    self.reception.put_back(rest.collect::<Vec<_>>().into_iter());
                    self.ended(at);
                    break;
                }
            }
        }
        let took_us = self.leave_javascript(entered_us);
        let handled = self.application.take_handled();
        self.counters.handled.add(handled as u64);
        self.reception.note_cost(handled, took_us);
        if let Some(trace) = &mut self.trace {
            trace.note_batch(handled);
        }
        slice.clear();
        self.slice = slice;
        true
    }

    /// Leaves JavaScript; how long it took, in microseconds.
    fn leave_javascript(&mut self, entered_us: u64) -> u64 {
        self.leave();
        self.mark(Stage::JavaScript);
        now_us() - entered_us
    }

    fn leave(&self) {
        self.pulse.leave();
        if let Some(neighbours) = &self.neighbours {
            neighbours.leave_application();
        }
    }

    /// Runs what enters JavaScript outside of a batch.
    fn in_javascript<R>(&mut self, run: impl FnOnce(&mut Self) -> R) -> R {
        self.enter_javascript();
        let result = run(self);
        self.leave();
        self.intermission.resume_panic();
        result
    }

    /// JavaScript was ended: for good, or because a handler ran too long.
    fn ended(&mut self, at: Option<Event>) {
        if self.termination.reason().is_some() {
            return self.application.forbid();
        }
        self.application.resume();
        let Some(verdict) = self.intermission.take_verdict() else {
            return;
        };
        self.counters.ended.add(1);
        let limit = self.shared.options.handler_cpu_limit.unwrap_or_default();
        eprintln!(
            "howth: JavaScript ran for more than {} s and was ended (--handler-cpu-limit):{}",
            limit.as_secs_f64(),
            verdict.stack
        );
        if let Some(Event::Request(id)) = at {
            self.application.refuse(id);
        }
    }

    /// Polls the isolate if JavaScript ran or something woke it.
    fn poll_isolate(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        let (flag, waker) = match &self.isolate_waker {
            Some((flag, waker)) if flag.is_for(context) => (flag, waker),
            _ => {
                let flag = WakeFlag::new(context);
                let waker = Waker::from(flag.clone());
                let (flag, waker) = self.isolate_waker.insert((flag, waker));
                (&*flag, &*waker)
            }
        };
        let woken = flag.take();
        let ran = self.application.take_ran();
        if !woken && !ran {
            return Ok(false);
        }
        let (flag, waker) = (flag.clone(), waker.clone());
        self.enter_javascript();
        let polled = self.application.poll_event_loop(&mut Context::from_waker(&waker));
        self.leave();
        let is_woken = flag.is_woken();
        self.intermission.resume_panic();
        if self.intermission.has_verdict() {
            // What it says is that it was ended.
            self.ended(None);
            return Ok(true);
        }
        self.is_isolate_idle = polled.is_ready();
        self.mark(Stage::EventLoop);
        match polled {
            Poll::Ready(Err(error)) => Err(self.loop_error(&error)),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(is_woken),
        }
    }

    /// Takes the engine that JavaScript has opened; it has to be polled for a first time.
    fn take_engine(&mut self) -> bool {
        let Some((mut engine, address, lease)) = self.opened.borrow_mut().take() else {
            return false;
        };
        if self.is_ending {
            engine.drain();
        }
        self.succession.opened(&mut engine);
        self.engine.replace(Some(engine));
        if let Err(error) = self.shared.watchdog.watch(&self.pulse) {
            eprintln!(
                "howth: handlers that do not return hold a core up: no thread to watch over them: {error}"
            );
        }
        self.lease = Some(lease);
        self.has_served = true;
        // A supervisor that does not read any more is ending the process.
        let is_local = self.application.is_local();
        let _ = self.reports.send(Report::Listening { address, is_local });
        true
    }

    fn poll_evaluation(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        let Some((module, evaluation)) = &mut self.evaluation else {
            return Ok(false);
        };
        let module = *module;
        match evaluation.as_mut().poll(context) {
            Poll::Pending => return Ok(false),
            Poll::Ready(Err(error)) => return Err(self.program_error(&error)),
            Poll::Ready(Ok(())) => self.evaluation = None,
        }
        self.listens_for_signals = self.application.listens_for_signals();
        let worker = &mut self.application.isolate().worker;
        if let Err(error) = worker.dispatch_load_event() {
            let error = deno_core::error::CoreErrorKind::Js(error).into_box();
            return Err(self.program_error(&error));
        }
        self.serve_exports(module)?;
        Ok(true)
    }

    fn serve_exports(&mut self, module: ModuleId) -> Result<(), Error> {
        if self.is_ending {
            return Ok(());
        }
        let exports: Result<v8::Global<v8::Object>, CoreError> = self.application.isolate().exports(module);
        let exports = exports.map_err(|error| self.program_error(&error))?;
        match self.application.serve_module(&exports) {
            Entry::Serves => {}
            Entry::NoHandler if self.shared.mode == Mode::Serve && !self.has_served => {
                return Err(Error::NoHandler(self.shared.options.entry.clone()));
            }
            Entry::NoHandler => {}
            Entry::Failed(message) => return Err(self.error(message)),
        }
        self.take_engine();
        Ok(())
    }

    /// Sleeps in the ring for a moment; true if something came.
    fn doze(&mut self) -> Result<bool, Error> {
        let polled = match self.engine.borrow_mut().as_mut() {
            Some(engine) => engine.doze(&mut self.intake()),
            None => return Ok(false),
        };
        let polled = polled.map_err(Error::Engine)?;
        if polled == Polled::Idle {
            self.mark(Stage::Idle);
        }
        Ok(polled == Polled::Worked)
    }

    fn park(&mut self, context: &mut Context<'_>) -> Result<Poll<()>, Error> {
        let polled = match self.engine.borrow_mut().as_mut() {
            Some(engine) => engine.poll_ready(context, &mut self.intake()),
            None => return Ok(Poll::Pending),
        };
        match polled {
            Poll::Pending => Ok(Poll::Pending),
            Poll::Ready(Ok(())) => Ok(Poll::Ready(())),
            Poll::Ready(Err(error)) => Err(Error::Engine(error)),
        }
    }

    fn take_orders(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(order) = self.orders.poll_receive(context) {
            // Without a supervisor there is nobody to serve for.
            let Some(order) = order else {
                return self.end(&Order::Abort);
            };
            self.obey(order);
        }
    }

    fn obey(&mut self, order: Order) {
        let slot = self.engine.clone();
        let mut engine = slot.borrow_mut();
        match order {
            Order::Serve => self.succession.serve(engine.as_mut()),
            Order::Adopt(handed) => {
                // Without an engine, or with one that is full, the connection ends, which is an answer.
                let _ = engine.as_mut().map(|engine| engine.adopt(handed));
            }
            Order::HandOver(predecessor) => {
                self.is_ending = true;
                self.lease = None;
                if let Some(neighbours) = &self.neighbours {
                    neighbours.close();
                }
                self.succession.hand_over(predecessor, engine.as_mut());
            }
            Order::Drain { .. } | Order::Abort => {
                drop(engine);
                self.end(&order);
            }
        }
    }

    fn end(&mut self, order: &Order) {
        let is_abort = matches!(order, Order::Abort);
        self.is_ending = true;
        self.reception.drain();
        if let Some(neighbours) = &self.neighbours {
            neighbours.close();
        }
        self.is_aborted |= is_abort;
        if matches!(order, Order::Drain { by_signal: true }) {
            self.heard_signal |= self.listens_for_signals || self.application.listens_for_signals();
            self.polls_until_heard = POLLS_UNTIL_HEARD;
        }
        if let Some(engine) = self.engine.borrow_mut().as_mut() {
            match is_abort {
                false => engine.drain(),
                true => engine.abort(),
            }
        }
    }

    /// `server.stop()` ends the server, not the program.
    fn obey_program(&mut self) -> bool {
        use crate::bridge::StopOrder;
        match (
            self.application.take_stop_order(),
            self.engine.borrow_mut().as_mut(),
        ) {
            (Some(StopOrder::Drain), Some(engine)) => engine.drain(),
            (Some(StopOrder::Abort), Some(engine)) => engine.abort(),
            _ => return false,
        }
        if let Some(neighbours) = &self.neighbours {
            neighbours.close();
        }
        if let Some(lease) = self.lease.take() {
            lease.close();
        }
        true
    }

    /// Whether the core is through: the engine is gone, and either an end was ordered and nothing holds it up,
    /// or the program itself has nothing left to do.
    fn poll_end(&mut self) -> Result<Option<Ended>, Error> {
        let is_serving = self.engine.borrow().is_some();
        if is_serving && (self.is_ending || self.application.keeps_alive()) {
            return Ok(None);
        }
        if self.is_ending {
            if self.owes_end && !self.is_aborted {
                return Ok(None);
            }
            let waits = !self.is_aborted && self.has_work_left();
            return Ok((!waits).then(|| self.finished()));
        }
        if self.evaluation.is_none() && self.is_isolate_idle {
            return Ok(Some(self.finished()));
        }
        Ok(None)
    }

    /// Whether a drain has to wait for JavaScript, now that no connection is left.
    fn has_work_left(&mut self) -> bool {
        let listener_works = self.polls_until_heard > 0 || !self.is_isolate_idle;
        (self.heard_signal && listener_works) || self.application.waiting_promises() > 0
    }

    fn finished(&mut self) -> Ended {
        let worker = &mut self.application.isolate().worker;
        let _ = worker.dispatch_unload_event();
        let _ = worker.dispatch_process_exit_event();
        Ended::Finished(worker.exit_code())
    }

    fn mark(&mut self, stage: Stage) {
        if let Some(trace) = &mut self.trace {
            trace.mark(stage);
        }
    }

    fn program_error(&self, error: &CoreError) -> Error {
        self.error(describe(error))
    }

    fn loop_error(&self, error: &CoreError) -> Error {
        match self.evaluation {
            Some(_) => self.program_error(error),
            None => Error::Unhandled(describe(error)),
        }
    }

    fn error(&self, message: String) -> Error {
        Error::Program {
            entry: self.shared.options.entry.display().to_string(),
            message,
        }
    }
}

impl Drop for EventLoop<'_> {
    fn drop(&mut self) {
        self.pulse.set_isolate(None);
        intermission::forget();
        // Before the application, whose requests it holds.
        self.engine.replace(None);
    }
}
