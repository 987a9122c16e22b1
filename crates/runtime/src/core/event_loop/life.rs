//! How a core begins to serve, and how it comes to its end.
//!
//! Owns what is waited for at the end: connections, requests of other cores, promises, the program's own work. Called by:
//! the loop.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use deno_core::error::CoreErrorKind;
use howth_engine::{Event, Handler, ListenerId};
use howth_scheduling::Application as _;
use howth_supervision::{Ended, Mode, Order, Report, tell};

use super::{EventLoop, Opened, Round};
use crate::bridge::{Bridge, Reach, StopOrder};
use crate::core::opener::Listening;
use crate::engine::{Engine, Polled};
use crate::error::Error;

/// Polls of the loop until the isolate surely knows of a signal that the process got before it: Deno's ops complete
/// in a task of tokio's, which runs between two polls.
const POLLS_UNTIL_HEARD: u8 = 2;

/// How long a core whose isolate is lost sees its clients off: then a response that goes on is broken off.
const LEAVING_TURNS_MAX: usize = 50;
const LEAVING_PAUSE: Duration = Duration::from_millis(2);

/// Answers for an application that is lost.
struct Refusing<'a>(&'a Bridge);

impl Handler for Refusing<'_> {
    fn on_batch(&mut self, events: &[Event]) {
        for event in events {
            if let Event::Request(id) = event {
                self.0.refuse(*id);
            }
        }
    }
}

