//! A fuzzer that needs nothing but `cargo test`: mutated requests, split at arbitrary places.
//!
//! Every input must give the same events and the same verdict whole, byte by byte and split at random, and
//! every head that is accepted must be one by the strict grammar. The same seed gives the same inputs; set
//! `HOWTH_FUZZ_SECONDS` to go on for that long with further ones.

mod support;

use std::collections::BTreeMap;

use howth_http1::Limits;
use support::corpus::{HOSTILE, PIECES, VALID};
use support::iterations::iterations;
use support::random::Random;
use support::{Transcript, Verdict, decode_bytewise, decode_split, decode_whole};

const ITERATIONS: u64 = if cfg!(debug_assertions) {
    100_000
} else {
    4_000_000
};

#[test]
fn verdicts_do_not_depend_on_splits() {
    let mut done = 0;
    let mut seen = BTreeMap::new();
    for iteration in iterations(ITERATIONS) {
        let transcript = check(iteration);
        done = iteration + 1;
        *seen.entry(outcome(&transcript)).or_insert(0_u64) += 1;
    }
    // A fuzzer that no longer reaches a rule would pass as well.
    for outcome in ["taken", "400", "405", "413", "414", "417", "431", "501", "505"] {
        assert!(
            seen.get(outcome).is_some_and(|&times| times > done / 10_000),
            "{outcome} in {seen:?}"
        );
    }
}

fn outcome(transcript: &Transcript) -> String {
    match transcript.verdict {
        Verdict::Rejected(rejection) => rejection.status.to_string(),
        Verdict::NeedMore { .. } if transcript.messages.is_empty() => "incomplete".to_owned(),
        Verdict::NeedMore { .. } => "taken".to_owned(),
    }
}

fn check(seed: u64) -> Transcript {
    let mut random = Random::new(seed);
    let limits = limits(&mut random);
    let input = input(&mut random);
    let splits = random.splits(input.len());
    let whole = decode_whole(&input, &limits);
    let text = input.escape_ascii();
    assert_eq!(
        whole,
        decode_split(&input, &splits, &limits),
        "seed {seed}, splits {splits:?}: {text}"
    );
    assert_eq!(
        whole,
        decode_bytewise(&input, &limits),
        "seed {seed}, byte by byte: {text}"
    );
    whole
}

/// Small bounds make the bounds part of what is tested.
fn limits(random: &mut Random) -> Limits {
    if random.below(3) == 0 {
        return Limits::default();
    }
    Limits {
        head_bytes_max: random.below(160),
        target_bytes_max: random.below(40),
        fields_max: random.below(6),
        body_bytes_max: random.below(20) as u64,
        chunk_extension_bytes_max: random.below(20),
        trailer_bytes_max: random.below(40),
        takes_connect: random.below(2) == 0,
        requires_host: random.below(2) == 0,
        takes_expectations: false,
    }
}

fn input(random: &mut Random) -> Vec<u8> {
    let mut input = seed_request(random);
    for _ in 0..random.below(5) {
        mutate(&mut input, random);
    }
    if random.below(4) == 0 {
        input.extend_from_slice(&seed_request(random));
    }
    input
}

fn seed_request(random: &mut Random) -> Vec<u8> {
    let corpus = if random.below(3) == 0 { HOSTILE } else { VALID };
    random.choose(corpus).to_vec()
}

fn mutate(input: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(12)).min(input.len());
    match random.below(7) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => input[at] = random.next() as u8,
        2 => drop(input.drain(at..end)),
        3 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        4 => input.truncate(at),
        5 => drop(input.splice(at..end, random.choose(PIECES).iter().copied())),
        _ => drop(input.splice(at..at, random.choose(PIECES).iter().copied())),
    }
}
