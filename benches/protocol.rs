//! The protocol without input or output: reading requests, writing responses.
//!
//! `cargo bench --bench protocol`. The baselines do less: httparse splits a head into tokens, where the
//! decoder also checks every rule of RFC 9112, decides the body's length and keeps an owned head; a copy of
//! ready bytes is the least any encoder can do.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::{Duration, SystemTime};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use howth_http1::{
    Date, Decoded, Decoder, Field, Limits, RequestHead, ResponseHead, encode_head, plan_response,
};

const SMALL_HEAD: &[u8] = b"GET /hello HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";

/// What a browser sends for a page, 700 bytes.
const BROWSER_HEAD: &[u8] = b"GET /articles/2026/11/a-ring-for-every-core?page=2 HTTP/1.1\r\n\
    Host: www.example.com\r\n\
    Connection: keep-alive\r\n\
    Cache-Control: max-age=0\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-User: ?1\r\n\
    Sec-Fetch-Dest: document\r\n\
    Referer: https://www.example.com/articles\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-IE,en;q=0.9\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; seen=012345678901234567890123456789012345\r\n\r\n";
const _: () = assert!(BROWSER_HEAD.len() == 700);

const CHUNKED_HEAD: &[u8] = b"POST /upload HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n";
const CHUNK_BYTES: usize = 4096;
const CHUNKS: usize = 16;

const FIELDS_MAX: usize = 100;

criterion_group! {
    name = protocol;
    config = Criterion::default()
        .without_plots()
        .nresamples(10_000)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = parse_heads, read_fields, parse_chunked_body, encode_hello, keep_the_date
}
criterion_main!(protocol);

fn parse_heads(criterion: &mut Criterion) {
    for (title, input) in [("small head", SMALL_HEAD), ("browser head", BROWSER_HEAD)] {
        let mut group = criterion.benchmark_group(title);
        group.throughput(Throughput::Bytes(input.len() as u64));
        let (limits, mut decoder, mut head) = (Limits::default(), Decoder::new(), RequestHead::new());
        group.bench_function("howth-http1", |bencher| {
            bencher.iter(|| {
                let step = decoder.decode(black_box(input), &limits, &mut head);
                assert!(step.is_ok_and(|step| step.decoded == Decoded::Head));
                black_box(&head);
            });
        });
        group.bench_function("httparse alone", |bencher| {
            bencher.iter(|| {
                let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
                let mut request = httparse::Request::new(&mut []);
                let status = request.parse_with_uninit_headers(black_box(input), &mut fields);
                assert!(status.is_ok_and(|status| status.is_complete()));
                black_box(&request);
            });
        });
        group.finish();
    }
}

/// What it costs to find a field of a browser's head, and to go over all of them.
fn read_fields(criterion: &mut Criterion) {
    let (mut head, limits) = (RequestHead::new(), Limits::default());
    let step = Decoder::new().decode(BROWSER_HEAD, &limits, &mut head);
    assert!(step.is_ok_and(|step| step.decoded == Decoded::Head));
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut tokens = httparse::Request::new(&mut []);
    let status = tokens.parse_with_uninit_headers(BROWSER_HEAD, &mut fields);
    assert!(status.is_ok_and(|status| status.is_complete()));
    for (title, name) in [
        ("find the first field", "host"),
        ("find the last field", "cookie"),
        ("find no field", "authorization"),
    ] {
        let mut group = criterion.benchmark_group(title);
        group.throughput(Throughput::Elements(1));
        group.bench_function("howth-http1", |bencher| {
            bencher.iter(|| black_box(head.field(black_box(name))).is_some());
        });
        group.bench_function("over httparse's tokens", |bencher| {
            bencher.iter(|| {
                let mut named = tokens.headers.iter();
                black_box(named.find(|field| field.name.eq_ignore_ascii_case(black_box(name)))).is_some()
            });
        });
        group.finish();
    }
    let mut group = criterion.benchmark_group("go over all fields");
    group.throughput(Throughput::Elements(head.fields_len() as u64));
    group.bench_function("howth-http1", |bencher| {
        bencher.iter(|| {
            let bytes = black_box(&head)
                .fields()
                .map(|(name, value)| name.len() + value.len());
            bytes.sum::<usize>()
        });
    });
    group.finish();
}

