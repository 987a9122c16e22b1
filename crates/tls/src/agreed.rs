//! What is known of sessions: one copy for all of which the same is known.
//!
//! Most clients agree upon the same as others do, and one that shows a certificate shows it on each of its connections: so an
//! idle session owns nothing of it. Owns the copies. Never finds anything out: `session` does. Called by: `session`, as a
//! handshake ends.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use howth_engine::TlsFacts;

/// So many copies are kept without a look at who still has them.
const COPIES_MIN: usize = 64;

/// The copies of a configuration.
#[derive(Default)]
pub(crate) struct Agreed(Mutex<Copies>);

#[derive(Default)]
struct Copies {
    all: HashSet<Arc<TlsFacts>>,
    /// Once there are so many, those go that nobody has any more.
    enough: usize,
}

impl Agreed {
    /// The copy of `facts`, which is the same for all that are equal.
    pub(crate) fn share(&self, facts: TlsFacts) -> Arc<TlsFacts> {
        let mut copies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = copies.all.get(&facts) {
            return known.clone();
        }
        if copies.all.len() >= copies.enough {
            copies.all.retain(|copy| Arc::strong_count(copy) > 1);
            copies.all.shrink_to(COPIES_MIN);
            copies.enough = COPIES_MIN.max(2 * copies.all.len());
        }
        let copy = Arc::new(facts);
        copies.all.insert(copy.clone());
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_host(name: usize) -> TlsFacts {
        TlsFacts {
            server_name: Some(name.to_string()),
            ..TlsFacts::default()
        }
    }

    #[test]
    fn there_is_one_copy_of_the_same() {
        let agreed = Agreed::default();
        let copy = agreed.share(of_host(1));
        assert!(Arc::ptr_eq(&copy, &agreed.share(of_host(1))));
        assert!(!Arc::ptr_eq(&copy, &agreed.share(of_host(2))));
    }

    #[test]
    fn what_nobody_has_any_more_goes() {
        let agreed = Agreed::default();
        let kept: Vec<_> = (0..100).map(|name| agreed.share(of_host(name))).collect();
        for name in 100..10_000 {
            agreed.share(of_host(name));
        }
        assert!(agreed.0.lock().expect("nobody panicked").all.len() <= 200);
        for (name, copy) in kept.iter().enumerate() {
            assert!(Arc::ptr_eq(copy, &agreed.share(of_host(name))));
        }
    }
}
