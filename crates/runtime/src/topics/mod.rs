//! Topics: messages from one core to the subscribers on every core, its own included.
//!
//! Owns what a message is, and the seam between the ops and whatever carries messages: [`Post`]. Never calls JavaScript,
//! never waits. Called by: `bridge/topic_ops.rs`; what implements it is chosen where an isolate starts.

mod in_memory;

use std::sync::Arc;
use std::task::{Context, Poll};

use howth_kv::Value;

pub(crate) use in_memory::{Hub, QUEUE_BYTES};

/// Bytes of a message's topic, and of what it says.
pub(crate) const TOPIC_BYTES_MAX: usize = 1024;
pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// A message. A clone shares its memory: it is encoded once, however many cores get it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    pub(crate) topic: Arc<str>,
    pub(crate) value: Value,
}

impl Message {
    fn bytes(&self) -> usize {
        self.topic.len() + self.value.bytes()
    }
}

/// One core's part in the topics of its process. Messages of one core reach another in the order in which they were
/// published; those that find no room there are lost, and counted.
pub(crate) trait Post {
    /// From now on this core gets the messages of the topic. Once is as good as twice.
    fn subscribe(&self, topic: &str);

    /// It gets no more of them.
    fn unsubscribe(&self, topic: &str);

    /// Hands a message to every core that has subscribed, and says to how many.
    fn publish(&self, message: Message) -> usize;

    /// What has come for this core, in parts of a bounded length. One task may wait at a time.
    fn poll_receive(&self, context: &mut Context<'_>) -> Poll<Vec<Message>>;

    /// How many messages of a topic this core has lost since it subscribed.
    fn lost(&self, topic: &str) -> u64;
}