/// What the date of a response costs: within the same second, as nearly always, and when the second is over.
fn keep_the_date(criterion: &mut Criterion) {
    let now = SystemTime::now();
    let mut date = Date::new(now);
    let mut group = criterion.benchmark_group("date");
    group.throughput(Throughput::Elements(1));
    group.bench_function("howth-http1, the same second", |bencher| {
        bencher.iter(|| {
            date.update(black_box(now));
            black_box(date.line().len())
        });
    });
    let mut later = now;
    group.bench_function("howth-http1, another second", |bencher| {
        bencher.iter(|| {
            later += Duration::from_secs(1);
            date.update(black_box(later));
            black_box(date.line().len())
        });
    });
    group.finish();
}

fn parse_chunked_body(criterion: &mut Criterion) {
    let body = chunked_body();
    let message = [CHUNKED_HEAD, &body].concat();
    let mut group = criterion.benchmark_group("chunked body");
    group.throughput(Throughput::Bytes((CHUNKS * CHUNK_BYTES) as u64));
    let (limits, mut head) = (Limits::default(), RequestHead::new());
    group.bench_function("howth-http1", |bencher| {
        bencher.iter(|| {
            let bytes = decode_message(black_box(&message), &limits, &mut head);
            assert_eq!(bytes, CHUNKS * CHUNK_BYTES);
        });
    });
    group.bench_function("httparse, chunk sizes alone", |bencher| {
        bencher.iter(|| assert_eq!(skip_chunks(black_box(&body)), CHUNKS * CHUNK_BYTES));
    });
    group.finish();
}

fn encode_hello(criterion: &mut Criterion) {
    let fields: &[Field<'_>] = &[(b"content-type", b"text/plain;charset=UTF-8")];
    let response = ResponseHead {
        status: 200,
        reason: None,
        fields,
    };
    let (body, date, request) = (b"Hi", Date::new(SystemTime::now()), hello_head());
    let mut out = Vec::with_capacity(1024);
    let encode = |out: &mut Vec<u8>| {
        let facts = (&request).into();
        let plan = plan_response(facts, black_box(&response), Some(body.len() as u64), false);
        encode_head(out, facts, &response, &plan.expect("the head is valid"), &date);
        out.extend_from_slice(body);
    };
    encode(&mut out);
    let ready = out.clone();
    let mut group = criterion.benchmark_group("hello response");
    group.throughput(Throughput::Elements(1));
    group.bench_function("howth-http1", |bencher| {
        bencher.iter(|| {
            out.clear();
            encode(&mut out);
            black_box(&out);
        });
    });
    group.bench_function("copy of ready bytes", |bencher| {
        bencher.iter(|| {
            out.clear();
            out.extend_from_slice(black_box(&ready));
            black_box(&out);
        });
    });
    group.finish();
}

/// Decodes one message to its end; gives the length of its body.
fn decode_message(message: &[u8], limits: &Limits, head: &mut RequestHead) -> usize {
    let mut decoder = Decoder::new();
    let (mut consumed, mut body_bytes) = (0, 0);
    loop {
        let step = decoder.decode(&message[consumed..], limits, head);
        let step = step.expect("the message is valid");
        consumed += step.consumed;
        match step.decoded {
            Decoded::Head => {}
            Decoded::Body(range) => body_bytes += range.len(),
            Decoded::End => return body_bytes,
            Decoded::NeedMore => panic!("the message is whole"),
        }
    }
}

/// Walks from chunk size to chunk size; gives the length of the body.
fn skip_chunks(body: &[u8]) -> usize {
    let (mut consumed, mut body_bytes) = (0, 0);
    loop {
        let status = httparse::parse_chunk_size(&body[consumed..]);
        let Ok(httparse::Status::Complete((line_bytes, size))) = status else {
            panic!("the body is valid and whole");
        };
        if size == 0 {
            return body_bytes;
        }
        body_bytes += size as usize;
        consumed += line_bytes + size as usize + 2;
    }
}

fn chunked_body() -> Vec<u8> {
    let mut body = Vec::new();
    for _ in 0..CHUNKS {
        howth_http1::encode_chunk(&mut body, &[b'x'; CHUNK_BYTES]);
    }
    howth_http1::encode_last_chunk(&mut body, &[]);
    body
}

fn hello_head() -> RequestHead {
    let mut head = RequestHead::new();
    let step = Decoder::new().decode(SMALL_HEAD, &Limits::default(), &mut head);
    assert!(step.is_ok_and(|step| step.decoded == Decoded::Head));
    head
}
