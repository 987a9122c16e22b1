//! Makes a failing scenario small: leaves out what it fails without.
//!
//! Owns the search. Never changes what is left.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::scenario::Scenario;
use crate::simulation::{Outcome, run};

/// Runs tried at most.
const TRIALS_MAX: usize = 400;

/// Runs a scenario; a panic is a failure too.
///
/// # Errors
/// What is wrong.
pub fn run_caught(scenario: &Scenario) -> Result<Outcome, String> {
    catch_unwind(AssertUnwindSafe(|| run(scenario))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("a panic: {}", text.unwrap_or_default()))
    })
}

/// The smallest scenario found that fails as well, and how it fails.
pub fn shrink(scenario: Scenario, failure: String) -> (Scenario, String) {
    let (mut smallest, mut failure) = (scenario, failure);
    let mut trials = 0;
    loop {
        let before = smallest.without.len();
        for name in smallest.removable() {
            trials += 1;
            let smaller = smallest.clone().without(std::slice::from_ref(&name));
            if let Err(other) = run_caught(&smaller) {
                (smallest, failure) = (smaller, other);
            }
        }
        if smallest.without.len() == before || trials > TRIALS_MAX {
            return (smallest, failure);
        }
    }
}

/// What is to be printed of a failure: what failed, the scenario, and the command that runs it again.
pub fn report(scenario: &Scenario, failure: &str) -> String {
    let without = scenario.without.join(",");
    format!(
        "{failure}\n\n{scenario}\nHOWTH_SIMULATION_SEED={} HOWTH_SIMULATION_WITHOUT={without} \
         cargo test --release -p howth-simulation --test seeds\n",
        scenario.seed
    )
}
