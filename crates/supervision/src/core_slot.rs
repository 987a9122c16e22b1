//! The place of a core among the others.
//!
//! Owns plain data. Decides nothing: `supervisor/layout.rs` does. Called by: the supervisor, which gives a core its
//! place; the runtime, which starts it there.

use std::sync::Arc;

use crate::inbox::Inbox;

/// The place of a core among the others, which it may take over from another core.
#[derive(Clone, Debug)]
pub struct CoreSlot {
    /// Its number.
    pub index: usize,
    /// The processor it is to stay on.
    pub processor: Option<usize>,
    /// Where the connections of the core before it arrive.
    pub inbox: Arc<Inbox>,
    /// It listens, but does not serve before it is told to.
    pub waits: bool,
}
