//! The pieces of howth's first design beside what is here in their places.
//!
//! `cargo bench --bench pieces`. Each group has what a request needs of a piece, in nanoseconds; `docs/decisions` has what was made of
//! the results. Nothing here is part of howth.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, SystemTime};

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use howth_http1::{
    Date, Decoder, Limits, RequestFacts, RequestHead, ResponseHead, Version, encode_head, plan_response,
};

/// What a browser sends, as in `protocol`.
const HEAD: &[u8] = b"GET /articles/2026?page=2&sort=newest&filter=open&q=ring+buffers HTTP/1.1\r\n\
    Host: www.example.com\r\nConnection: keep-alive\r\nCache-Control: max-age=0\r\n\
    Upgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9\r\nSec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nReferer: https://www.example.com/articles\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-IE,en;q=0.9\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; seen=012345678901234567890\r\n\r\n";

const COOKIE: &[u8] = b"session=0123456789abcdef0123456789abcdef; theme=dark; seen=012345678901234567890";

/// The first design's nineteen names.
const NAMES: [&str; 19] = [
    "host",
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-type",
    "content-length",
    "cookie",
    "authorization",
    "cache-control",
    "referer",
    "origin",
    "x-forwarded-for",
    "x-real-ip",
    "x-request-id",
    "if-none-match",
    "if-modified-since",
    "range",
];

/// Responses of a turn.
const TURN: usize = 64;

criterion_group! {
    name = pieces;
    config = Criterion::default()
        .without_plots()
        .nresamples(10_000)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = headers, errors, builder, scanning, arena
}
criterion_main!(pieces);

fn head() -> RequestHead {
    let mut head = RequestHead::new();
    Decoder::new()
        .decode(HEAD, &Limits::default(), &mut head)
        .expect("a valid head");
    head
}

/// A table of known names that is filled for each request, and one look into it, against one search of the fields.
fn headers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("headers");
    let head = head();
    let numbers: HashMap<&str, usize> = NAMES
        .iter()
        .enumerate()
        .map(|(number, name)| (*name, number))
        .collect();
    for name in ["host", "cookie", "authorization"] {
        group.bench_function(format!("{name}, searched"), |bencher| {
            bencher.iter(|| black_box(&head).field(black_box(name)).map(<[u8]>::len));
        });
        let number = numbers[name];
        group.bench_function(format!("{name}, by a table that is filled"), |bencher| {
            bencher.iter(|| {
                let mut slots = [None; NAMES.len()];
                for (name, value) in black_box(&head).fields() {
                    if let Some(number) = known(name) {
                        slots[number] = Some(value);
                    }
                }
                slots[black_box(number)].map(<[u8]>::len)
            });
        });
    }
}

/// A perfect hash of the nineteen names: length and last letter tell all of them apart but two, which are compared.
fn known(name: &str) -> Option<usize> {
    let last = name.as_bytes().last()?.to_ascii_lowercase();
    let found = match (name.len(), last) {
        (4, b't') => 0,
        (10, b't') => 1,
        (6, b't') => 2,
        (15, b'g') => 3,
        (15, b'e') => 4,
        (10, b'n') => 5,
        (12, b'e') => 6,
        (14, b'h') => 7,
        (6, b'e') => 8,
        (13, b'n') => 9,
        (13, b'l') => 10,
        (7, b'r') => 11,
        (6, b'n') => 12,
        (15, b'r') => 13,
        (9, b'p') => 14,
        (12, b'd') => 15,
        (13, b'h') => 16,
        (17, b'e') => 17,
        (5, b'e') => 18,
        _ => return None,
    };
    name.eq_ignore_ascii_case(NAMES[found]).then_some(found)
}

const FACTS: RequestFacts = RequestFacts {
    version: Version::Http11,
    is_head: false,
    is_connect: false,
    keep_alive: true,
};

fn encode(out: &mut Vec<u8>, status: u16, body: &[u8], date: &Date) {
    let head = ResponseHead {
        status,
        reason: None,
        fields: &[(b"content-type", b"application/json")],
    };
    let plan = plan_response(FACTS, &head, Some(body.len() as u64), false).expect("a valid head");
    encode_head(out, FACTS, &head, &plan, date);
    out.extend_from_slice(body);
}

