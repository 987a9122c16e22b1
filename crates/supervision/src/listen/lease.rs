//! What one core listens on, and for how long.
//!
//! Owns what a core asks for, and gives back. Never decides whether a socket outlives its core: its parent does. Called by: the
//! cores.

use std::sync::Arc;

use howth_engine::{Listener, ListenerId, ListeningSocket, Place};

use super::place::{adopted, bind};
use super::socket::{SocketOptions, Target};
use super::{Address, Bound, Leased, Life, Listeners, State, Wanted};
use crate::error::ListenError;

/// Where one core listens.
#[derive(Debug)]
pub struct CoreListeners {
    listeners: Arc<Listeners>,
    pub(super) life: Life,
}

impl CoreListeners {
    pub(super) fn new(listeners: Arc<Listeners>, life: Life) -> Self {
        CoreListeners { listeners, life }
    }

    /// Duplicates of the core's listening sockets, which are made for the first.
    ///
    /// # Errors
    /// Nobody can listen there, this core does already, or the process is ending.
    pub fn listen(&self, wanted: &Wanted) -> Result<(Listener, Address, Lease), ListenError> {
        let life = self.life;
        let (is_first, id) = {
            let mut state = self.listeners.state();
            let is_first = !state.bound.iter().any(|bound| bound.is_kept_by(life));
            (is_first, state.next_listener())
        };
        // What is listened at by then is given back if listening at another address fails.
        let mut lease = Lease {
            listeners: self.listeners.clone(),
            life,
            listener: id,
            places: Vec::new(),
            is_closing: false,
        };
        let options = SocketOptions {
            unix_mode: self.listeners.options.unix_mode,
            ..SocketOptions::from(wanted)
        };
        let mut opened = Vec::new();
        for target in Target::resolve_all(self.listeners.asked(wanted, is_first))? {
            let others = match target {
                Target::Inherited => self.free_places().saturating_sub(1),
                Target::Tcp { .. } | Target::Unix(_) => 0,
            };
            let others = (0..others).map(|_| Target::Inherited);
            for target in others.chain([target]) {
                let (number, socket, address) = self.socket_at(id, target, options)?;
                lease.places.push(number);
                opened.push((socket, address));
            }
        }
        let mut opened = opened.into_iter();
        let Some(((socket, mut address), place)) = opened.next().zip(lease.places.first().copied()) else {
            return Err(ListenError::NotPassed);
        };
        let (more, others) = opened.unzip();
        address.others = others;
        let listener = Listener {
            id,
            place,
            more,
            ..Listener::from(socket)
        };
        Ok((listener, address, lease))
    }

    /// How many places were inherited where the core does not listen.
    fn free_places(&self) -> usize {
        let state = self.listeners.state();
        let is_free = |bound: &&Bound| bound.place.is_at(&Target::Inherited) && !bound.is_kept_by(self.life);
        state.bound.iter().filter(is_free).count()
    }

    /// One of its sockets.
    fn socket_at(
        &self,
        listener: ListenerId,
        target: Target,
        options: SocketOptions,
    ) -> Result<(Place, ListeningSocket, Address), ListenError> {
        let life = self.life;
        let mut state = self.listeners.state();
        let is_own = |bound: &Bound| bound.is_kept_by(life);
        let in_place = |bound: &&Bound| bound.place.is_at(&target);
        let is_any = target.is_any_port() || matches!(target, Target::Inherited);
        if !is_any && state.bound.iter().filter(in_place).any(is_own) {
            return Err(target.in_use());
        }
        // Clients still know the port of a server that this core closes: any port is another one.
        let is_left = |bound: &Bound| target.is_any_port() && bound.is_listened_on_by(life);
        let known = state
            .bound
            .iter()
            .position(|bound| bound.place.is_at(&target) && !is_own(bound) && !is_left(bound));
        let position = match known {
            Some(position) => position,
            None => {
                // Where the program listened before it was changed. What was inherited may still be asked for.
                let is_inherited = |bound: &Bound| bound.place.is_at(&Target::Inherited);
                state
                    .bound
                    .retain(|bound| !bound.is_unused() || is_inherited(bound));
                let (address, place) = bind(life.core, target, options)?;
                state.add(address, place);
                state.bound.len() - 1
            }
        };
        self.lease(&mut state, position, listener)
    }

