//! The ring engine inside tokio: the loop drives the ring itself while there is work, and parks in
//! tokio, with the ring's readiness registered there, when there is none.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use howth_engine::{Counters, EngineOptions, Exchanges, Handed, Handler, Listener, ListenerId, Turn};
use howth_io_uring_net::{RingEngine, Wait};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::Sleep;

use super::Polled;

/// How long a core with an idle isolate sleeps in the ring before it parks in tokio. The next request of a
/// busy server comes sooner, and costs one system call instead of three.
const DOZE: Duration = Duration::from_millis(1);

pub(super) fn probe() -> Result<(), (String, &'static str)> {
    howth_io_uring_net::probe().map_err(|refusal| (refusal.to_string(), refusal.remedy()))
}

/// The ring engine and its registration with tokio.
pub(crate) struct RingDriver {
    readiness: AsyncFd<OwnedFd>,
    timer: Pin<Box<Sleep>>,
    is_parked: bool,
    /// Once somebody has asked for it.
    waker: Option<Waker>,
    engine: RingEngine,
}

impl RingDriver {
    pub(super) fn new(listeners: Vec<Listener>, options: EngineOptions) -> io::Result<Self> {
        let engine = RingEngine::new(listeners, options)?;
        let descriptor = engine.readiness()?;
        // SAFETY: an owned descriptor is open, and stays what it is, until the `AsyncFd` that owns it drops it.
        let readiness = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }?;
        Ok(RingDriver {
            readiness,
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            is_parked: false,
            waker: None,
            engine,
        })
    }

    pub(super) fn exchanges(&self) -> Rc<dyn Exchanges> {
        self.engine.exchanges()
    }

    pub(super) fn turn(&mut self, handler: &mut dyn Handler) -> io::Result<Polled> {
        self.unpark();
        self.engine.turn(Wait::Not, handler).map(polled)
    }

    pub(super) fn doze(&mut self, handler: &mut dyn Handler) -> io::Result<Polled> {
        self.engine.turn(Wait::For(DOZE), handler).map(polled)
    }

    pub(super) fn poll_ready(
        &mut self,
        context: &mut Context<'_>,
        handler: &mut dyn Handler,
    ) -> Poll<io::Result<()>> {
        if !self.is_parked {
            self.is_parked = true;
            self.engine.before_park();
            if self.engine.turn(Wait::Not, handler)? != Turn::Idle {
                return Poll::Ready(Ok(()));
            }
        }
        if let Some(deadline) = self.engine.next_deadline() {
            self.timer.as_mut().reset(tokio::time::Instant::now() + deadline);
            if self.timer.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
        }
        let mut guard = ready!(self.readiness.poll_read_ready(context))?;
        guard.clear_ready();
        Poll::Ready(Ok(()))
    }

    /// What wakes the ring, also while the core dozes in it.
    pub(super) fn waker(&mut self) -> io::Result<Waker> {
        if let Some(waker) = &self.waker {
            return Ok(waker.clone());
        }
        let waker = self.engine.waker()?;
        Ok(self.waker.insert(waker).clone())
    }

    pub(super) fn set_accepting(&mut self, accepts: bool) {
        self.engine.set_accepting(accepts);
    }

    pub(super) fn is_listening(&self) -> bool {
        self.engine.is_listening()
    }

    pub(super) fn counters(&self) -> Counters {
        self.engine.counters()
    }

    pub(super) fn release_new(&mut self, releases: bool) {
        self.engine.release_new(releases);
    }

    pub(super) fn release_idle(&mut self, count: usize) {
        self.engine.release_idle(count);
    }

    pub(super) fn release_all(&mut self) {
        self.engine.release_all();
    }

    pub(super) fn take_released(&mut self) -> Vec<Handed> {
        self.engine.take_released()
    }

    pub(super) fn adopt(&mut self, handed: Handed) -> Result<(), Handed> {
        self.engine.adopt(handed)
    }

    pub(super) fn drain(&mut self) {
        self.engine.drain();
    }

    pub(super) fn listen(&mut self, listener: Listener) -> io::Result<()> {
        self.engine.listen(listener)
    }

    pub(super) fn stop_accepting(&mut self, listener: ListenerId) {
        self.engine.stop_accepting(listener);
    }

    pub(super) fn drain_listener(&mut self, listener: ListenerId) {
        self.engine.drain_listener(listener);
    }

    pub(super) fn abort_listener(&mut self, listener: ListenerId) {
        self.engine.abort_listener(listener);
    }

    pub(super) fn take_ended(&mut self) -> Option<ListenerId> {
        self.engine.take_ended()
    }

    pub(super) fn abort(&mut self) {
        self.engine.abort();
    }

    fn unpark(&mut self) {
        if std::mem::take(&mut self.is_parked) {
            self.engine.after_park();
        }
    }
}

fn polled(turn: Turn) -> Polled {
    match turn {
        Turn::Worked => Polled::Worked,
        Turn::Idle => Polled::Idle,
        Turn::Finished => Polled::Finished,
    }
}
