//! Origins that were granted before, and what is added for each.
//!
//! Owns a cache of a bounded size, which the crate `quick_cache` keeps, hashed by a key that no client knows. It saves a comparison and
//! the making of the fields: `benches/cors.rs` has the figures. Decides nothing. Called by: the layer, on its core.

use std::cell::RefCell;
use std::hash::RandomState;
use std::sync::Arc;

use howth_engine::AddedFields;
use quick_cache::UnitWeighter;
use quick_cache::unsync::{Cache, DefaultLifecycle};

/// Origins that are kept.
pub(super) const ORIGINS_MAX: usize = 128;

/// Bytes of an origin that is kept; longer ones are compared each time.
pub(super) const ORIGIN_BYTES_MAX: usize = 256;

/// What is added, by origins.
type Origins = Cache<Box<[u8]>, Arc<AddedFields>, UnitWeighter, RandomState>;

/// The cache.
pub(super) struct Known(RefCell<Origins>);

impl Default for Known {
    fn default() -> Self {
        Known(RefCell::new(Cache::with(
            ORIGINS_MAX,
            ORIGINS_MAX as u64,
            UnitWeighter,
            RandomState::new(),
            DefaultLifecycle::default(),
        )))
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Known({})", self.len())
    }
}

impl Known {
    /// What is added for an origin that was granted before.
    pub(super) fn find(&self, origin: &[u8]) -> Option<Arc<AddedFields>> {
        self.0.borrow_mut().get(origin).cloned()
    }

    /// Keeps it for the next time.
    pub(super) fn keep(&self, origin: &[u8], fields: &Arc<AddedFields>) {
        if origin.len() <= ORIGIN_BYTES_MAX {
            self.0.borrow_mut().insert(origin.into(), fields.clone());
        }
    }

    /// How many are kept.
    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }
}
