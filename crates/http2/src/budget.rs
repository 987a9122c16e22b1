//! How often a client may do what costs it less than the server.
//!
//! Owns a count that time forgives. Never reads a clock. Called by: the session.

/// A count of something, of which a number is allowed at once, and some again each second.
#[derive(Debug)]
pub(crate) struct Budget {
    used: u32,
    forgiven_ms: u64,
}

impl Budget {
    /// Nothing is used.
    pub fn new(now_ms: u64) -> Self {
        Budget {
            used: 0,
            forgiven_ms: now_ms,
        }
    }

    /// Counts one. False: that was too many.
    #[must_use]
    pub fn use_one(&mut self, at_once: u32, per_second: u32, now_ms: u64) -> bool {
        let passed_ms = now_ms.saturating_sub(self.forgiven_ms);
        let forgiven = passed_ms.saturating_mul(u64::from(per_second)) / 1000;
        if forgiven > 0 {
            self.used = self.used.saturating_sub(forgiven.try_into().unwrap_or(u32::MAX));
            // What is less than one counts the next time.
            self.forgiven_ms += forgiven * 1000 / u64::from(per_second);
        }
        let is_allowed = self.used < at_once;
        self.used += u32::from(is_allowed);
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_some_at_once_and_some_again_each_second() {
        let mut budget = Budget::new(5);
        assert!((0..3).all(|_| budget.use_one(3, 2, 5)));
        assert!(!budget.use_one(3, 2, 400));
        // Two seconds forgive four, which is all that were used.
        assert!((0..3).all(|_| budget.use_one(3, 2, 2_400)));
        assert!(!budget.use_one(3, 2, 2_401));
    }

    #[test]
    fn forgives_nothing_twice_in_a_rush() {
        let mut budget = Budget::new(0);
        let taken = (0..10_000)
            .filter(|now_ms| budget.use_one(5, 100, *now_ms / 10))
            .count();
        // A second has passed.
        assert!((100..=110).contains(&taken), "{taken}");
    }
}
