//! What a request meets before what answers it.
//!
//! Owns the trait. Never decides which layers a route has: who makes routes does. Called by: the table, once for each request,
//! on the core whose client has sent it.

use std::fmt;
use std::rc::Rc;

use howth_engine::{ExchangeId, Exchanges};

use crate::answer::Asked;

/// A part of the server around what answers: it adds fields to responses, or answers some requests itself.
pub trait Layer: fmt::Debug {
    /// Meets a request. What it may do: answer it, [add fields](Exchanges::add_fields) to its response.
    fn meet(&self, exchanges: &dyn Exchanges, id: ExchangeId, asked: &Asked<'_>) -> Meeting;

    /// Whether it answers preflights (Fetch standard, section 3.3.2): requests by OPTIONS that ask about another method, which
    /// may be the only one that the route has.
    fn answers_preflights(&self) -> bool {
        false
    }
}

/// What became of a request that met a [`Layer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// It is answered, or will be.
    Answered,
    /// It goes on to the next layer, or to what answers.
    GoesOn,
}

/// Layers in the order in which a request meets them; the outermost is the first.
pub type Layers = Rc<[Rc<dyn Layer>]>;
