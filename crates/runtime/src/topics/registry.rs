//! Who has subscribed to what, in a process.
//!
//! A table that is read without a lock (`papaya`): who publishes reads it at any moment, whoever subscribes meanwhile; and
//! who has subscribed gets what any thread publishes from then on.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use papaya::Operation;

use super::account::Account;
use super::{Mail, Post};

/// An isolate that gets the messages of a topic.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) account: Arc<Account>,
    lost: AtomicU64,
    /// Sockets of the isolate that hear the topic.
    members: AtomicU32,
}

impl Subscription {
    pub(super) fn new(account: Arc<Account>) -> Arc<Self> {
        Arc::new(Subscription {
            account,
            lost: AtomicU64::new(0),
            members: AtomicU32::new(0),
        })
    }

    /// A message found no room.
    pub(super) fn lose(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_members(&self, members: u32) {
        self.members.store(members, Ordering::Relaxed);
    }

    pub(super) fn members(&self) -> u32 {
        self.members.load(Ordering::Relaxed)
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// One of the registries of a process, and the mail of the core an isolate is on: what it needs for a part in it.
#[derive(Clone, Debug)]
pub(crate) struct Channels {
    pub(crate) registry: Arc<Registry>,
    pub(crate) mail: Option<Rc<Mail>>,
}

impl Channels {
    /// A part.
    pub(crate) fn post(&self) -> Post {
        self.registry.post(self.mail.clone())
    }
}

/// All subscriptions, by topic.
#[derive(Debug, Default)]
pub(crate) struct Registry(papaya::HashMap<Box<str>, Arc<[Arc<Subscription>]>>);

impl Registry {
    /// A part in the topics for an isolate; for one that is a core's, with its mail.
    pub(crate) fn post(self: &Arc<Self>, mail: Option<Rc<Mail>>) -> Post {
        Post::new(self.clone(), mail)
    }

    pub(super) fn insert(&self, topic: &str, subscription: &Arc<Subscription>) {
        self.0.pin().update_or_insert_with(
            topic.into(),
            |others| others.iter().chain([subscription]).cloned().collect(),
            || [subscription.clone()].into(),
        );
    }

    pub(super) fn remove(&self, topic: &str, subscription: &Arc<Subscription>) {
        self.0.pin().compute(topic.into(), |entry| {
            let Some((_, all)) = entry else {
                return Operation::Abort(());
            };
            let others = all.iter().filter(|other| !Arc::ptr_eq(other, subscription));
            let others: Arc<[_]> = others.cloned().collect();
            match others.is_empty() {
                true => Operation::Remove,
                false => Operation::Insert(others),
            }
        });
    }

    /// Calls `each` for whoever has subscribed.
    pub(super) fn for_each(&self, topic: &str, each: impl FnMut(&Arc<Subscription>)) {
        if let Some(all) = self.0.pin().get(topic) {
            all.iter().for_each(each);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
