//! Who has asked how often: what all cores of the process count together, for `Howth.rateLimit` and `--rate-limit`.
//!
//! Owns the tables, by what they are for, and the clock; they outlive the code that asks them, so that a reload forgives nobody.
//! Never looks at a request: the bridge does. Called by: the bridge, when routes are read and for each request that is limited.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use howth_rate_limit::Table;

/// So many tables that no route asks any more are kept, at most: those of code that is being replaced, and of a core that starts
/// again.
const UNUSED_MAX: usize = 64;

/// What a table is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// `--rate-limit`.
    All,
    /// Whatever routes have this name.
    Named(String),
    /// One route.
    Route {
        /// The place where its server listens.
        place: u32,
        path: String,
        method: String,
        /// How many layers are around this one.
        depth: usize,
    },
}

/// The tables of a process.
#[derive(Debug)]
pub(crate) struct RateLimits {
    start: Instant,
    tables: Mutex<HashMap<(Scope, usize), Arc<Table>>>,
}

impl Default for RateLimits {
    fn default() -> Self {
        RateLimits {
            start: Instant::now(),
            tables: Mutex::default(),
        }
    }
}

impl RateLimits {
    /// The table for this, with room for so many clients.
    pub(crate) fn table(&self, scope: Scope, keys: usize) -> Arc<Table> {
        // It is never half changed.
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tables.get(&(scope.clone(), keys)) {
            return known.clone();
        }
        let is_unused = |table: &Arc<Table>| Arc::strong_count(table) == 1;
        if tables.values().filter(|table| is_unused(table)).count() >= UNUSED_MAX {
            tables.retain(|_, table| !is_unused(table));
        }
        let table = Arc::new(Table::new(keys));
        tables.insert((scope, keys), table.clone());
        table
    }

    /// The time that all cores count by.
    pub(crate) fn now_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_found_again_and_their_number_has_a_bound() {
        let limits = RateLimits::default();
        let named = |name: usize| Scope::Named(name.to_string());
        let held = limits.table(named(0), 100);
        assert!(Arc::ptr_eq(&held, &limits.table(named(0), 100)));
        assert!(!Arc::ptr_eq(&held, &limits.table(named(0), 200)));
        let forgotten = limits.table(named(1), 100);
        let kept = Arc::downgrade(&forgotten);
        drop(forgotten);
        assert!(kept.upgrade().is_some(), "it is kept for code that comes");
        for name in 2..1000 {
            limits.table(named(name), 100);
        }
        assert!(kept.upgrade().is_none());
        assert!(limits.tables.lock().expect("no panic").len() <= UNUSED_MAX + 2);
        assert!(Arc::ptr_eq(&held, &limits.table(named(0), 100)));
    }
}