impl EventLoop<'_> {
    /// Takes what JavaScript has had opened: the engine, which has to be polled for a first time, and what it listens on.
    pub(super) fn take_opened(&mut self) -> bool {
        let Opened { engine, listening } = std::mem::take(&mut *self.opened.borrow_mut());
        if listening.is_empty() {
            return false;
        }
        if let Some(engine) = engine {
            self.take_engine(engine);
        }
        self.has_served = true;
        let is_local = listening
            .iter()
            .all(|listening| self.is_local(listening.listener));
        for Listening {
            listener,
            address,
            lease,
        } in listening
        {
            if let Some(engine) = self.core_context.engine.borrow_mut().as_mut()
                && self.is_ending
            {
                engine.drain_listener(listener);
            }
            self.leases.extend(lease.map(|lease| (listener, lease)));
            let is_silent = self.shared.mode == Mode::Run && self.says_itself(listener);
            // A supervisor that does not read any more is ending the process.
            let _ = self.reports.send(Report::Listening {
                address,
                is_local,
                is_silent,
            });
        }
        self.show_places();
        self.open_to_others();
        if self.evaluation.is_none() {
            self.listeners.settle();
        }
        true
    }

    fn take_engine(&self, mut engine: Engine) {
        self.core_context
            .command
            .borrow_mut()
            .take_over()
            .opened(&mut engine);
        self.core_context.engine.replace(Some(engine));
        if let Err(error) = self.shared.watchdog.watch(&self.core_context.core_status) {
            tell(format_args!(
                "howth: handlers that do not return hold a core up: no thread to watch over them: {error}"
            ));
        }
    }

    /// Whether a server is for this core alone.
    fn is_local(&self, listener: ListenerId) -> bool {
        match self.application.bridge().reach(listener) {
            Some((Reach::EveryCore, _)) | None => false,
            Some((Reach::ThisCore, _)) => true,
            Some((Reach::AsAsked, _)) => self.shared.options.cores.is_none(),
        }
    }

    /// Whether the program says itself where a server listens, if it wants to.
    fn says_itself(&self, listener: ListenerId) -> bool {
        let reach = self.application.bridge().reach(listener);
        reach.is_some_and(|(reach, encodes)| reach == Reach::AsAsked || encodes)
    }

    /// Shows other cores where this one takes connections.
    fn show_places(&self) {
        if let Some(peer_cores) = &self.core_context.peer_cores {
            let (places, shared) = self.application.bridge().places();
            peer_cores.set_places(places, shared);
        }
    }

    pub(super) fn take_orders(&mut self, context: &mut Context<'_>) {
        loop {
            let order = {
                let mut command = self.core_context.command.borrow_mut();
                command.poll(context, self.core_context.engine.borrow_mut().as_mut())
            };
            match order {
                Poll::Pending => break,
                Poll::Ready(Some(order)) => self.end(&order),
                // Without a supervisor there is nobody to serve for.
                Poll::Ready(None) => return self.end(&Order::Abort),
            }
        }
        if self.core_context.command.borrow().is_replaced() {
            self.is_ending = true;
            self.application.note_end();
            self.leases.clear();
            self.close_to_others();
            // A tunnel goes to no other core.
            self.application.leave_sockets();
        }
        self.open_to_others();
    }

    /// Takes what other cores give it from now on, if the clients are this core's.
    fn open_to_others(&self) {
        let is_serving = self.core_context.command.borrow_mut().take_over().is_serving();
        let listens = !self.leases.is_empty() && !self.is_ending;
        if let Some(peer_cores) = self
            .core_context
            .peer_cores
            .as_ref()
            .filter(|_| listens && is_serving)
        {
            peer_cores.open();
        }
    }

    /// Takes nothing of other cores any more.
    pub(super) fn close_to_others(&self) {
        if let Some(peer_cores) = &self.core_context.peer_cores {
            peer_cores.close();
        }
    }

    pub(super) fn end(&mut self, order: &Order) {
        let is_abort = matches!(order, Order::Abort);
        self.is_ending = true;
        self.application.note_end();
        self.core_context.reception.drain();
        self.close_to_others();
        self.is_aborted |= is_abort;
        if matches!(order, Order::Drain { by_signal: true }) {
            self.heard_signal |= self.listens_for_signals || self.application.listens_for_signals();
            self.polls_until_heard = POLLS_UNTIL_HEARD;
        }
        if let Some(engine) = self.core_context.engine.borrow_mut().as_mut() {
            // Those that were on their way to another core stay: it may be ending as well.
            for handed in engine.take_released() {
                match &self.core_context.peer_cores {
                    Some(peer_cores) => peer_cores.keep(engine, handed),
                    None => drop(engine.adopt(handed)),
                }
            }
            match is_abort {
                false => engine.drain(),
                true => engine.abort(),
            }
        }
        if !is_abort {
            self.application.leave_sockets();
        }
    }

    /// Connections that the program hands over go to the engine, as soon as it has room.
    pub(super) fn take_handed(&mut self) -> bool {
        let bridge = self.application.bridge();
        let mut waiting = bridge.handed();
        let mut engine = self.core_context.engine.borrow_mut();
        let Some(engine) = engine.as_mut().filter(|_| !waiting.is_empty()) else {
            return false;
        };
        let before = waiting.len();
        while let Some(handed) = waiting.pop_front() {
            if let Err(handed) = engine.adopt(handed) {
                waiting.push_front(handed);
                break;
            }
        }
        waiting.len() < before
    }

    /// `server.stop()` ends the server, not the program.
    pub(super) fn obey_program(&mut self) -> bool {
        let mut has_obeyed = false;
        while let Some((listener, order)) = self.application.bridge().take_stop_order() {
            if let Some(engine) = self.core_context.engine.borrow_mut().as_mut() {
                match order {
                    StopOrder::Drain => engine.drain_listener(listener),
                    StopOrder::Accepting => engine.stop_accepting(listener),
                    StopOrder::Abort => engine.abort_listener(listener),
                }
            }
            let bridge = self.application.bridge();
            bridge.note_closing(listener);
            if order == StopOrder::Drain {
                bridge.leave_sockets_of(listener);
            }
            if let Some(position) = self.leases.iter().position(|(of, _)| *of == listener) {
                self.leases.swap_remove(position).1.close();
            }
            has_obeyed = true;
        }
        if has_obeyed {
            self.show_places();
            if self.leases.is_empty() {
                self.close_to_others();
            }
        }
        has_obeyed
    }

    /// Whether the core is through: the engine is gone, and either an end was ordered and nothing holds it up,
    /// or the program itself has nothing left to do. It is told of that, and may find something.
    pub(super) fn poll_end(&mut self) -> Result<Option<Round>, Error> {
        let is_serving = self.core_context.engine.borrow().is_some();
        let keeps_alive = self.application.keeps_alive() || self.application.has_requests();
        if is_serving && (self.is_ending || keeps_alive) {
            return Ok(None);
        }
        if self.is_ending {
            let waits = !self.is_aborted
                && (!self.ended.is_empty() || !self.has_left_peer_cores() || self.has_work_left());
            return Ok((!waits).then(|| Round::Ended(self.finished())));
        }
        if self.evaluation.is_none()
            && self.unserved.is_none()
            && self.is_isolate_idle
            && self.ended.is_empty()
            && self.has_left_peer_cores()
        {
            let round = match self.has_work_before_exit()? {
                true => Round::Worked,
                false => Round::Ended(self.finished()),
            };
            return Ok(Some(round));
        }
        Ok(None)
    }

    /// The isolate is lost, and its clients are not: who waits for a response that nobody has begun gets a 503, and the
    /// connections go to the core that takes this one's place.
    pub(super) async fn leave_clients(&mut self) {
        let bridge = self.application.bridge();
        bridge.owed().into_iter().for_each(|id| bridge.refuse(id));
        bridge.abandon_sockets();
        self.leases.clear();
        self.close_to_others();
        {
            let mut command = self.core_context.command.borrow_mut();
            command
                .take_over()
                .retire(self.core_context.engine.borrow_mut().as_mut());
        }
        for _ in 0..LEAVING_TURNS_MAX {
            let turned = poll_fn(|context| {
                let mut engine = self.core_context.engine.borrow_mut();
                Poll::Ready(
                    engine
                        .as_mut()
                        .map(|engine| engine.turn(context, &mut Refusing(&bridge))),
                )
            });
            self.core_context.deliver_compressed();
            let is_over = !matches!(turned.await, Some(Ok(Polled::Worked | Polled::Idle)));
            self.pass_on();
            if let Some(peer_cores) = &self.core_context.peer_cores {
                peer_cores.share_work(&self.core_context.reception);
                if let Some(engine) = self.core_context.engine.borrow_mut().as_mut() {
                    peer_cores.take_connections(engine);
                }
            }
            if is_over {
                return;
            }
            tokio::time::sleep(LEAVING_PAUSE).await;
        }
    }

    /// Whether no other core will send this one anything any more.
    pub(super) fn has_left_peer_cores(&self) -> bool {
        self.core_context
            .peer_cores
            .as_ref()
            .is_none_or(|peer_cores| peer_cores.leave())
    }

    /// Whether a drain has to wait for JavaScript, now that no connection is left.
    pub(super) fn has_work_left(&mut self) -> bool {
        let listener_works = self.polls_until_heard > 0 || !self.is_isolate_idle;
        (self.heard_signal && listener_works) || self.application.waiting_promises() > 0
    }

    /// Tells the program that it is about to end; whether it goes on, because of what its listeners did.
    fn has_work_before_exit(&mut self) -> Result<bool, Error> {
        let result = self.in_javascript(|event_loop| event_loop.application.has_work_before_exit());
        self.check_exceptions()?;
        let has_work = match result {
            Ok(has_work) => has_work,
            Err(error) => {
                self.meet_error(&CoreErrorKind::Js(error).into_box())?;
                false
            }
        };
        self.is_isolate_idle = !has_work;
        // It may have begun to serve again.
        Ok(has_work || !self.opened.borrow().is_empty())
    }

    /// An error ends the program: tells it, and says with which code.
    pub(super) fn ended_by(&mut self, error: Error) -> Error {
        match self.in_javascript(|event_loop| event_loop.application.end_with_error()) {
            1 => error,
            code => Error::WithCode {
                code,
                error: Box::new(error),
            },
        }
    }

    pub(super) fn finished(&mut self) -> Ended {
        self.tell_of_unread_option();
        let worker = &mut self.application.isolate().worker;
        let _ = worker.dispatch_unload_event();
        let _ = worker.dispatch_process_exit_event();
        Ended::Finished(worker.exit_code())
    }
}
