//! What stands in for the ring engine where it was not built: a type without values.

use std::convert::Infallible;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use howth_engine::{Counters, EngineOptions, Exchanges, Handed, Handler, Listener, ListenerId};

use super::Polled;

pub(super) fn probe() -> Result<(), (String, &'static str)> {
    Err((
        "this build has no io_uring".to_owned(),
        "use a Linux build with the feature `uring`, or serve with --uring=auto",
    ))
}

/// No ring engine.
pub(crate) struct RingDriver(Infallible);

impl RingDriver {
    pub(super) fn new(_: Vec<Listener>, _: EngineOptions) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn exchanges(&self) -> Rc<dyn Exchanges> {
        match self.0 {}
    }

    pub(super) fn turn(&mut self, _: &mut dyn Handler) -> io::Result<Polled> {
        match self.0 {}
    }

    pub(super) fn doze(&mut self, _: &mut dyn Handler) -> io::Result<Polled> {
        match self.0 {}
    }

    pub(super) fn poll_ready(&mut self, _: &mut Context<'_>, _: &mut dyn Handler) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    pub(super) fn waker(&mut self) -> io::Result<Waker> {
        match self.0 {}
    }

    pub(super) fn set_accepting(&mut self, _: bool) {
        match self.0 {}
    }

    pub(super) fn is_listening(&self) -> bool {
        match self.0 {}
    }

    pub(super) fn counters(&self) -> Counters {
        match self.0 {}
    }

    pub(super) fn release_new(&mut self, _: bool) {
        match self.0 {}
    }

    pub(super) fn release_idle(&mut self, _: usize) {
        match self.0 {}
    }

    pub(super) fn release_all(&mut self) {
        match self.0 {}
    }

    pub(super) fn take_released(&mut self) -> Vec<Handed> {
        match self.0 {}
    }

    pub(super) fn adopt(&mut self, _: Handed) -> Result<(), Handed> {
        match self.0 {}
    }

    pub(super) fn drain(&mut self) {
        match self.0 {}
    }

    pub(super) fn abort(&mut self) {
        match self.0 {}
    }
    pub(super) fn listen(&mut self, _: Listener) -> io::Result<()> {
        match self.0 {}
    }

    pub(super) fn stop_accepting(&mut self, _: ListenerId) {
        match self.0 {}
    }

    pub(super) fn drain_listener(&mut self, _: ListenerId) {
        match self.0 {}
    }

    pub(super) fn abort_listener(&mut self, _: ListenerId) {
        match self.0 {}
    }

    pub(super) fn take_ended(&mut self) -> Option<ListenerId> {
        match self.0 {}
    }
}
