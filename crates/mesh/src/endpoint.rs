//! One core's end of the mesh: what it sends, what it receives, and how it is woken.
//!
//! Owns the core's ends of the rings while it lives, and gives them back when it is dropped. Never blocks. Called by:
//! the core's loop, on the core's thread alone.

use std::sync::Arc;
use std::task::Waker;

use crate::core_set::CoreSet;
use crate::mesh::Rings;
use crate::{Mesh, Refused};

/// The end of one core. A core that shall not miss anything does this, turn by turn: work and [`send`](Self::send);
/// [`flush`](Self::flush); [`receive`](Self::receive) until there is nothing; [`prepare_sleep`](Self::prepare_sleep),
/// and sleep if that says so; [`awake`](Self::awake).
#[derive(Debug)]
pub struct Endpoint<M> {
    mesh: Arc<Mesh<M>>,
    core: usize,
    rings: Rings<M>,
    /// Peers with messages they were not told of.
    unflushed: CoreSet,
    /// Peers whose rings may have messages.
    unread: CoreSet,
    /// Who sent what was received last.
    last_sender: usize,
    /// The waker that the others have.
    waker: Option<Waker>,
}

impl<M> Endpoint<M> {
    pub(crate) fn new(mesh: Arc<Mesh<M>>, core: usize, rings: Rings<M>) -> Self {
        let cores = mesh.cores();
        let mut unread = CoreSet::new(cores);
        // What came before, and what a old core was told of and did not read.
        for peer in (0..cores).filter(|peer| *peer != core) {
            unread.insert(peer);
        }
        Endpoint {
            mesh,
            core,
            rings,
            unflushed: CoreSet::new(cores),
            unread,
            last_sender: core,
            waker: None,
        }
    }

    /// Which core this is.
    pub fn core(&self) -> usize {
        self.core
    }

    /// How many cores there are, joined or not.
    pub fn cores(&self) -> usize {
        self.mesh.cores()
    }

    /// The mesh it belongs to.
    pub fn mesh(&self) -> &Arc<Mesh<M>> {
        &self.mesh
    }

    /// Puts a message into the ring to `to`, which is told with the next [`flush`](Self::flush). To a core that is not
    /// there, too: it finds the message when it joins.
    ///
    /// # Errors
    /// The ring is full.
    ///
    /// # Panics
    /// When `to` is this core itself, or there is no such core.
    pub fn send(&mut self, to: usize, message: M) -> Result<(), Refused<M>> {
        let core = self.core;
        let ring = self.rings.outgoing.get_mut(to).and_then(Option::as_mut);
        let Some(ring) = ring else {
            panic!("core {core} sends to {to}, which is no other core");
        };
        ring.push(message)
            .map_err(|rtrb::PushError::Full(message)| Refused(message))?;
        self.unflushed.insert(to);
        Ok(())
    }

    /// How many messages can be sent to `to` before its ring is full. There may be more room by now, never less.
    ///
    /// # Panics
    /// As for [`send`](Self::send).
    pub fn room(&self, to: usize) -> usize {
        let core = self.core;
        let ring = self.rings.outgoing.get(to).and_then(Option::as_ref);
        let Some(ring) = ring else {
            panic!("core {core} sends to {to}, which is no other core");
        };
        ring.slots()
    }

    /// Tells each core that was sent something since the last flush: one wake for all of it, and only if the core
    /// sleeps; one interrupt, and only if it runs the application and was not interrupted before.
    pub fn flush(&mut self) {
        while let Some(to) = self.unflushed.next_after(self.core) {
            self.unflushed.remove(to);
            self.mesh.ring(self.core, to);
        }
    }

    /// The next message, and who sent it. Those who have sent something take turns.
    pub fn receive(&mut self) -> Option<(usize, M)> {
        loop {
            while let Some(sender) = self.unread.next_after(self.last_sender) {
                let ring = self.rings.incoming[sender].as_mut();
                if let Some(message) = ring.and_then(|ring| ring.pop().ok()) {
                    self.last_sender = sender;
                    return Some((sender, message));
                }
                self.unread.remove(sender);
            }
            if !self.mesh.bell(self.core).take(&mut self.unread) {
                return None;
            }
        }
    }

    /// Says how this core is woken while it sleeps. Before it sleeps for the first time, and again whenever that
    /// changes; to say the same again costs nothing. May be called once more than needed.
    pub fn set_waker(&mut self, waker: &Waker) {
        if self.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            return;
        }
        self.waker = Some(waker.clone());
        self.mesh.set_waker(self.core, waker.clone());
    }

    /// Says how this core is interrupted while it runs the application: on the sender's thread, once until the core has
    /// looked. It may come late, when the core has left the application already.
    pub fn set_interrupt(&mut self, interrupt: Arc<dyn Fn() + Send + Sync>) {
        self.mesh.set_interrupt(self.core, interrupt);
    }

    /// Announces that this core is going to sleep until it is woken. False: there may be messages, and it is awake
    /// still. What it has sent is flushed.
    ///
    /// # Panics
    /// When nobody was told how to wake it.
    pub fn prepare_sleep(&mut self) -> bool {
        assert!(self.waker.is_some(), "core {} would never wake up", self.core);
        self.flush();
        self.unread.is_empty() && self.mesh.bell(self.core).prepare_sleep(&mut self.unread)
    }

    /// This core sleeps no more, whoever woke it.
    pub fn awake(&mut self) {
        self.mesh.bell(self.core).awake();
    }

    /// This core begins to run the application: who sends it something interrupts it. What is sent in the very moment
    /// of entering may not; it is received after [`leave_application`](Self::leave_application) at the latest.
    pub fn enter_application(&self) {
        self.mesh.bell(self.core).enter_application();
    }

    /// The application has returned; [`receive`](Self::receive) next, as after each turn.
    pub fn leave_application(&self) {
        self.mesh.bell(self.core).leave_application();
    }
}

impl<M> Drop for Endpoint<M> {
    fn drop(&mut self) {
        self.flush();
        self.mesh.leave(self.core, std::mem::take(&mut self.rings));
    }
}
