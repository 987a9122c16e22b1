//! The listeners of a core, as far as their connections go.
//!
//! Owns what counts for the connections of each (deadlines, bounds of heads, what the application is told), and how many there
//! are. Never accepts. Called by: the driver, which adds listeners and says when one has closed; the application, through
//! [`Shared`](crate::Shared).

use std::os::fd::OwnedFd;

use howth_engine::{Deadlines, EngineOptions, Handed, ListenerId, Place};
use howth_http1::Limits;

use crate::connection::Connection;
use crate::connections::Connections;
use crate::deadlines;
use crate::stop::Stop;

/// What a listener's slot is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Life {
    /// The driver may accept.
    #[default]
    Open,
    /// Nothing more is accepted.
    Closed,
    /// Its end was told; connections that linger may be left.
    Told,
    /// The slot may be used again.
    Free,
}

/// A listener.
#[derive(Debug)]
pub(crate) struct Listening {
    id: ListenerId,
    place: Place,
    life: Life,
    /// Connections that are open.
    pub(crate) connections: u32,
    pub(crate) limits: Limits,
    pub(crate) deadlines: Deadlines,
    /// Whether its connections come to an end.
    pub(crate) stop: Stop,
    /// The application answers what breaks a rule.
    pub(crate) tells_rejections: bool,
    /// Its clients may speak HTTP/2, where the engine does.
    pub(crate) takes_http2: bool,
    /// The application is told of new connections.
    pub(crate) tells_opened: bool,
}

/// The listeners of a core, by slots that both sides of the driver name them by.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    slots: Vec<Listening>,
    /// One may have come to its end since it was last looked.
    may_have_ended: bool,
}

impl std::ops::Index<u32> for Listeners {
    type Output = Listening;

    #[inline]
    fn index(&self, slot: u32) -> &Listening {
        &self.slots[slot as usize]
    }
}

impl std::ops::IndexMut<u32> for Listeners {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut Listening {
        &mut self.slots[slot as usize]
    }
}

impl Listeners {
    /// The slots of those that have not come to their end.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> + use<> {
        let slots: Vec<u32> = (0..self.slots.len() as u32)
            .filter(|&slot| self[slot].life != Life::Free)
            .collect();
        slots.into_iter()
    }

    fn slot_of(&self, id: ListenerId) -> Option<u32> {
        self.slots().find(|&slot| self[slot].id == id)
    }

    /// Whether there were any, and none takes connections any more.
    pub(crate) fn are_stopping(&self) -> bool {
        let goes_on = |listening: &Listening| listening.life == Life::Open && listening.stop == Stop::Not;
        !self.slots.is_empty() && !self.slots.iter().any(goes_on)
    }

    /// One of them may have come to its end.
    #[inline]
    pub(crate) fn look_for_ends(&mut self) {
        self.may_have_ended = true;
    }

    fn shortest_ms(&self) -> u64 {
        let all = self
            .slots
            .iter()
            .map(|listening| deadlines::shortest_ms(&listening.deadlines));
        all.min().unwrap_or(u64::from(u32::MAX))
    }
}

impl<L> Connections<L> {
    /// Adds a listener, which has the engine's options until the application has others count; gives the slot that it has until
    /// its end was [told](Self::take_ended).
    pub fn add_listener(&mut self, id: ListenerId, place: Place) -> u32 {
        let EngineOptions {
            limits, deadlines, ..
        } = &self.options;
        let listening = Listening {
            id,
            place,
            life: Life::Open,
            connections: 0,
            limits: limits.clone(),
            deadlines: deadlines.clone(),
            stop: Stop::Not,
            tells_rejections: false,
            takes_http2: true,
            tells_opened: false,
        };
        let slots = &mut self.listeners.slots;
        let slot = match slots.iter().position(|other| other.life == Life::Free) {
            Some(free) => {
                slots[free] = listening;
                free as u32
            }
            None => {
                slots.push(listening);
                slots.len() as u32 - 1
            }
        };
        self.shortest_ms = self.listeners.shortest_ms();
        self.listeners.look_for_ends();
        slot
    }

    /// The slot of a listener; `None`: it has come to its end.
    pub fn listener_slot(&self, id: ListenerId) -> Option<u32> {
        self.listeners.slot_of(id)
    }

    /// A connection on its way to another engine, which is a listener's.
    pub fn handed(&self, socket: OwnedFd, listener: u32, has_asked: bool) -> Handed {
        let (_, place) = self.listener(listener);
        Handed::new(socket, place, has_asked).of_only(self.listeners.slots().count() == 1)
    }

