//! Messages between isolates: topics, and what `BroadcastChannel` rides on.
//!
//! Owns who has subscribed to what, and the messages under way. Each is made once and shared by all who get it. Between
//! cores it goes through the mesh ([`Mail`]); a `Worker`, and a core of another program during a reload, which the mesh
//! does not join, is sent it by a queue in memory. Never calls JavaScript, and never waits for another isolate. Called by:
//! `bridge/topic_ops.rs`, `bridge/broadcast_ops.rs`, and `core/peer_cores/messages.rs`, which carries the mail.

mod account;
mod mail;
mod post;
mod registry;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex};

use deno_core::v8;
use howth_kv::Value;

pub(crate) use account::BYTES_MAX as WAITING_BYTES_MAX;
pub(crate) use mail::{Mail, MeshAddress, TopicMessage};
pub(crate) use post::{Audience, Post};
pub(crate) use registry::{Channels, Registry};

/// Bytes of a message's topic, and of what it says.
pub(crate) const TOPIC_BYTES_MAX: usize = 1024;
pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// A message. A clone shares its memory: it is encoded once, however many cores get it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) topic: Arc<str>,
    pub(crate) value: Value,
    pub(crate) memory: SharedMemory,
}

impl Message {
    fn bytes(&self) -> usize {
        self.topic.len() + self.value.bytes()
    }
}

/// Memory of `SharedArrayBuffer`s that goes with a message, in the order in which its value names them.
#[derive(Clone, Default)]
pub(crate) struct SharedMemory(Option<Arc<Mutex<Vec<v8::SharedRef<v8::BackingStore>>>>>);

impl SharedMemory {
    pub(crate) fn new(stores: Vec<v8::SharedRef<v8::BackingStore>>) -> Self {
        SharedMemory((!stores.is_empty()).then(|| Arc::new(Mutex::new(stores))))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The memory itself, for another isolate.
    pub(crate) fn stores(&self) -> Vec<v8::SharedRef<v8::BackingStore>> {
        let stores = self.0.as_ref().map(|stores| {
            // Nobody panics while it is cloned.
            let stores = stores.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            stores.clone()
        });
        stores.unwrap_or_default()
    }
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("SharedMemory")
            .field(&self.is_empty())
            .finish()
    }
}
