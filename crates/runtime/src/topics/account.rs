//! What is under way to one isolate and waits there, counted by all who send to it.
//!
//! Owns the bound. Who sends makes sure of room first, so that nothing on the way to an isolate, or in front of it, is
//! more than the bound, and so that a message that has left arrives.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::mpsc;

use super::{MeshAddress, Message};

/// What is under way to one isolate at most.
pub(super) const MESSAGES_MAX: usize = 1024;
/// And all together, but for one message that is larger and goes alone.
pub(crate) const BYTES_MAX: usize = 4 << 20;

/// One isolate, as others see it.
#[derive(Debug)]
pub(super) struct Account {
    messages: AtomicUsize,
    bytes: AtomicUsize,
    is_closed: AtomicBool,
    /// Where it is on a mesh, if it is a core's.
    pub(super) address: Option<MeshAddress>,
    /// For those who are not on that mesh.
    queue: mpsc::UnboundedSender<Message>,
}

impl Account {
    pub(super) fn new(address: Option<MeshAddress>, queue: mpsc::UnboundedSender<Message>) -> Self {
        Account {
            messages: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
            address,
            queue,
        }
    }

    /// Makes sure of room for a message; false: there is none.
    pub(super) fn reserve(&self, bytes: usize) -> bool {
        // Relaxed: sums, which order nothing.
        let messages = self.messages.fetch_add(1, Ordering::Relaxed);
        let waiting = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let is_alone = messages == 0;
        if is_alone || (messages < MESSAGES_MAX && waiting + bytes <= BYTES_MAX) {
            return true;
        }
        self.release(1, bytes);
        false
    }

    /// So many messages, of so many bytes together, do not wait any more.
    pub(super) fn release(&self, messages: usize, bytes: usize) {
        self.messages.fetch_sub(messages, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Sends what there is room for; false: the isolate has ended.
    pub(super) fn queue(&self, message: Message) -> bool {
        self.queue.send(message).is_ok()
    }

    /// Nobody will take what is under way.
    pub(super) fn close(&self) {
        // Relaxed: who sees it late sends something that is dropped.
        self.is_closed.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> (usize, usize) {
        (
            self.messages.load(Ordering::Relaxed),
            self.bytes.load(Ordering::Relaxed),
        )
    }
}
