//! The loop of a core: engine and isolate take turns on one thread.
//!
//! One future, polled by tokio. While there is work it takes many turns within one poll, so that under load a
//! turn costs one system call and tokio none; every so many turns it yields, so that tokio's timers and
//! sockets (fetch, files) have theirs. When there is nothing to do it sleeps: a moment in the ring if the
//! isolate waits for nothing, else, and after that, in tokio.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use deno_core::error::CoreError;
use deno_core::{ModuleId, v8};
use howth_mesh::{Receiver, Sender};

use super::succession::Succession;
use super::trace::{Stage, Trace, Traced};
use super::wake_flag::WakeFlag;
use super::{Ended, Mode, Opened, Order, Report, Seat, Shared, Termination};
use crate::bridge::{Application, Entry};
use crate::engine::{Engine, Polled};
use crate::error::Error;
use crate::isolate::describe;
use crate::listen::Lease;

/// Turns between two looks at tokio's own work.
const TURNS_PER_POLL: usize = 32;

/// Polls of the loop until the isolate surely knows of a signal that the process got before it: Deno's ops complete
/// in a task of tokio's, which runs between two polls.
const POLLS_UNTIL_HEARD: u8 = 2;

/// The result of the entry module's top-level code.
type Evaluation = Pin<Box<dyn Future<Output = Result<(), CoreError>>>>;

pub(super) struct EventLoop<'a> {
    shared: &'a Shared,
    /// Dropped before the application, whose requests it holds.
    engine: Option<Engine>,
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
        seat: Seat,
        shared: &'a Shared,
        application: Application,
        opened: Opened,
        termination: Arc<Termination>,
        orders: Receiver<Order>,
        reports: &'a mut Sender<Report>,
    ) -> Self {
        EventLoop {
            shared,
            engine: None,
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
        if let Some(trace) = &mut self.trace {
            trace.poll(context);
        }
        self.polls_until_heard = self.polls_until_heard.saturating_sub(1);
        self.take_orders(context);
        self.succession.take_arrivals(self.engine.as_mut(), context);
        if self.polls_until_heard > 0 {
            context.waker().wake_by_ref();
        }
        for _ in 0..TURNS_PER_POLL {
            match self.round(context)? {
                Round::Worked => continue,
                Round::Ended(ended) => return Poll::Ready(Ok(ended)),
                Round::Idle => {}
            }
            if self.is_isolate_idle && self.doze()? {
                continue;
            }
            if self.park(context)?.is_pending() {
                self.mark(Stage::Engine);
                return Poll::Pending;
            }
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
        let Some(engine) = &mut self.engine else {
            return Ok(false);
        };
        let mut handler = Traced {
            handler: &mut self.application,
            trace: self.trace.as_mut(),
        };
        let polled = engine.turn(context, &mut handler).map_err(Error::Engine)?;
        self.succession.pass_on(Some(engine));
        self.mark(Stage::Engine);
        if polled == Polled::Finished {
            self.engine = None;
            self.succession.pass_on(None);
            self.application.release_hold();
            self.application.stopped();
        }
        Ok(polled != Polled::Idle)
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
        let polled = self.application.poll_event_loop(&mut Context::from_waker(waker));
        let is_woken = flag.is_woken();
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
        self.engine = Some(engine);
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
        let Some(engine) = &mut self.engine else {
            return Ok(false);
        };
        let mut handler = Traced {
            handler: &mut self.application,
            trace: self.trace.as_mut(),
        };
        let polled = engine.doze(&mut handler).map_err(Error::Engine)?;
        if polled == Polled::Idle {
            self.mark(Stage::Idle);
        }
        Ok(polled == Polled::Worked)
    }

    fn park(&mut self, context: &mut Context<'_>) -> Result<Poll<()>, Error> {
        let Some(engine) = &mut self.engine else {
            return Ok(Poll::Pending);
        };
        let mut handler = Traced {
            handler: &mut self.application,
            trace: self.trace.as_mut(),
        };
        match engine.poll_ready(context, &mut handler) {
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
        let engine = self.engine.as_mut();
        match order {
            Order::Serve => self.succession.serve(engine),
            Order::Adopt(handed) => {
                // Without an engine, or with one that is full, the connection ends, which is an answer.
                let _ = engine.map(|engine| engine.adopt(handed));
            }
            Order::HandOver(predecessor) => {
                self.is_ending = true;
                self.lease = None;
                self.succession.hand_over(predecessor, engine);
            }
            Order::Drain { .. } | Order::Abort => self.end(&order),
        }
    }

    fn end(&mut self, order: &Order) {
        let is_abort = matches!(order, Order::Abort);
        self.is_ending = true;
        self.is_aborted |= is_abort;
        if matches!(order, Order::Drain { by_signal: true }) {
            self.heard_signal |= self.listens_for_signals || self.application.listens_for_signals();
            self.polls_until_heard = POLLS_UNTIL_HEARD;
        }
        if let Some(engine) = &mut self.engine {
            match is_abort {
                false => engine.drain(),
                true => engine.abort(),
            }
        }
    }

    /// `server.stop()` ends the server, not the program.
    fn obey_program(&mut self) -> bool {
        use crate::bridge::StopOrder;
        match (self.application.take_stop_order(), &mut self.engine) {
            (Some(StopOrder::Drain), Some(engine)) => engine.drain(),
            (Some(StopOrder::Abort), Some(engine)) => engine.abort(),
            _ => return false,
        }
        if let Some(lease) = self.lease.take() {
            lease.close();
        }
        true
    }

    /// Whether the core is through: the engine is gone, and either an end was ordered and nothing holds it up,
    /// or the program itself has nothing left to do.
    fn poll_end(&mut self) -> Result<Option<Ended>, Error> {
        if self.engine.is_some() && (self.is_ending || self.application.keeps_alive()) {
            return Ok(None);
        }
        if self.is_ending {
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
