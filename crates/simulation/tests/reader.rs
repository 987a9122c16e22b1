//! The reference reader and the decoder read any bytes alike: the same requests, bodies and refusals, at the same places.
#![cfg(target_os = "linux")]

#[path = "../../http1/tests/support/corpus.rs"]
mod corpus;

use corpus::{HOSTILE, PIECES, VALID};
use howth_http1::{BodyLength, Decoded, Decoder, Limits, RequestHead};
use howth_simulation::Random;
use howth_simulation::reader::{BodyEnd, End, read};

const STREAMS: u64 = if cfg!(debug_assertions) { 20_000 } else { 400_000 };

/// What is compared: targets and bodies of whole requests, those of one that is not, and the status of a refusal.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    requests: Vec<(String, Option<u64>, Vec<u8>)>,
    is_last_whole: bool,
    refused: Option<u16>,
}

fn by_reference(input: &[u8], limits: &Limits) -> Seen {
    let reading = read(input, limits);
    let refused = match (reading.end, reading.messages.last()) {
        (End::Refused(_, status), _) => Some(status),
        (End::WithinBody, Some(message)) => match message.body.end {
            BodyEnd::Refused(status) => Some(status),
            _ => None,
        },
        _ => None,
    };
    Seen {
        is_last_whole: reading.end != End::WithinBody,
        requests: reading
            .messages
            .into_iter()
            .map(|message| {
                (
                    message.target.escape_ascii().to_string(),
                    message.declared,
                    message.body.bytes,
                )
            })
            .collect(),
        refused,
    }
}

fn by_decoder(input: &[u8], limits: &Limits) -> Seen {
    let (mut decoder, mut head) = (Decoder::new(), RequestHead::new());
    let mut seen = Seen {
        requests: Vec::new(),
        is_last_whole: true,
        refused: None,
    };
    let mut rest = input;
    loop {
        let step = match decoder.decode(rest, limits, &mut head) {
            Ok(step) => step,
            Err(rejection) => {
                seen.refused = Some(rejection.status);
                return seen;
            }
        };
        match step.decoded {
            Decoded::NeedMore => return seen,
            Decoded::Head => {
                let declared = match head.body() {
                    BodyLength::None => Some(0),
                    BodyLength::Known(length) => Some(length),
                    BodyLength::Chunked => None,
                };
                seen.is_last_whole = declared == Some(0);
                seen.requests.push((
                    head.target().as_bytes().escape_ascii().to_string(),
                    declared,
                    Vec::new(),
                ));
            }
            Decoded::Body(range) => {
                let request = seen.requests.last_mut().expect("a body has a head");
                request.2.extend_from_slice(&rest[range]);
            }
            Decoded::End => seen.is_last_whole = true,
        }
        rest = &rest[step.consumed..];
    }
}

fn stream(random: &mut Random) -> Vec<u8> {
    let mut input = Vec::new();
    for _ in 0..random.between(1, 3) {
        let corpus: &[&[u8]] = if random.chance(250) { HOSTILE } else { VALID };
        input.extend_from_slice(random.choose::<&[u8]>(corpus));
    }
    for _ in 0..random.below(4) {
        let at = random.below(input.len());
        let end = (at + random.below(12)).min(input.len());
        match random.below(5) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 => drop(input.drain(at..end)),
            2 => input.truncate(at.max(1)),
            3 => drop(input.splice(at..end, random.choose(PIECES).iter().copied())),
            _ => drop(input.splice(at..at, random.choose(PIECES).iter().copied())),
        }
    }
    input
}

#[test]
fn two_readers_read_alike() {
    for seed in 0..STREAMS {
        let mut random = Random::of(seed, 7);
        let input = stream(&mut random);
        let limits = match random.chance(300) {
            true => Limits {
                takes_expectations: false,
                requires_host: random.chance(500),
                head_bytes_max: random.below(200),
                target_bytes_max: random.below(40),
                fields_max: random.below(6),
                body_bytes_max: random.below(20) as u64,
                chunk_extension_bytes_max: random.below(20),
                trailer_bytes_max: random.below(40),
                takes_connect: random.chance(500),
            },
            false => Limits::default(),
        };
        let (reference, decoder) = (by_reference(&input, &limits), by_decoder(&input, &limits));
        assert_eq!(
            reference,
            decoder,
            "stream {seed}: {} {limits:?}",
            input.escape_ascii()
        );
    }
}
