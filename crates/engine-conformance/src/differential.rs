//! Random streams of requests, cut at random: every engine must answer what the decoder reads in them, and nothing else.
//!
//! What is expected is worked out from the bytes as a whole, by `howth_http1` alone, so that engines that agree with it
//! agree with one another, however the bytes arrive. The same seed gives the same streams; `HOWTH_FUZZ_SEED` gives others,
//! and `HOWTH_FUZZ_STREAMS` more of them.

#[path = "../../http1/tests/support/corpus.rs"]
#[allow(dead_code)]
mod corpus;
#[path = "../../http1/tests/support/random.rs"]
#[allow(dead_code)]
mod random;

use std::collections::HashMap;
use std::time::Duration;

use howth_engine::{BodyRead, EngineOptions, Event, ExchangeId, Exchanges, Gone};
use howth_http1::{BodyLength, Decoded, Decoder, Limits, RequestHead, Version};

use super::answers;
use super::client::Client;
use super::harness::{Listen, Server, Start};
use corpus::{HOSTILE, PIECES, VALID};
use random::Random;

const STREAMS: u64 = 600;
/// A body that is not written together with its head.
const LARGE: usize = 50_000;

/// What the client is to get, in order.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    /// The application's response.
    Answer {
        text: String,
        has_body: bool,
        closes: bool,
    },
    /// The engine's own.
    Refusal(u16),
}

/// How the application answers, chosen by the request itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    Large,
    Stream,
    Last,
}

fn kind(target: &str, body: usize) -> Kind {
    match (target.len() * 7 + body) % 9 {
        0 | 1 => Kind::Stream,
        2 => Kind::Large,
        3 => Kind::Last,
        _ => Kind::Whole,
    }
}

fn text(method: &str, target: &str, body: &[u8]) -> String {
    let sum: usize = body.iter().map(|byte| usize::from(*byte)).sum();
    let text = format!("{method} {target} {} {sum}", body.len());
    match kind(target, body.len()) {
        Kind::Large => format!("{text:LARGE$}"),
        _ => text,
    }
}

pub fn answers_any_requests_as_they_are_decoded(start: Start) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let seed: u64 = number("HOWTH_FUZZ_SEED").unwrap_or(1);
    let streams: u64 = number("HOWTH_FUZZ_STREAMS").unwrap_or(STREAMS);
    let mut bodies: HashMap<ExchangeId, Vec<u8>> = HashMap::new();
    let server = Server::automatic(
        start,
        Listen::Loopback,
        EngineOptions::default(),
        move |exchanges, event| answer(exchanges, event, &mut bodies),
    );
    for stream in 0..streams {
        let number = seed.wrapping_mul(1_000_003).wrapping_add(stream);
        let _told = Told(number);
        check(&server, number);
    }
}

/// Says which stream it was that failed.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("stream {}", self.0);
        }
    }
}

/// Answers once the body is there as a whole, so that what is answered does not depend on time.
fn answer(exchanges: &dyn Exchanges, event: Event, bodies: &mut HashMap<ExchangeId, Vec<u8>>) {
    let Some(id) = event.exchange() else { return };
    if matches!(event, Event::Completed(_) | Event::Aborted(_)) {
        bodies.remove(&id);
    }
    if !matches!(event, Event::Request(_) | Event::BodyReadable(_)) {
        return;
    }
    let body = bodies.entry(id).or_default();
    loop {
        match exchanges.read_body(id, 1000) {
            Ok(BodyRead::Data(bytes)) => body.extend(bytes),
            Ok(BodyRead::End) => break,
            // It is behind a response that closed the connection, perhaps.
            Ok(BodyRead::Pending | BodyRead::Failed(_)) | Err(Gone) => return,
        }
    }
    let head = exchanges.head(id).expect("an open exchange");
    let (kind, text) = (
        kind(head.target(), body.len()),
        text(head.method(), head.target(), body),
    );
    drop(head);
    let close: &[(&[u8], &[u8])] = &[(b"connection", b"close")];
    let head = answers::head(200, if kind == Kind::Last { close } else { &[] });
    if kind != Kind::Stream {
        return exchanges
            .respond(id, &head, text.as_bytes())
            .expect("an open exchange");
    }
    exchanges.start(id, &head, None).expect("an open exchange");
    exchanges.write(id, text.as_bytes()).expect("an open exchange");
    exchanges.finish(id, &[]).expect("an open exchange");
}