    /// The same at a socket that the program has been given, which listens. Other cores that are given one of that address listen
    /// there as well.
    ///
    /// # Errors
    /// The socket has no address, this core listens there already, or the process is ending.
    pub fn listen_at(&self, socket: ListeningSocket) -> Result<(Listener, Address, Lease), ListenError> {
        let life = self.life;
        let (address, mut place) = adopted(life.core, socket)?;
        let mut state = self.listeners.state();
        let known = state
            .bound
            .iter()
            .position(|bound| bound.place.has_address_of(&place));
        let position = match known {
            Some(position) if state.bound[position].is_kept_by(life) => {
                return Err(state.bound[position].place.in_use());
            }
            Some(position) => {
                state.bound[position].place.take_over(life.core, &mut place);
                position
            }
            None => {
                state.add(address, place);
                state.bound.len() - 1
            }
        };
        let id = state.next_listener();
        let (place, socket, address) = self.lease(&mut state, position, id)?;
        let listener = Listener {
            id,
            place,
            ..Listener::from(socket)
        };
        let lease = Lease {
            listeners: self.listeners.clone(),
            life,
            listener: id,
            places: vec![place],
            is_closing: false,
        };
        Ok((listener, address, lease))
    }

    /// A socket at a place that is bound.
    fn lease(
        &self,
        state: &mut State,
        position: usize,
        listener: ListenerId,
    ) -> Result<(Place, ListeningSocket, Address), ListenError> {
        let life = self.life;
        let is_in_charge = state
            .current
            .get(&life.core)
            .is_none_or(|current| *current == life);
        let bound = &mut state.bound[position];
        let socket = bound.place.listener(life.core, &bound.address)?;
        bound.leases.push(Leased {
            life,
            listener,
            is_closing: false,
        });
        if is_in_charge {
            bound.cores.insert(life.core);
        }
        Ok((bound.number, socket, bound.address.clone()))
    }

    /// A listener without a socket, whose connections another process accepts.
    pub fn elsewhere(&self) -> Listener {
        let mut state = self.listeners.state();
        Listener {
            id: state.next_listener(),
            place: state.next_place(),
            ..Listener::from(ListeningSocket::Elsewhere)
        }
    }

    /// The program has closed a listener, and may listen there again, also before the core has done the same.
    pub fn note_closing(&self, listener: ListenerId) {
        let mut state = self.listeners.state();
        let leases = state.bound.iter_mut().flat_map(|bound| &mut bound.leases);
        for leased in leases.filter(|leased| leased.listener == listener) {
            leased.is_closing = true;
        }
    }

    /// The core has started, and asked for all that it listens on: what another of its number had besides is closed.
    pub fn settle(&self) {
        let mut state = self.listeners.state();
        state.settled.insert(self.life.number);
        state.put_in_charge(self.life);
    }
}

impl Drop for CoreListeners {
    fn drop(&mut self) {
        self.listeners.state().settled.remove(&self.life.number);
    }
}

/// A core listens; given back when it does not any more.
#[derive(Debug)]
pub struct Lease {
    listeners: Arc<Listeners>,
    pub(super) life: Life,
    pub(super) listener: ListenerId,
    pub(super) places: Vec<Place>,
    pub(super) is_closing: bool,
}

impl Lease {
    /// The program has stopped its server, and with it the core's socket. A lease that is only dropped, because its core
    /// ends, leaves that open for the core that follows, unless that listens somewhere else.
    pub fn close(mut self) {
        self.is_closing = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.listeners.give_back(self);
    }
}
