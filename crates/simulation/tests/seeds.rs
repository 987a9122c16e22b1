//! Every seed is a scenario, and no check fails in any.
//!
//! A failure prints the smallest scenario that was found, and the command that runs it. `HOWTH_SIMULATION_SEED` runs one
//! seed, without what `HOWTH_SIMULATION_WITHOUT` names, and `HOWTH_SIMULATION_TRACE=1` prints what happens in it; `HOWTH_SIMULATION_SECONDS` goes on for that long, from the seed
//! `HOWTH_SIMULATION_FIRST` on.
#![cfg(target_os = "linux")]

mod counting;

use std::time::{Duration, Instant};

use howth_simulation::{Outcome, Scenario, report, run_caught, shrink};

/// Turns of engines, unless a time is given.
const STEPS: u64 = if cfg!(debug_assertions) { 50_000 } else { 1_500_000 };

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// Seeds that have found a fault of the engine: a paused stream taken for silent after a long turn; a client of HTTP/1.0
/// taken for one that has promised to send no more; a response until the close, given whole and sent in part, that an abort
/// ended as if it were sent whole; a request that waited for a receive buffer while its connection was ended as idle.
const FOUND: [u64; 4] = [1187, 100_527, 101_753, 114_975];

#[test]
fn what_was_found_stays_mended() {
    for seed in FOUND {
        let scenario = Scenario::of(seed);
        if let Err(failure) = run_caught(&scenario) {
            panic!("{}", report(&scenario, &failure));
        }
    }
}

#[test]
fn every_seed_is_served_right() {
    if let Some(seed) = variable("HOWTH_SIMULATION_SEED") {
        let without = std::env::var("HOWTH_SIMULATION_WITHOUT").unwrap_or_default();
        let without: Vec<String> = without
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        let scenario = Scenario::of(seed).without(&without);
        if variable("HOWTH_SIMULATION_TRACE").is_some() {
            howth_simulation::trace::start();
        }
        match run_caught(&scenario) {
            Ok(outcome) => println!("{scenario}\n{outcome:?}"),
            Err(failure) => panic!("{}", report(&scenario, &failure)),
        }
        return;
    }
    let until =
        variable("HOWTH_SIMULATION_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut total = Outcome::default();
    let mut seed = variable("HOWTH_SIMULATION_FIRST").unwrap_or(0);
    while until.map_or(total.steps < STEPS, |until| Instant::now() < until) {
        let scenario = Scenario::of(seed);
        match run_caught(&scenario) {
            Ok(outcome) => {
                total.steps += outcome.steps;
                total.requests += outcome.requests;
                total.completed += outcome.completed;
                total.engine_bytes_max = total.engine_bytes_max.max(outcome.engine_bytes_max);
            }
            Err(failure) => {
                let (smallest, failure) = shrink(scenario, failure);
                panic!("{}", report(&smallest, &failure));
            }
        }
        seed += 1;
    }
    println!("{seed} seeds: {total:?}");
    // A simulation in which little is answered would find little.
    assert!(
        total.completed * 3 > total.requests && total.requests * 100 > total.steps,
        "{total:?}"
    );
}
