//! Which sockets of this core hear which topics.
//!
//! Owns the lists. What other cores publish comes to them by the bridge. Called by: the application; `receive`, when a socket
//! is over.

use std::rc::Rc;

use howth_engine::ExchangeId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::socket::Phase;
use crate::sockets::Sockets;

/// By topic. None has no members.
#[derive(Debug, Default)]
pub(crate) struct Topics(FxHashMap<Rc<str>, FxHashSet<ExchangeId>>);

impl Topics {
    pub(crate) fn members(&self, topic: &str) -> Option<&FxHashSet<ExchangeId>> {
        self.0.get(topic)
    }

    fn add(&mut self, topic: &str, id: ExchangeId) -> Rc<str> {
        let name = match self.0.get_key_value(topic) {
            Some((name, _)) => name.clone(),
            None => Rc::from(topic),
        };
        self.0.entry(name.clone()).or_default().insert(id);
        name
    }

    pub(crate) fn remove(&mut self, topic: &str, id: ExchangeId) {
        if let Some(members) = self.0.get_mut(topic) {
            members.remove(&id);
            if members.is_empty() {
                self.0.remove(topic);
            }
        }
    }
}

impl Sockets {
    /// From now on a socket gets what is published under a topic. False: it does already, or is not open.
    pub fn subscribe(&mut self, id: ExchangeId, topic: &str) -> bool {
        let socket = self.sockets.get_mut(&id);
        let Some(socket) = socket.filter(|socket| socket.phase == Phase::Open) else {
            return false;
        };
        if socket.topics.iter().any(|other| **other == *topic) {
            return false;
        }
        socket.topics.push(self.topics.add(topic, id));
        true
    }

    /// It gets no more of them. False: it did not.
    pub fn unsubscribe(&mut self, id: ExchangeId, topic: &str) -> bool {
        let Some(socket) = self.sockets.get_mut(&id) else {
            return false;
        };
        let before = socket.topics.len();
        socket.topics.retain(|other| **other != *topic);
        let was_member = socket.topics.len() < before;
        if was_member {
            self.topics.remove(topic, id);
        }
        was_member
    }

    /// The topics of a socket, in the order in which it subscribed.
    pub fn topics_of(&self, id: ExchangeId) -> impl Iterator<Item = &str> {
        let topics = self.sockets.get(&id).map(|socket| socket.topics.as_slice());
        topics.unwrap_or_default().iter().map(|topic| &**topic)
    }

    /// How many sockets of this core hear a topic.
    pub fn members(&self, topic: &str) -> usize {
        self.topics.members(topic).map_or(0, |members| members.len())
    }
}
