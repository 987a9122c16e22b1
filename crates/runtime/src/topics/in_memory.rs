//! Topics by way of memory that all cores share: a queue for each core, bounded in messages and in bytes.
//!
//! Who publishes takes a lock for reading, to see who has subscribed, and never waits for a core: a queue that is full
//! takes nothing. tokio's channel wakes the core whose queue it is.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::task::{Context, Poll};

use tokio::sync::mpsc;

use super::{Message, Post};

/// What waits for one core at most.
const QUEUE_MESSAGES: usize = 1024;
pub(crate) const QUEUE_BYTES: usize = 4 << 20;

/// What a core is given at once: between two parts it may serve.
const PART_MESSAGES: usize = 64;

/// The topics of a process.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    topics: RwLock<HashMap<Box<str>, Vec<Subscriber>>>,
}

#[derive(Debug)]
struct Subscriber {
    queue: Arc<Queue>,
    lost: AtomicU64,
}

#[derive(Debug)]
struct Queue {
    sender: mpsc::Sender<Message>,
    /// Of the messages that wait.
    bytes: AtomicUsize,
}

impl Queue {
    /// False: there is no room.
    fn push(&self, message: Message) -> bool {
        let bytes = message.bytes();
        // Relaxed: a sum, which orders nothing.
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= QUEUE_BYTES
            && self.sender.try_send(message).is_ok()
        {
            return true;
        }
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        false
    }
}

impl Hub {
    /// A part for one core.
    pub(crate) fn post(self: &Arc<Self>) -> InMemoryPost {
        let (sender, receiver) = mpsc::channel(QUEUE_MESSAGES);
        InMemoryPost {
            hub: self.clone(),
            queue: Arc::new(Queue {
                sender,
                bytes: AtomicUsize::new(0),
            }),
            receiver: RefCell::new(receiver),
        }
    }

    // Nothing in here panics while it holds the lock.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<Box<str>, Vec<Subscriber>>> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Box<str>, Vec<Subscriber>>> {
        self.topics.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One core's queue. Dropped with its isolate, and then no longer subscribed to anything.
#[derive(Debug)]
pub(crate) struct InMemoryPost {
    hub: Arc<Hub>,
    queue: Arc<Queue>,
    receiver: RefCell<mpsc::Receiver<Message>>,
}

impl InMemoryPost {
    fn is_ours(&self, subscriber: &Subscriber) -> bool {
        Arc::ptr_eq(&subscriber.queue, &self.queue)
    }
}

impl Post for InMemoryPost {
    fn subscribe(&self, topic: &str) {
        let mut topics = self.hub.write();
        let subscribers = topics.entry(topic.into()).or_default();
        if !subscribers.iter().any(|subscriber| self.is_ours(subscriber)) {
            subscribers.push(Subscriber {
                queue: self.queue.clone(),
                lost: AtomicU64::new(0),
            });
        }
    }

    fn unsubscribe(&self, topic: &str) {
        let mut topics = self.hub.write();
        if let Some(subscribers) = topics.get_mut(topic) {
            subscribers.retain(|subscriber| !self.is_ours(subscriber));
            if subscribers.is_empty() {
                topics.remove(topic);
            }
        }
    }

    fn publish(&self, message: Message) -> usize {
        let topics = self.hub.read();
        let Some(subscribers) = topics.get(&*message.topic) else {
            return 0;
        };
        let takes = |subscriber: &&Subscriber| {
            let is_taken = subscriber.queue.push(message.clone());
            if !is_taken {
                subscriber.lost.fetch_add(1, Ordering::Relaxed);
            }
            is_taken
        };
        subscribers.iter().filter(takes).count()
    }

    fn poll_receive(&self, context: &mut Context<'_>) -> Poll<Vec<Message>> {
        let mut messages = Vec::new();
        let mut receiver = self.receiver.borrow_mut();
        let polled = receiver.poll_recv_many(context, &mut messages, PART_MESSAGES);
        polled.map(|_| {
            let bytes = messages.iter().map(Message::bytes).sum();
            self.queue.bytes.fetch_sub(bytes, Ordering::Relaxed);
            messages
        })
    }

