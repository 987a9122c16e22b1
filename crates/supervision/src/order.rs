//! What the supervisor and a core say to each other.
//!
//! Owns the vocabulary. Never carries a message: a lane does. Called by: both.

use howth_engine::Handed;

use crate::inbox::Predecessor;
use crate::listen::Address;

/// What the supervisor orders.
#[derive(Debug)]
pub enum Order {
    /// Accept clients, and go on with the connections of the core before it.
    Serve,
    /// Answer on this connection, also before it is to serve.
    Adopt(Handed),
    /// Stop accepting, give every connection away once what is in flight on it is finished, end.
    HandOver(Predecessor),
    /// Stop accepting, finish what is in flight, end.
    Drain {
        /// Because of a signal, which the program may have heard as well; else because of a change.
        by_signal: bool,
    },
    /// Break everything off and end.
    Abort,
}

/// What a core reports. One that is gone without having said that it ended has panicked.
#[derive(Debug)]
pub enum Report<E> {
    /// It listens and serves.
    Listening {
        /// Where.
        address: Address,
        /// No other core is to.
        is_local: bool,
        /// The program says itself where, if it wants to.
        is_silent: bool,
    },
    /// It has ended.
    Ended(Result<Ended, E>),
}

/// How a core ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The program is through, or the server was stopped; the code is the program's.
    Finished(i32),
    /// The heap reached its limit. The core may be started again.
    HeapLimit,
    /// Its application heard no orders and was ended.
    Unresponsive,
}
