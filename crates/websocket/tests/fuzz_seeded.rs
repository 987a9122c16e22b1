//! A fuzzer that needs nothing but `cargo test`: mutated frames, split at arbitrary places.
//!
//! Every input must give the same events and the same verdict whole, byte by byte and split at random. The same seed gives the
//! same inputs; set `HOWTH_FUZZ_SECONDS` to go on for that long with further ones.

#[allow(dead_code)]
mod support;

use std::collections::BTreeMap;

use howth_websocket::{Deflater, Opcode, masked_frame};
use support::iterations::iterations;
use support::random::Random;
use support::{Came, Transcript, decode};

const ITERATIONS: u64 = if cfg!(debug_assertions) { 20_000 } else { 500_000 };

#[test]
fn verdicts_do_not_depend_on_splits() {
    let mut done = 0;
    let mut seen = BTreeMap::new();
    for iteration in iterations(ITERATIONS) {
        for outcome in outcomes(&check(iteration)) {
            *seen.entry(outcome).or_insert(0_u64) += 1;
        }
        done = iteration + 1;
    }
    // A fuzzer that no longer reaches a rule would pass as well.
    for outcome in [
        "Text",
        "Binary",
        "Ping",
        "Pong",
        "Close",
        "ReservedBit",
        "ReservedOpcode",
        "Unmasked",
        "Length",
        "LongControl",
        "FragmentedControl",
        "Continuation",
        "Interleaved",
        "CloseLength",
        "CloseCode",
        "CloseReason",
        "Violation Text",
        "Compressed",
        "LongMessage",
    ] {
        assert!(
            seen.get(outcome).is_some_and(|&times| times > done / 10_000),
            "{outcome} in {seen:?}"
        );
    }
}

fn outcomes((came, violation): &Transcript) -> Vec<String> {
    let mut outcomes: Vec<String> = came
        .iter()
        .map(|came| match came {
            Came::Text(_) => "Text",
            Came::Binary(_) => "Binary",
            Came::Ping(_) => "Ping",
            Came::Pong(_) => "Pong",
            Came::Close(..) => "Close",
        })
        .map(str::to_owned)
        .collect();
    if let Some(violation) = violation {
        let name = format!("{violation:?}");
        let name = name.split('(').next().unwrap_or_default();
        outcomes.push(match name {
            "Text" => "Violation Text".to_owned(),
            name => name.to_owned(),
        });
    }
    outcomes
}

fn check(seed: u64) -> Transcript {
    let mut random = Random::new(seed);
    let may_compress = random.below(2) == 0;
    let input = input(&mut random, may_compress);
    let splits = random.splits(input.len());
    let whole = decode(&input, &[], may_compress);
    assert_eq!(
        whole,
        decode(&input, &splits, may_compress),
        "seed {seed}, splits {splits:?}: {input:x?}"
    );
    let bytewise: Vec<usize> = (1..input.len()).collect();
    assert_eq!(
        whole,
        decode(&input, &bytewise, may_compress),
        "seed {seed}, byte by byte: {input:x?}"
    );
    whole
}

fn input(random: &mut Random, may_compress: bool) -> Vec<u8> {
    let mut input = Vec::new();
    for _ in 0..=random.below(5) {
        input.extend(some_frame(random, may_compress));
    }
    for _ in 0..random.below(4) {
        mutate(&mut input, random);
    }
    input
}

fn some_frame(random: &mut Random, may_compress: bool) -> Vec<u8> {
    let opcode = match random.below(12) {
        0..=2 => Opcode::Text,
        3..=5 => Opcode::Binary,
        6..=8 => Opcode::Continuation,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        _ => Opcode::Close,
    };
    let is_control = matches!(opcode, Opcode::Ping | Opcode::Pong | Opcode::Close);
    let length = match random.below(8) {
        0 => 0,
        1 => 124 + random.below(4),
        2 if !is_control => 198 + random.below(5),
        _ => random.below(30),
    };
    let mut payload: Vec<u8> = match random.below(4) {
        0 => (0..length).map(|_| random.next() as u8).collect(),
        _ => "aä€😀".bytes().cycle().take(length).collect(),
    };
    if opcode == Opcode::Close && payload.len() > 1 && random.below(3) > 0 {
        payload[..2].copy_from_slice(&1000_u16.to_be_bytes());
    }
    let is_compressed = may_compress && !is_control && opcode != Opcode::Continuation && random.below(2) == 0;
    if is_compressed && random.below(4) > 0 {
        payload = Deflater::new(9, false).deflate(&payload);
    }
    let is_final = is_control || random.below(3) > 0;
    masked_frame(
        opcode,
        is_final,
        is_compressed,
        &payload,
        (random.next() as u32).to_be_bytes(),
    )
}

fn mutate(input: &mut Vec<u8>, random: &mut Random) {
    if input.is_empty() {
        return;
    }
    let at = match random.below(2) {
        // Where heads are.
        0 => random.below(input.len().min(4)),
        _ => random.below(input.len()),
    };
    let end = (at + random.below(6)).min(input.len());
    match random.below(5) {
        0 => input[at] ^= 1 << random.below(8),
        1 => input[at] = random.next() as u8,
        2 => drop(input.drain(at..end)),
        3 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        _ => input.truncate(at),
    }
}