    fn lost(&self, topic: &str) -> u64 {
        let topics = self.hub.read();
        let subscribers = topics.get(topic).map_or(&[][..], Vec::as_slice);
        let ours = subscribers.iter().find(|subscriber| self.is_ours(subscriber));
        ours.map_or(0, |subscriber| subscriber.lost.load(Ordering::Relaxed))
    }
}

impl Drop for InMemoryPost {
    fn drop(&mut self) {
        self.hub.write().retain(|_, subscribers| {
            subscribers.retain(|subscriber| !Arc::ptr_eq(&subscriber.queue, &self.queue));
            !subscribers.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use howth_kv::Value;

    use super::*;

    fn message(topic: &str, value: Value) -> Message {
        Message {
            topic: topic.into(),
            value,
        }
    }

    fn number(topic: &str, number: usize) -> Message {
        message(topic, Value::Number(number as f64))
    }

    fn received(post: &InMemoryPost) -> Vec<Message> {
        match post.poll_receive(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(messages) => messages,
            Poll::Pending => Vec::new(),
        }
    }

    /// Everything that waits.
    fn all_received(post: &InMemoryPost) -> Vec<Message> {
        std::iter::repeat_with(|| received(post))
            .take_while(|part| !part.is_empty())
            .flatten()
            .collect()
    }

    #[test]
    fn a_message_reaches_who_has_subscribed_and_the_publisher_too() {
        let hub = Arc::new(Hub::default());
        let (one, other, third) = (hub.post(), hub.post(), hub.post());
        assert_eq!(one.publish(number("news", 0)), 0);
        for post in [&one, &other, &other] {
            post.subscribe("news");
        }
        third.subscribe("else");
        assert_eq!(one.publish(number("news", 1)), 2);
        assert_eq!(other.publish(number("news", 2)), 2);
        let both = [number("news", 1), number("news", 2)];
        assert_eq!(all_received(&one), both);
        assert_eq!(all_received(&other), both);
        assert_eq!(all_received(&third), []);
    }

    #[test]
    fn who_has_unsubscribed_or_is_gone_gets_nothing() {
        let hub = Arc::new(Hub::default());
        let (one, other) = (hub.post(), hub.post());
        one.subscribe("news");
        other.subscribe("news");
        one.unsubscribe("news");
        one.unsubscribe("never");
        assert_eq!(one.publish(number("news", 1)), 1);
        drop(other);
        assert_eq!(one.publish(number("news", 2)), 0);
        assert_eq!(all_received(&one), []);
        assert!(hub.read().is_empty(), "{hub:?}");
    }

    #[test]
    fn a_full_queue_loses_messages_and_counts_them() {
        let hub = Arc::new(Hub::default());
        let (slow, fast) = (hub.post(), hub.post());
        slow.subscribe("news");
        fast.subscribe("news");
        for index in 0..QUEUE_MESSAGES + 10 {
            let taken = fast.publish(number("news", index));
            assert_eq!(taken, if index < QUEUE_MESSAGES { 2 } else { 1 });
            received(&fast);
        }
        assert_eq!(slow.lost("news"), 10);
        assert_eq!(fast.lost("news"), 0);
        let kept = all_received(&slow);
        assert_eq!(kept.len(), QUEUE_MESSAGES);
        assert_eq!(kept[QUEUE_MESSAGES - 1], number("news", QUEUE_MESSAGES - 1));
        // There is room again.
        assert_eq!(fast.publish(number("news", 0)), 2);
    }

    #[test]
    fn large_messages_fill_a_queue_as_well() {
        let hub = Arc::new(Hub::default());
        let post = hub.post();
        post.subscribe("files");
        let large = message("files", Value::Bytes(vec![0; 1 << 20].into()));
        let taken = (0..10).filter(|_| post.publish(large.clone()) == 1).count();
        // The topic counts, too.
        assert_eq!(taken, 3);
        assert_eq!(post.lost("files"), 7);
        assert_eq!(all_received(&post).len(), 3);
        assert_eq!(post.queue.bytes.load(Ordering::Relaxed), 0);
        assert_eq!(post.publish(large), 1);
    }

    #[test]
    fn messages_of_one_thread_keep_their_order() {
        const TIMES: usize = 5000;
        let hub = Arc::new(Hub::default());
        let post = hub.post();
        post.subscribe("news");
        let publisher = hub.clone();
        let thread = std::thread::spawn(move || {
            let publisher = publisher.post();
            let mut taken = 0;
            for index in 0..TIMES {
                while publisher.publish(number("news", index)) == 0 {
                    std::thread::yield_now();
                }
                taken += 1;
            }
            taken
        });
        let mut seen = Vec::new();
        while seen.len() < TIMES {
            seen.extend(received(&post));
        }
        assert_eq!(thread.join().expect("no panic"), TIMES);
        assert!(seen.into_iter().eq((0..TIMES).map(|index| number("news", index))));
    }
}