    /// The slot of the listener that goes on with a connection of another engine.
    pub fn slot_for(&self, handed: &Handed) -> Option<u32> {
        let only = || {
            let mut slots = self.listeners.slots();
            slots
                .next()
                .filter(|_| handed.is_of_only() && slots.next().is_none())
        };
        // A program that has one server, and listens elsewhere since it was changed, keeps its connections.
        self.slot_in(handed.place()).or_else(only)
    }

    /// The slot of the listener whose connection one is that was accepted in a place; the youngest that takes connections, or one
    /// that does not any more.
    pub(crate) fn slot_in(&self, place: Place) -> Option<u32> {
        if place == Place::ANYWHERE {
            return self.listeners.slots().next();
        }
        let in_place = |slot: &u32| self.listeners[*slot].place == place;
        let slots = self.listeners.slots().filter(in_place);
        slots.max_by_key(|&slot| {
            let listening = &self.listeners[slot];
            (listening.stop == Stop::Not, listening.id.0)
        })
    }

    /// What a listener is called, and where it is.
    pub fn listener(&self, slot: u32) -> (ListenerId, Place) {
        let listening = &self.listeners[slot];
        (listening.id, listening.place)
    }

    /// The listener of a connection, as the driver counts them.
    pub fn listener_of(&self, index: u32) -> u32 {
        self.connections[index].listener
    }

    /// Whether nothing is to be accepted from a listener any more.
    pub fn is_listener_stopping(&self, slot: u32) -> bool {
        self.listeners[slot].stop != Stop::Not
    }

    /// A listener that is stopping gives no connection any more: its socket is closed.
    pub fn listener_closed(&mut self, slot: u32) {
        let listening = &mut self.listeners[slot];
        if listening.life == Life::Open {
            listening.life = Life::Closed;
            self.listeners.look_for_ends();
        }
    }

    /// [`listener_closed`](Self::listener_closed) of all.
    pub fn all_closed(&mut self) {
        for slot in self.listeners.slots() {
            self.listener_closed(slot);
        }
    }

    /// A listener that has come to its end: nothing is accepted from it, and its connections have ended, or, where it was to
    /// end soon, have said their last.
    pub fn take_ended(&mut self) -> Option<ListenerId> {
        if !std::mem::take(&mut self.listeners.may_have_ended) {
            return None;
        }
        let mut ended = None;
        for slot in self.listeners.slots() {
            if self.listeners[slot].life == Life::Closed && self.is_listener_through(slot) {
                if ended.is_some() {
                    self.listeners.look_for_ends();
                    break;
                }
                self.listeners[slot].life = Life::Told;
                ended = Some(self.listeners[slot].id);
            }
            // Where all come to an end, some may still be given back to it.
            let goes_on = !self.is_stopping();
            if goes_on && self.listeners[slot].life == Life::Told && self.listeners[slot].connections == 0 {
                self.listeners[slot].life = Life::Free;
            }
        }
        ended
    }

    /// The deadlines that count for a connection.
    #[inline]
    pub(crate) fn deadlines(&self, connection: &Connection<L>) -> &Deadlines {
        &self.listeners[connection.listener].deadlines
    }

    /// Has other deadlines count, also for what has begun.
    pub(crate) fn set_deadlines(&mut self, listener: ListenerId, deadlines: &Deadlines) {
        let Some(slot) = self.listeners.slot_of(listener) else {
            return;
        };
        if self.listeners[slot].deadlines != *deadlines {
            self.listeners[slot].deadlines = deadlines.clone();
            self.shortest_ms = self.listeners.shortest_ms();
            self.unsettle_of(slot);
        }
    }

    /// Changes what counts for a listener's connections.
    pub(crate) fn change_listener(&mut self, id: ListenerId, change: impl FnOnce(&mut Listening)) {
        if let Some(slot) = self.listeners.slot_of(id) {
            change(&mut self.listeners[slot]);
        }
    }

    /// The slots of a listener's connections; a copy, so that each may be changed meanwhile.
    pub(crate) fn slots_of(&self, listener: u32) -> Vec<u32> {
        let is_its = |index: &u32| self.connections[*index].listener == listener;
        self.connections.indices().filter(is_its).collect()
    }

    pub(crate) fn unsettle_of(&mut self, listener: u32) {
        for index in self.slots_of(listener) {
            self.unsettle(index);
        }
    }
}