/// A refusal whose body is there, one whose body is made, and one whose bytes are there but for the date.
fn errors(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("errors");
    let date = Date::new(SystemTime::now());
    let mut out = Vec::new();
    group.bench_function("body made each time", |bencher| {
        bencher.iter(|| {
            out.clear();
            let body = format!("{{\"detail\":{:?}}}", black_box("Not Found"));
            encode(&mut out, 404, body.as_bytes(), &date);
        });
    });
    group.bench_function("body made once", |bencher| {
        bencher.iter(|| {
            out.clear();
            encode(&mut out, 404, black_box(b"{\"detail\":\"Not Found\"}"), &date);
        });
    });
    let mut ready = Vec::new();
    encode(&mut ready, 404, b"{\"detail\":\"Not Found\"}", &date);
    group.bench_function("all bytes made once", |bencher| {
        bencher.iter(|| {
            out.clear();
            out.extend_from_slice(black_box(&ready));
        });
    });
}

/// The responses of a turn, each into what its connection sends, against each into memory of its own that is copied there.
fn builder(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("builder, 64 responses");
    let date = Date::new(SystemTime::now());
    let mut outputs: Vec<Vec<u8>> = (0..TURN).map(|_| Vec::new()).collect();
    group.bench_function("into the connection's output", |bencher| {
        bencher.iter(|| {
            for out in &mut outputs {
                out.clear();
                encode(out, 200, black_box(b"{\"message\":\"Hello\"}"), &date);
            }
        });
    });
    group.bench_function("into memory of their own", |bencher| {
        bencher.iter(|| {
            for out in &mut outputs {
                out.clear();
                let mut own = Vec::new();
                encode(&mut own, 200, black_box(b"{\"message\":\"Hello\"}"), &date);
                out.extend_from_slice(&own);
            }
        });
    });
    let mut batch = Vec::new();
    group.bench_function("one after the other, and copied", |bencher| {
        bencher.iter(|| {
            batch.clear();
            let mut ends = [0; TURN];
            for end in &mut ends {
                encode(&mut batch, 200, black_box(b"{\"message\":\"Hello\"}"), &date);
                *end = batch.len();
            }
            let mut start = 0;
            for (out, end) in outputs.iter_mut().zip(ends) {
                out.clear();
                out.extend_from_slice(&batch[start..end]);
                start = end;
            }
        });
    });
}

/// Where a byte is in a target, and in cookies.
fn scanning(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scanning");
    let head = head();
    let target = head.path().as_bytes();
    for (title, text, byte) in [
        ("query", target, b'?'),
        ("cookie", COOKIE, b';'),
        ("missing", COOKIE, b'\n'),
    ] {
        scan(
            &mut group,
            &format!("{title}, byte by byte"),
            text,
            byte,
            |text, byte| text.iter().position(|own| *own == byte),
        );
        scan(
            &mut group,
            &format!("{title}, a word at a time"),
            text,
            byte,
            by_words,
        );
        scan(
            &mut group,
            &format!("{title}, memchr"),
            text,
            byte,
            |text, byte| memchr::memchr(byte, text),
        );
    }
}

fn scan(
    group: &mut BenchmarkGroup<'_, WallTime>,
    title: &str,
    text: &[u8],
    byte: u8,
    find: impl Fn(&[u8], u8) -> Option<usize>,
) {
    group.bench_function(title, |bencher| {
        bencher.iter(|| find(black_box(text), black_box(byte)))
    });
}

fn by_words(text: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    let wanted = ONES * u64::from(byte);
    let (words, rest) = text.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let differs = u64::from_le_bytes(*word) ^ wanted;
        let found = differs.wrapping_sub(ONES) & !differs & (ONES << 7);
        if found != 0 {
            return Some(number * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let place = rest.iter().position(|own| *own == byte)?;
    Some(words.len() * 8 + place)
}

/// What a request needs of memory: a head, a body, a response. Slots that are used again, an arena, the allocator.
fn arena(criterion: &mut Criterion) {
    const PARTS: [usize; 3] = [700, 1_500, 300];
    let mut group = criterion.benchmark_group("memory of a request");
    let source = vec![b'a'; 1_500];
    let mut slots = PARTS.map(Vec::<u8>::with_capacity);
    group.bench_function("slots that are used again", |bencher| {
        bencher.iter(|| {
            for (slot, length) in slots.iter_mut().zip(PARTS) {
                slot.clear();
                slot.extend_from_slice(black_box(&source[..length]));
            }
        });
    });
    let mut memory = Vec::<u8>::with_capacity(PARTS.iter().sum());
    group.bench_function("an arena", |bencher| {
        bencher.iter(|| {
            memory.clear();
            for length in PARTS {
                memory.extend_from_slice(black_box(&source[..length]));
            }
        });
    });
    group.bench_function("the allocator", |bencher| {
        bencher.iter(|| PARTS.map(|length| black_box(source[..length].to_vec())));
    });
}
