//! One isolate's part in the topics of its process: what it publishes, and what has come for it.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::sync::mpsc;

use super::account::Account;
use super::registry::Subscription;
use super::{Mail, Message, Registry};

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody who has subscribed.
    All,
    /// Everybody but who publishes.
    Others,
}

/// Messages that wait for an isolate, on its own thread.
#[derive(Debug)]
pub(super) struct Inbox {
    account: Arc<Account>,
    messages: RefCell<VecDeque<Message>>,
    reader: RefCell<Waker>,
}

impl Inbox {
    pub(super) fn is_of(&self, account: &Arc<Account>) -> bool {
        Arc::ptr_eq(&self.account, account)
    }

    pub(super) fn push(&self, message: Message) {
        self.messages.borrow_mut().push_back(message);
        self.wake();
    }

    fn wake(&self) {
        self.reader.borrow().wake_by_ref();
    }
}

/// One isolate's part. Messages of one isolate reach another in the order in which they were published; those that find no
/// room there are lost, and counted. Dropped with the isolate, and then no longer subscribed to anything.
#[derive(Debug)]
pub(crate) struct Post {
    registry: Arc<Registry>,
    subscriptions: RefCell<HashMap<Box<str>, Arc<Subscription>>>,
    inbox: Rc<Inbox>,
    /// From those who are not on the mesh.
    queue: RefCell<mpsc::UnboundedReceiver<Message>>,
    mail: Option<Rc<Mail>>,
}

impl Post {
    pub(super) fn new(registry: Arc<Registry>, mail: Option<Rc<Mail>>) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let address = mail.as_ref().and_then(|mail| mail.address());
        let inbox = Rc::new(Inbox {
            account: Arc::new(Account::new(address, sender)),
            messages: RefCell::default(),
            reader: RefCell::new(Waker::noop().clone()),
        });
        if let Some(mail) = &mail {
            mail.add(&inbox);
        }
        Post {
            registry,
            subscriptions: RefCell::default(),
            inbox,
            queue: RefCell::new(receiver),
            mail,
        }
    }

    /// From now on this isolate gets the messages of the topic. Once is as good as twice.
    pub(crate) fn subscribe(&self, topic: &str) {
        let mut subscriptions = self.subscriptions.borrow_mut();
        if !subscriptions.contains_key(topic) {
            let subscription = Subscription::new(self.inbox.account.clone());
            self.registry.insert(topic, &subscription);
            subscriptions.insert(topic.into(), subscription);
        }
    }

    /// It gets no more of them.
    pub(crate) fn unsubscribe(&self, topic: &str) {
        if let Some(subscription) = self.subscriptions.borrow_mut().remove(topic) {
            self.registry.remove(topic, &subscription);
        }
    }

    /// Hands a message to whoever has subscribed to `topic`, and says to how many.
    pub(crate) fn publish(&self, topic: &str, message: &Message, audience: Audience) -> usize {
        let mut count = 0;
        self.registry.for_each(topic, |subscription| {
            let account = &subscription.account;
            if audience == Audience::Others && self.inbox.is_of(account) {
                return;
            }
            if !account.reserve(message.bytes()) {
                return subscription.lose();
            }
            count += usize::from(self.send(account, message.clone()));
        });
        count
    }

    /// Whether anybody but this isolate has subscribed to a topic.
    pub(crate) fn is_heard_elsewhere(&self, topic: &str) -> bool {
        let mut is_heard = false;
        self.registry.for_each(topic, |subscription| {
            is_heard |= !self.inbox.is_of(&subscription.account);
        });
        is_heard
    }

    /// So many sockets of this isolate hear a topic that it has subscribed to.
    pub(crate) fn set_members(&self, topic: &str, members: u32) {
        if let Some(subscription) = self.subscriptions.borrow().get(topic) {
            subscription.set_members(members);
        }
    }

    /// So many of all isolates do.
    pub(crate) fn members(&self, topic: &str) -> u32 {
        let mut members = 0_u32;
        self.registry.for_each(topic, |subscription| {
            members = members.saturating_add(subscription.members());
        });
        members
    }

    /// False: the isolate has ended.
    fn send(&self, account: &Arc<Account>, message: Message) -> bool {
        if self.inbox.is_of(account) {
            self.inbox.push(message);
            self.note();
            return true;
        }
        match (account.address, &self.mail) {
            (Some(address), Some(mail)) if mail.reaches(address) => {
                mail.post(address.core, account, message);
                true
            }
            _ => account.queue(message),
        }
    }

    /// Something waits for this isolate.
    fn note(&self) {
        if let Some(mail) = &self.mail {
            mail.note();
        }
    }

    /// What has come for this isolate, `count` messages at most. One task may wait at a time.
    pub(crate) fn poll_receive(&self, context: &mut Context<'_>, count: usize) -> Poll<Vec<Message>> {
        let mut inbox = self.inbox.messages.borrow_mut();
        let mut queue = self.queue.borrow_mut();
        while let Poll::Ready(Some(message)) = queue.poll_recv(context) {
            inbox.push_back(message);
        }
        if inbox.is_empty() {
            self.inbox.reader.borrow_mut().clone_from(context.waker());
            return Poll::Pending;
        }
        let count = inbox.len().min(count);
        let received: Vec<Message> = inbox.drain(..count).collect();
        let bytes = received.iter().map(Message::bytes).sum();
        self.inbox.account.release(received.len(), bytes);
        if !inbox.is_empty() {
            self.note();
        }
        Poll::Ready(received)
    }

    /// Forgets what has come, and wakes who waits for more.
    pub(crate) fn discard(&self) {
        let mut inbox = self.inbox.messages.borrow_mut();
        let mut queue = self.queue.borrow_mut();
        while let Ok(message) = queue.try_recv() {
            inbox.push_back(message);
        }
        let bytes = inbox.iter().map(Message::bytes).sum();
        self.inbox.account.release(inbox.len(), bytes);
        inbox.clear();
        drop(inbox);
        self.inbox.wake();
    }

    /// How many messages of a topic this isolate has lost since it subscribed.
    pub(crate) fn lost(&self, topic: &str) -> u64 {
        let subscriptions = self.subscriptions.borrow();
        subscriptions
            .get(topic)
            .map_or(0, |subscription| subscription.lost())
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> (usize, usize) {
        self.inbox.account.waiting()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        for (topic, subscription) in self.subscriptions.get_mut().drain() {
            self.registry.remove(&topic, &subscription);
        }
        self.inbox.account.close();
    }
}
