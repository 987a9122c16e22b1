//! The loop's calls of JavaScript: handlers, the isolate's own event loop, the program's start.
//!
//! Owns that the others know when JavaScript runs, and what follows when it was ended. Called by: the loop.

use std::task::{Context, Poll, Waker};

use deno_core::error::CoreError;
use howth_engine::Event;
use howth_scheduling::{Application as _, Waiting, WakeFlag, now_us};
use howth_supervision::tell;

use super::EventLoop;
use crate::bridge::Served;
use crate::core::interrupt::Verdict;
use crate::core::trace::Stage;
use crate::error::Error;
use crate::isolate::describe;

impl EventLoop<'_> {
    pub(super) fn enter_javascript(&self) -> u64 {
        if let Some(peer_cores) = &self.core_context.peer_cores {
            peer_cores.enter_application();
        }
        self.core_context.core_status.enter()
    }

    /// Gives JavaScript a slice of what waits.
    pub(super) fn serve(&mut self) -> bool {
        if self.core_context.reception.is_empty() {
            return false;
        }
        let mut slice = std::mem::take(&mut self.slice);
        self.core_context.reception.take_slice(self.turn_us, &mut slice);
        let entered_us = self.enter_javascript();
        let mut done = 0;
        while done < slice.len() {
            match self.application.dispatch(&slice[done..]) {
                Served::Done(count) => done += count,
                Served::Ended { at, given, left } => {
                    self.interrupt.resume_panic();
                    let rest = left.into_iter().chain(slice[done + given..].iter().copied());
                    self.core_context.reception.put_back(rest.collect());
                    self.ended(at);
                    break;
                }
                Served::Threw { at, given, left } => {
                    let rest = left.into_iter().chain(slice[done + given..].iter().copied());
                    self.core_context.reception.put_back(rest.collect());
                    // Nobody else would answer it.
                    if let Some(Event::Request(id)) = at {
                        self.application.bridge().refuse(id);
                    }
                    self.recover_sockets(at);
                    break;
                }
            }
        }
        let took_us = self.leave_javascript(entered_us);
        let handled = self.application.take_handled();
        self.core_context.counters.handled.add(handled as u64);
        self.core_context.reception.note_cost(handled, took_us);
        if let Some(trace) = &mut self.trace {
            trace.note_batch(handled);
        }
        slice.clear();
        self.slice = slice;
        true
    }

    /// Leaves JavaScript; how long it took, in microseconds.
    pub(super) fn leave_javascript(&mut self, entered_us: u64) -> u64 {
        self.leave();
        self.mark(Stage::JavaScript);
        now_us() - entered_us
    }

    pub(super) fn leave(&self) {
        self.core_context.core_status.leave();
        if let Some(peer_cores) = &self.core_context.peer_cores {
            peer_cores.leave_application();
        }
    }

    /// Runs what enters JavaScript outside of a batch.
    pub(super) fn in_javascript<R>(&mut self, run: impl FnOnce(&mut Self) -> R) -> R {
        self.enter_javascript();
        let result = run(self);
        self.leave();
        self.interrupt.resume_panic();
        let is_ended = self.termination.reason().is_some() || self.application.has_fatal();
        if self.interrupt.has_verdict() || is_ended {
            self.ended(None);
        }
        result
    }

    /// JavaScript was ended: for good, or because it ran too long.
    ///
    /// `at`: what it was at, if that is known. It is not after an await: V8 forgets all continuations that were due
    /// when one of them is ended, whoever they belong to, and then nobody would answer those that wait. Nor is it known
    /// of several requests that one handler was given.
    pub(super) fn ended(&mut self, at: Option<Event>) {
        if self.termination.reason().is_some() {
            return self.application.forbid();
        }
        if self.application.has_fatal() {
            // The next look at it says what follows.
            return;
        }
        self.application.resume();
        let Some(verdict) = self.interrupt.take_verdict() else {
            return;
        };
        self.tell_verdict(&verdict);
        self.recover_sockets(at);
        let bridge = self.application.bridge();
        match at {
            Some(Event::Request(id)) if !bridge.serves_batches(id) => bridge.refuse(id),
            _ => {
                for id in bridge.owed() {
                    if !self.core_context.reception.contains(id) {
                        bridge.refuse(id);
                    }
                }
            }
        }
    }

    /// What came on a WebSocket and was in JavaScript's hands is lost: it is closed, if it is known which. Those that JavaScript
    /// was told of are told again.
    fn recover_sockets(&self, at: Option<Event>) {
        let reception = &self.core_context.reception;
        let lost = at.and_then(Event::exchange);
        let told = self
            .application
            .bridge()
            .recover_sockets(lost, |id| reception.contains(id));
        let again = told.into_iter().map(|id| Waiting {
            event: Event::BodyReadable(id),
            arrived_us: now_us(),
        });
        reception.put_back(again.collect());
    }

    fn tell_verdict(&self, verdict: &Verdict) {
        self.core_context.counters.ended.add(1);
        let limit = self.shared.options.handler_cpu_limit.unwrap_or_default();
        tell(format_args!(
            "howth: JavaScript ran for more than {} s and was ended (--handler-cpu-limit):{}",
            limit.as_secs_f64(),
            verdict.stack
        ));
    }

    /// Polls the isolate if JavaScript ran or something woke it.
    pub(super) fn poll_isolate(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
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
        if self.evaluation.is_some() {
            // What ends the evaluation is told when that is looked at.
            self.application.hold_reports();
        }
        self.enter_javascript();
        let polled = self.application.poll_event_loop(&mut Context::from_waker(&waker));
        self.leave();
        let is_woken = flag.is_woken();
        self.interrupt.resume_panic();
        if self.interrupt.has_verdict() {
            // What it says is that it was ended.
            self.ended(None);
            return Ok(true);
        }
        self.check_exceptions()?;
        self.is_isolate_idle = matches!(polled, Poll::Ready(Ok(())));
        self.mark(Stage::EventLoop);
        if let Poll::Ready(Err(error)) = polled {
            self.meet_error(&error)?;
        }
        Ok(is_woken)
    }

    /// An error if an exception that nothing caught has ended the isolate.
    pub(super) fn check_exceptions(&mut self) -> Result<(), Error> {
        let Some(uncaught) = self.application.take_fatal() else {
            return Ok(());
        };
        match uncaught.restarts {
            true => self.application.forbid(),
            // The program may still be told of the end of the process.
            false => self.application.resume(),
        }
        // Of a program that throws while it starts V8 says that a promise was rejected.
        if let Some((module, _)) = &self.evaluation
            && let Err(thrown) = self.application.isolate().exports(*module)
            && describe(&thrown) == uncaught.text
        {
            return Err(self.error(uncaught.text));
        }
        Err(uncaught.into())
    }

    /// What the isolate's event loop says of itself: no code of the program's own was there to be told.
    pub(super) fn meet_error(&mut self, error: &CoreError) -> Result<(), Error> {
        if self.evaluation.is_some() || self.termination.reason().is_some() {
            return Err(self.program_error(error));
        }
        if self.application.meet_exception(describe(error)) {
            self.check_exceptions()?;
        }
        Ok(())
    }

    pub(super) fn program_error(&self, error: &CoreError) -> Error {
        self.error(describe(error))
    }

    pub(super) fn error(&self, message: String) -> Error {
        Error::Program {
            entry: self.shared.options.entry.display().to_string(),
            message,
        }
    }
}
