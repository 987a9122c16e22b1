//! A fuzzer that needs nothing but `cargo test`: mutated frames, split at arbitrary places.
//!
//! Every input must give the same events, the same bytes to the client and the same verdict whole, byte by byte and split at
//! random, and hold no more than its bounds. The same seed gives the same inputs; set `HOWTH_FUZZ_SECONDS` to go on for that
//! long with further ones.

#[path = "../../http1/tests/support/iterations.rs"]
mod iterations;
#[path = "../../http1/tests/support/random.rs"]
#[allow(dead_code, reason = "others need more of it")]
mod random;
mod support;

use std::collections::BTreeMap;

use howth_http2::{Limits, Reason};
use iterations::iterations;
use random::Random;
use support::{END_HEADERS, END_STREAM, Peer, frame};

const ITERATIONS: u64 = if cfg!(debug_assertions) { 5_000 } else { 100_000 };

/// What came of an input.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    requests: Vec<(u32, bool)>,
    body: Vec<u8>,
    ended: Vec<u32>,
    said: Vec<u8>,
    error: Option<Reason>,
}

#[test]
fn verdicts_do_not_depend_on_splits() {
    let mut seen = BTreeMap::new();
    for iteration in iterations(ITERATIONS) {
        let outcome = check(iteration);
        for (name, is_seen) in [
            ("a request", !outcome.requests.is_empty()),
            ("a body", !outcome.body.is_empty()),
            ("an end", !outcome.ended.is_empty()),
            (
                "a reset",
                outcome.said.windows(5).any(|window| window == [0, 0, 4, 3, 0]),
            ),
        ] {
            *seen.entry(name.to_owned()).or_insert(0_u64) += u64::from(is_seen);
        }
        if let Some(reason) = outcome.error {
            *seen.entry(format!("error {}", reason.0)).or_insert(0) += 1;
        }
    }
    // A fuzzer that no longer reaches a rule would pass as well.
    for name in [
        "a request",
        "a body",
        "an end",
        "a reset",
        "error 1",
        "error 3",
        "error 6",
        "error 9",
        "error 11",
    ] {
        assert!(seen.contains_key(name), "{name} in {seen:?}");
    }
}

fn check(seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let input = input(&mut random);
    let splits = random.splits(input.len());
    let whole = outcome(&input, &[]);
    assert_eq!(
        whole,
        outcome(&input, &splits),
        "seed {seed}, splits {splits:?}: {input:x?}"
    );
    let bytewise: Vec<usize> = (1..input.len()).collect();
    assert_eq!(
        whole,
        outcome(&input, &bytewise),
        "seed {seed}, byte by byte: {input:x?}"
    );
    whole
}

fn outcome(input: &[u8], splits: &[usize]) -> Outcome {
    let limits = Limits {
        streams_max: 3,
        stream_window_bytes: 65_535,
        connection_window_bytes: 65_535,
        resets_max: 5,
        idle_frames_max: 12,
        ..Limits::default()
    };
    let mut peer = Peer::new(limits);
    let (mut start, mut error) = (0, None);
    for end in splits.iter().copied().chain([input.len()]) {
        if let Err(found) = peer.send(&input[start..end]) {
            error = Some(found.reason);
            break;
        }
        start = end;
    }
    assert!(
        peer.session.streams().len() <= 3,
        "more streams than there may be"
    );
    Outcome {
        said: peer.take(),
        requests: peer.requests,
        body: peer.body,
        ended: peer.ended,
        error,
    }
}

fn input(random: &mut Random) -> Vec<u8> {
    let mut input = Vec::new();
    for _ in 0..=random.below(12) {
        let stream = 1 + 2 * random.below(6) as u32;
        input.extend(some_frame(random, stream));
    }
    for _ in 0..random.below(3) {
        mutate(&mut input, random);
    }
    input
}

fn some_frame(random: &mut Random, stream: u32) -> Vec<u8> {
    const REQUEST: &[u8] = b"\x82\x84\x86\x41\x01h";
    match random.below(16) {
        0..=3 => frame(1, END_HEADERS | END_STREAM, stream, REQUEST),
        4 | 5 => frame(1, END_HEADERS, stream, REQUEST),
        6 => [
            frame(1, END_STREAM, stream, &REQUEST[..2]),
            frame(9, END_HEADERS, stream, &REQUEST[2..]),
        ]
        .concat(),
        7 => frame(0, END_STREAM, stream, b"the end"),
        8 => frame(0, 0, stream, &vec![b'x'; [0, 3, 16_000, 16_384][random.below(4)]]),
        9 => frame(0, 0x8, stream, b"\x03part\0\0\0"),
        10 => frame(3, 0, stream, &8_u32.to_be_bytes()),
        11 => frame(4, 0, 0, &[0, 4, 0, 0, 0, random.next() as u8]),
        12 => frame(6, 0, 0, b"whatever"),
        13 => frame(
            8,
            0,
            [0, stream][random.below(2)],
            &(random.next() as u32 >> random.below(32)).to_be_bytes(),
        ),
        // A trailer section, compressed in several ways.
        14 => frame(
            1,
            END_HEADERS | END_STREAM,
            stream,
            [&b"\x40\x01a\x82\xf1\xe3"[..], b"\x00\x01b\x01c", b"\xbe", b"\x20"][random.below(4)],
        ),
        _ => frame(random.next() as u8, random.next() as u8, stream, &[0; 5]),
    }
}

fn mutate(input: &mut Vec<u8>, random: &mut Random) {
    if input.is_empty() {
        return;
    }
    let at = random.below(input.len());
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
