//! What an application may do with the listeners of its core, and with all connections of one.
//!
//! Owns the [`Listeners`] trait, implemented by the engines. A listener that has come to its end has no connections, and nothing
//! comes of what is asked of it. Called by: the application, through [`Exchanges`](crate::Exchanges).

use howth_http1::Limits;

use crate::{ConnectionEnd, Deadlines, ListenerId, Place};

/// The listeners of a core.
pub trait Listeners {
    /// The listener that takes connections in a place.
    fn listener_in(&self, place: Place) -> Option<ListenerId>;

    /// From now on [`Event::Opened`](crate::Event::Opened) tells of its connections.
    fn tell_opened(&self, listener: ListenerId);

    /// From now on the application answers what the engine would refuse of its clients by itself: requests for a tunnel, by
    /// CONNECT, and with expectations of any kind, and what breaks a rule where a request should stand
    /// ([`Event::Rejected`](crate::Event::Rejected)).
    fn take_refusals(&self, listener: ListenerId);

    /// Has other bounds count for its requests from now on. `change` must call no method of the engine.
    fn change_limits(&self, listener: ListenerId, change: &mut dyn FnMut(&mut Limits));

    /// Has other deadlines count from now on, for all its connections.
    fn set_deadlines(&self, listener: ListenerId, deadlines: &Deadlines);

    /// The deadlines that count for its connections.
    fn deadlines(&self, listener: ListenerId) -> Deadlines;

    /// Ends all its connections; those alone, where it is in good order, that have answered a request and wait for none: also
    /// behind responses that are whole, and on their way.
    fn end_connections(&self, listener: ListenerId, end: ConnectionEnd);

    /// How many of its connections are open.
    fn connections(&self, listener: ListenerId) -> usize;

    /// How many of its exchanges wait for the end of their response; takes time in proportion to all that there ever were at
    /// once.
    fn pending(&self, listener: ListenerId) -> usize;
}
