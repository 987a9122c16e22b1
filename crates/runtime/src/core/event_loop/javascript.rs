//! The loop's calls of JavaScript: handlers, the isolate's own event loop, the program's start.
//!
//! Owns that the others know when JavaScript runs, and what follows when it was ended. Called by: the loop.

use std::task::{Context, Poll, Waker};

use deno_core::error::CoreError;
use howth_engine::Event;

use super::EventLoop;
use crate::bridge::Served;
use crate::core::clock::now_us;
use crate::core::trace::Stage;
use crate::core::wake_flag::WakeFlag;
use crate::error::Error;
use crate::isolate::describe;

impl EventLoop<'_> {
    pub(super) fn enter_javascript(&self) -> u64 {
        if let Some(neighbours) = &self.desk.neighbours {
            neighbours.enter_application();
        }
        self.desk.pulse.enter()
    }

    /// Gives JavaScript a slice of what waits.
    pub(super) fn serve(&mut self) -> bool {
        if self.desk.reception.is_empty() {
            return false;
        }
        let mut slice = std::mem::take(&mut self.slice);
        self.desk.reception.take_slice(self.turn_us, &mut slice);
        let entered_us = self.enter_javascript();
        let mut done = 0;
        while done < slice.len() {
            match self.application.dispatch(&slice[done..]) {
                Served::Done(count) => done += count,
                Served::Ended { at, given, left } => {
                    self.intermission.resume_panic();
                    let rest = left.into_iter().chain(slice[done + given..].iter().copied());
                    self.desk.reception.put_back(rest.collect());
                    self.ended(at);
                    break;
                }
            }
        }
        let took_us = self.leave_javascript(entered_us);
        let handled = self.application.take_handled();
        self.desk.counters.handled.add(handled as u64);
        self.desk.reception.note_cost(handled, took_us);
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
        self.desk.pulse.leave();
        if let Some(neighbours) = &self.desk.neighbours {
            neighbours.leave_application();
        }
    }

    /// Runs what enters JavaScript outside of a batch.
    pub(super) fn in_javascript<R>(&mut self, run: impl FnOnce(&mut Self) -> R) -> R {
        self.enter_javascript();
        let result = run(self);
        self.leave();
        self.intermission.resume_panic();
        if self.intermission.has_verdict() || self.termination.reason().is_some() {
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
        self.application.resume();
        let Some(verdict) = self.intermission.take_verdict() else {
            return;
        };
        self.desk.counters.ended.add(1);
        let limit = self.shared.options.handler_cpu_limit.unwrap_or_default();
        eprintln!(
            "howth: JavaScript ran for more than {} s and was ended (--handler-cpu-limit):{}",
            limit.as_secs_f64(),
            verdict.stack
        );
        let bridge = self.application.bridge();
        match at {
            Some(Event::Request(id)) if !bridge.serves_batches() => bridge.refuse(id),
            _ => {
                for id in bridge.owed() {
                    if !self.desk.reception.contains(id) {
                        bridge.refuse(id);
                    }
                }
            }
        }
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

    pub(super) fn program_error(&self, error: &CoreError) -> Error {
        self.error(describe(error))
    }

    pub(super) fn loop_error(&self, error: &CoreError) -> Error {
        match self.evaluation {
            Some(_) => self.program_error(error),
            None => Error::Unhandled(describe(error)),
        }
    }

    pub(super) fn error(&self, message: String) -> Error {
        Error::Program {
            entry: self.shared.options.entry.display().to_string(),
            message,
        }
    }
}
