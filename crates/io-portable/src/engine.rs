//! The portable engine: one core's listeners and connections, driven turn by turn.
//!
//! Owns what a turn is: settle what the application changed since the last one, look at what is ready, hand all events
//! to the handler in one batch, settle again. Never does anything of HTTP. Called by: the runtime's root future, on a
//! tokio current-thread runtime.

use std::cell::RefCell;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use howth_connection::Shared;
use howth_engine::{BindAddress, Counters, EngineOptions, Event, Exchanges, Handler, Listener, Turn};

use crate::accept::Accept;
use crate::core::Core;
use crate::link::Sockets;
use crate::timer::Timer;
use crate::wake::{LISTENER, WakeList};

/// The engine of one core over tokio.
pub struct PortableEngine {
    pub(crate) shared: Rc<Shared<Core>>,
    pub(crate) accept: Accept,
    pub(crate) address: Option<BindAddress>,
    /// The slot that an unassisted turn looked at last.
    pub(crate) looked_at: usize,
    timer: Timer,
    /// Kept for their capacity.
    woken: Vec<u32>,
    batch: Vec<Event>,
}

impl PortableEngine {
    /// An engine on sockets the caller has bound.
    ///
    /// # Errors
    /// When not called inside a tokio runtime with input, output and time enabled; everything after must happen on the same
    /// runtime. What setting the sockets up says.
    pub fn new(listeners: Vec<Listener>, options: EngineOptions) -> io::Result<Self> {
        tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let wakes = Arc::new(WakeList::default());
        let mut engine = PortableEngine {
            accept: Accept::new(wakes.waker(LISTENER)),
            shared: Rc::new(Shared(RefCell::new(Core::new(options, wakes)))),
            address: None,
            looked_at: 0,
            timer: Timer::default(),
            woken: Vec::new(),
            batch: Vec::new(),
        };
        for listener in listeners {
            engine.listen(listener)?;
        }
        Ok(engine)
    }

    /// What the application may do with the exchanges of this engine.
    pub fn exchanges(&self) -> Rc<dyn Exchanges> {
        self.shared.clone()
    }

    /// Where the engine listens, or listened, first; `None`: it never did.
    pub fn local_address(&self) -> Option<BindAddress> {
        self.address.clone()
    }

    /// What was counted since the start.
    pub fn counters(&self) -> Counters {
        let core = self.shared.0.borrow();
        Counters {
            connections: core.connections.len() as u64,
            ..core.connections.counters
        }
    }

    /// One turn: reads what has arrived, hands all events to `handler` in one batch, writes what it
    /// answered. `Pending`, never [`Turn::Idle`], when nothing happened; `context` is woken when something
    /// does, be it on a socket, by time, or through a call of the application.
    pub fn poll_turn(&mut self, context: &mut Context<'_>, handler: &mut dyn Handler) -> Poll<Turn> {
        self.begin();
        self.shared.0.borrow().wakes.set_root(context.waker());
        // Every turn is bounded by itself; tokio's budget would only cut it short in the middle.
        let turn = tokio::task::unconstrained(std::future::poll_fn(|context| self.turn(context, handler)));
        let poll = pin!(turn).poll(context);
        self.shared.0.borrow_mut().is_in_turn = false;
        poll
    }

    fn turn(&mut self, context: &mut Context<'_>, handler: &mut dyn Handler) -> Poll<Turn> {
        let worked = self.look_at_woken() | self.settle();
        self.shared
            .0
            .borrow_mut()
            .connections
            .take_events(&mut self.batch);
        if !self.batch.is_empty() {
            handler.on_batch(&self.batch);
            self.batch.clear();
            self.shared.0.borrow_mut().settle_all();
        }
        let mut core = self.shared.0.borrow_mut();
        if worked {
            core.connections.counters.turns += 1;
        }
        if worked || core.connections.has_work() || core.handshakes.are_waiting() {
            return Poll::Ready(Turn::Worked);
        }
        let is_over =
            core.connections.is_stopping() && core.connections.is_empty() && core.released.is_empty();
        if is_over {
            return Poll::Ready(Turn::Finished);
        }
        let moments = [core.connections.next_deadline_ms(), self.accept.retry_ms()];
        let next = moments.into_iter().flatten().min();
        let next = next.map(|at_ms| core.instant(at_ms));
        if self.timer.poll(context, next).is_ready() {
            // Not yet by our clock, perhaps: look again with the next turn.
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// What is done at the beginning of whatever the runtime asks for.
    pub(crate) fn begin(&self) {
        let mut core = self.shared.0.borrow_mut();
        core.read_clock();
        core.is_in_turn = true;
    }

    /// Its counterpart, outside of a turn: one is made for what has come of it.
    pub(crate) fn end(&self) {
        let mut core = self.shared.0.borrow_mut();
        core.is_in_turn = false;
        core.wakes.wake_root();
    }

    fn look_at_woken(&mut self) -> bool {
        let mut woken = std::mem::take(&mut self.woken);
        self.shared.0.borrow().wakes.take(&mut woken);
        let is_retried = self
            .accept
            .is_retried(self.shared.0.borrow().connections.now_ms());
        let worked = !woken.is_empty() || is_retried;
        if is_retried {
            woken.push(LISTENER);
        }
        for index in woken.drain(..) {
            match index {
                LISTENER => drop(self.accept()),
                _ => self.shared.0.borrow_mut().ready(index),
            }
        }
        self.woken = woken;
        worked
    }

    /// Does what connections want, and what is due. True: something was.
    fn settle(&mut self) -> bool {
        let core = &mut *self.shared.0.borrow_mut();
        let has_work = core.connections.has_work() || core.handshakes.are_waiting();
        core.connections.begin_turn();
        core.connections.go_on_with_handshakes(&mut core.handshakes);
        core.settle_all();
        let sockets = Sockets {
            is_unassisted: core.is_unassisted,
        };
        let has_ended = core.connections.end_idle() | core.connections.expire(&sockets);
        core.settle_all();
        if core.connections.has_room() {
            self.accept.look_again();
        }
        has_work || has_ended
    }
}
