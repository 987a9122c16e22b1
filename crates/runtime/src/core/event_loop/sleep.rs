//! Going to sleep, and what forbids it.
//!
//! Owns the list of everything that can give a core work, which is asked before each of the two ways to sleep: a moment
//! in the ring, and in tokio. Most of it is looked at in a round of the loop; but an interruption of JavaScript takes turns
//! of the engine behind the loop's back, and JavaScript itself runs late in a round. Whatever is new has its place in
//! [`Work`]. Called by: the loop, after a round that found nothing.

use std::task::{Context, Poll};
use std::time::Duration;

use howth_scheduling::{Engine as _, now_us};

use super::EventLoop;
use crate::core::trace::Stage;
use crate::engine::{Engine, Polled};
use crate::error::Error;

/// Why a core must not sleep: another round finds something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// Somebody has ended its JavaScript for good.
    Termination,
    /// JavaScript was interrupted since the round began. What the engine and other cores brought then (events, orders,
    /// released connections, messages) was looked at only as far as that can be done without JavaScript.
    Interruption,
    /// Events wait for JavaScript.
    Events,
    /// Orders were heard while JavaScript ran.
    Orders,
    /// JavaScript ran since the isolate's own event loop was polled, or something has woken that.
    Isolate,
    /// JavaScript has opened an engine.
    Engine,
    /// JavaScript has handed connections over, and the engine has room for them.
    Handed,
    /// JavaScript wants its server to stop.
    Stop,
    /// The server has ended, and JavaScript is to be told.
    End,
    /// JavaScript has done something to a request that has come back from another core.
    RemoteRequests,
    /// Messages of topics have come.
    Mail,
    /// Responses were compressed.
    Compressed,
    /// Requests have waited for another's response in vain.
    Returned,
}

impl Work {
    /// Whether another thread may give it at any moment. That thread wakes the core's task as well, so that a core that
    /// has just looked may sleep.
    fn comes_from_elsewhere(self) -> bool {
        matches!(self, Work::Termination | Work::Isolate | Work::Compressed)
    }
}

impl EventLoop<'_> {
    /// What there is to do, of everything that is known without asking the kernel.
    fn work(&self) -> Option<Work> {
        let core_context = &self.core_context;
        let is_woken = || {
            self.isolate_waker
                .as_ref()
                .is_some_and(|(flag, _)| flag.is_woken())
        };
        let (has_remote_requests, has_news) = match &core_context.peer_cores {
            Some(peer_cores) => (
                peer_cores.has_remote_requests(),
                peer_cores.has_news_of_remote_requests(),
            ),
            None => (false, false),
        };
        match () {
            () if self.termination.reason().is_some() => Some(Work::Termination),
            () if self.interrupt.has_taken_turns() => Some(Work::Interruption),
            () if !core_context.reception.is_empty() => Some(Work::Events),
            () if core_context.command.borrow().has_waiting() => Some(Work::Orders),
            () if self.application.has_run() || is_woken() => Some(Work::Isolate),
            () if !self.opened.borrow().is_empty() => Some(Work::Engine),
            () if self.can_take_handed() => Some(Work::Handed),
            () if self.application.has_stop_order() => Some(Work::Stop),
            () if !self.ended.is_empty() && !has_remote_requests => Some(Work::End),
            () if has_news => Some(Work::RemoteRequests),
            () if core_context.mail.has_something() => Some(Work::Mail),
            () if self.has_compressed() => Some(Work::Compressed),
            () if core_context.kept_responses.has_returned() => Some(Work::Returned),
            () => None,
        }
    }

    fn has_compressed(&self) -> bool {
        let compression = self.core_context.compression.as_ref();
        compression.is_some_and(|compression| compression.has_done())
    }

    /// Whether threads that wake this core's task compress something for it; one that sleeps in the ring does not hear them.
    fn waits_for_threads(&self) -> bool {
        let compression = self.core_context.compression.as_ref();
        compression.is_some_and(|compression| compression.has_tasks())
    }

    fn can_take_handed(&self) -> bool {
        let engine = self.core_context.engine.borrow();
        let connections_max = self.shared.options.engine_options.connections_max as usize;
        let has_room = |engine: &Engine| engine.connections() < connections_max;
        !self.application.bridge().handed().is_empty() && engine.as_ref().is_some_and(has_room)
    }

    /// Sleeps until there is something to do; `Ready`: there is, or has been and was done.
    pub(super) fn poll_sleep(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.work().is_some() {
            return Poll::Ready(Ok(()));
        }
        if !self.announce_sleep(context)?
            || self.ends_wait(context)
            || (self.is_isolate_idle && !self.waits_for_threads() && self.doze()?)
            || self.work().is_some()
            || self.park(context)?.is_ready()
        {
            // What was announced is taken back, or work would be counted as sleep.
            self.wake_up();
            self.serve();
            return Poll::Ready(Ok(()));
        }
        let missed = self.work().filter(|work| !work.comes_from_elsewhere());
        assert!(missed.is_none(), "a core sleeps with work left: {missed:?}");
        self.mark(Stage::Engine);
        self.core_context.core_status.set_awake(false);
        Poll::Pending
    }

    /// Tells the other cores how this one is woken, and that it sleeps. False: something has come from one.
    fn announce_sleep(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        let Some(peer_cores) = &self.core_context.peer_cores else {
            return Ok(true);
        };
        let own = match self.core_context.engine.borrow_mut().as_mut() {
            Some(engine) => engine.waker().map_err(Error::Engine)?,
            None => None,
        };
        peer_cores.set_waker(own.as_ref().unwrap_or(context.waker()));
        if !peer_cores.prepare_sleep() {
            return Ok(false);
        }
        if self.asleep_us.is_none() {
            self.asleep_us = Some(now_us());
        }
        let Some(pause) = peer_cores.retry_after() else {
            return Ok(true);
        };
        self.retry.as_mut().reset(tokio::time::Instant::now() + pause);
        Ok(self.retry.as_mut().poll(context).is_pending())
    }

    /// Has the core wake up when a request has waited long enough for the response to another; true: one has.
    fn ends_wait(&mut self, context: &mut Context<'_>) -> bool {
        let Some(until_us) = self.core_context.kept_responses.next_end_us() else {
            return false;
        };
        let pause = Duration::from_micros(until_us.saturating_sub(now_us()));
        self.wait.as_mut().reset(tokio::time::Instant::now() + pause);
        self.wait.as_mut().poll(context).is_ready()
    }

    pub(super) fn wake_up(&mut self) {
        if let Some(peer_cores) = &self.core_context.peer_cores {
            peer_cores.awake();
            if let Some(asleep_us) = self.asleep_us.take() {
                peer_cores.slept(now_us() - asleep_us);
            }
        }
    }

    /// Sleeps in the ring for a moment; true if something came.
    fn doze(&mut self) -> Result<bool, Error> {
        let polled = match self.core_context.engine.borrow_mut().as_mut() {
            Some(engine) => engine.doze(&mut self.core_context.entrance()),
            None => return Ok(false),
        };
        let polled = polled.map_err(Error::Engine)?;
        if polled == Polled::Idle {
            self.mark(Stage::Idle);
        }
        Ok(polled == Polled::Worked)
    }

    /// Has everything wake the core's task that gives it work from now on; `Ready`: something has.
    fn park(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match self.core_context.engine.borrow_mut().as_mut() {
            Some(engine) => engine
                .poll_ready(context, &mut self.core_context.entrance())
                .map_err(Error::Engine),
            None => Poll::Pending,
        }
    }
}