/// Sends one stream whole, and once more cut at random.
fn check(server: &Server, number: u64) {
    let mut random = Random::new(number);
    let input = stream(&mut random);
    let (expected, is_open) = expected(&input);
    let half_closes = random.below(4) == 0;
    let cuts: Vec<usize> = (0..random.below(6)).map(|_| random.below(input.len())).collect();
    let pauses = random.below(2) == 0;
    for is_cut in [false, true] {
        let mut client = Client::connect(server);
        let mut cuts = if is_cut { cuts.clone() } else { Vec::new() };
        cuts.sort_unstable();
        let mut sent = 0;
        for end in cuts.into_iter().chain([input.len()]) {
            // The connection may be closed by now.
            if end > sent && !client.try_send(&input[sent..end]) {
                break;
            }
            sent = end;
            if pauses {
                server.pass(Duration::from_micros(300));
            }
        }
        if half_closes {
            client.end_if_open();
        }
        for expected in &expected {
            expect(&mut client, expected, &input);
        }
        if half_closes || !is_open {
            let rest = client.expect_over();
            assert_eq!(rest.escape_ascii().to_string(), "", "{}", input.escape_ascii());
        }
    }
}

fn expect(client: &mut Client, expected: &Expected, input: &[u8]) {
    let mut response = client.head();
    while response.status() == 100 {
        response = client.head();
    }
    let input = input.escape_ascii();
    let status = response.status();
    match expected {
        Expected::Refusal(refused) => {
            assert_eq!(
                (status, response.field("connection")),
                (*refused, Some("close")),
                "{input}"
            );
            client.body(&mut response);
        }
        Expected::Answer {
            text,
            has_body,
            closes,
        } => {
            assert_eq!(status, 200, "{text:?} of {input}");
            let says_close = response.field("connection") == Some("close");
            assert_eq!(says_close, *closes, "{text:?} of {input}");
            if *has_body {
                client.body(&mut response);
                assert!(
                    response.text() == text,
                    "{:?} for {text:?} of {input}",
                    response.text()
                );
            }
        }
    }
}

/// One to four requests, most of them right, with a few mistakes in half of the streams.
fn stream(random: &mut Random) -> Vec<u8> {
    let mut input = Vec::new();
    for _ in 0..=random.below(4) {
        let corpus = if random.below(8) == 0 { HOSTILE } else { VALID };
        input.extend_from_slice(random.choose(corpus));
    }
    if random.below(2) == 0 {
        for _ in 0..=random.below(3) {
            mutate(&mut input, random);
        }
    }
    if input.is_empty() {
        input.push(b'G');
    }
    input
}

fn mutate(input: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(12)).min(input.len());
    match random.below(5) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 => drop(input.drain(at..end)),
        2 => input.truncate(at),
        3 => drop(input.splice(at..end, random.choose(PIECES).iter().copied())),
        _ => drop(input.splice(at..at, random.choose(PIECES).iter().copied())),
    }
}

/// What is to come back for `input`, and whether the connection is open then.
fn expected(input: &[u8]) -> (Vec<Expected>, bool) {
    let (limits, mut decoder, mut head) = (Limits::default(), Decoder::new(), RequestHead::new());
    let (mut expected, mut body, mut rest) = (Vec::new(), Vec::new(), input);
    loop {
        let step = match decoder.decode(rest, &limits, &mut head) {
            Ok(step) => step,
            Err(rejection) => {
                expected.push(Expected::Refusal(rejection.status));
                return (expected, false);
            }
        };
        let is_over = match &step.decoded {
            Decoded::NeedMore => return (expected, true),
            Decoded::Head => {
                body.clear();
                matches!(head.body(), BodyLength::None | BodyLength::Known(0))
            }
            Decoded::Body(range) => {
                body.extend_from_slice(&rest[range.clone()]);
                false
            }
            Decoded::End => true,
        };
        rest = &rest[step.consumed..];
        if is_over {
            let kind = kind(head.target(), body.len());
            let has_body = !head.is_head();
            let is_delimited = kind != Kind::Stream || head.version() == Version::Http11 || !has_body;
            let closes = !head.keep_alive() || kind == Kind::Last || !is_delimited;
            expected.push(Expected::Answer {
                text: text(head.method(), head.target(), &body),
                has_body,
                closes,
            });
            if closes {
                return (expected, false);
            }
        }
    }
}
