//! Responses in any number of pieces, right and wrong ones.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    responses: Vec<(Head, Vec<u8>)>,
    violation: Option<Violation>,
    open: bool,
}

/// Decodes the pieces one after the other, then the end of the stream.
fn hear<'a>(method: &str, pieces: impl IntoIterator<Item = &'a [u8]>) -> Heard {
    let mut cache = HeadCache::new(method);
    let mut decoder = Decoder::default();
    let mut heard = Heard::default();
    let mut current: Option<(Head, Vec<u8>)> = None;
    for piece in pieces {
        let mut rest = piece;
        loop {
            let (consumed, step) = match decoder.decode(rest, &mut cache) {
                Ok(found) => found,
                Err(violation) => {
                    heard.violation = Some(violation);
                    return heard;
                }
            };
            let taken = &rest[..consumed];
            rest = &rest[consumed..];
            match step {
                Step::NeedMore => {
                    assert!(rest.is_empty(), "bytes were left although more are needed");
                    break;
                }
                Step::Head(head) => current = Some((head, Vec::new())),
                Step::Body(range) => current
                    .as_mut()
                    .expect("a head came before")
                    .1
                    .extend_from_slice(&taken[range]),
                Step::End => heard.responses.extend(current.take()),
            }
        }
    }
    if decoder.end_of_stream() {
        heard.responses.extend(current.take());
    }
    heard.open = current.is_some();
    heard
}

fn whole(method: &str, bytes: &str) -> Heard {
    hear(method, [bytes.as_bytes()])
}

const STREAMS: &[&str] = &[
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nHiHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nt: v\r\nu: w\r\n\r\nHTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
    "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcX\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nz\r\n",
    "\r\nHTTP/1.1 200 OK\r\n\r\n",
];

#[test]
fn responses_are_framed_as_the_rfc_says() {
    let heard = whole("GET", STREAMS[0]);
    assert_eq!(heard.responses.len(), 2);
    assert_eq!(heard.responses[0].1, b"Hi");
    assert_eq!(heard.responses[1].0.status, 404);
    let heard = whole("GET", STREAMS[1]);
    assert_eq!(heard.responses[0].1, b"hello0123456789");
    assert_eq!(heard.responses[1].0.framing, Framing::None);
    assert_eq!(whole("GET", STREAMS[2]).responses.len(), 2);
    let heard = whole("GET", STREAMS[3]);
    assert_eq!((heard.responses.len(), heard.responses[0].0.status), (1, 200));
    let heard = whole("GET", STREAMS[4]);
    assert_eq!(heard.responses[0].1, b"until the end");
    assert!(!heard.responses[0].0.keep_alive);
    assert_eq!(whole("GET", STREAMS[5]).responses.len(), 1);
    assert!(whole("GET", STREAMS[6]).open);
}

#[test]
fn answers_to_head_have_no_body() {
    let heard = whole(
        "HEAD",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    );
    assert_eq!(heard.responses.len(), 2);
    assert_eq!(heard.responses[0].0.content_length, Some(9));
    assert!(heard.responses[1].0.keep_alive);
}

#[test]
fn what_breaks_the_protocol_is_refused() {
    for broken in [
        STREAMS[7],
        STREAMS[8],
        STREAMS[9],
        STREAMS[10],
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 999 OK\r\n\r\n",
        "HTTP/1.1 200 OK\ncontent-length: 0\n\n",
        "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nx",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\nx\n0\n\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nno field\r\n\r\n",
    ] {
        assert!(whole("GET", broken).violation.is_some(), "{broken:?}");
    }
}

#[test]
fn a_head_without_end_is_refused() {
    let endless = "a: b\r\n".repeat(20_000);
    let pieces = std::iter::once(&b"HTTP/1.1 200 OK\r\n"[..]).chain(endless.as_bytes().chunks(1000));
    assert!(hear("GET", pieces).violation.is_some());
}

#[test]
fn a_remembered_head_is_told_from_another() {
    let heard = whole(
        "GET",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\naHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb\
         HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nccHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nd",
    );
    let bodies: Vec<_> = heard.responses.iter().map(|(_, body)| body.as_slice()).collect();
    assert_eq!(bodies, [b"a".as_slice(), b"b", b"cc", b"d"]);
}

proptest! {
    #[test]
    fn any_split_gives_the_same(stream in 0..STREAMS.len(), cuts in prop::collection::vec(0usize..200, 0..12)) {
        let bytes = STREAMS[stream].as_bytes();
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        let split = hear("GET", pieces);
        let whole = hear("GET", [bytes]);
        prop_assert_eq!(split.responses, whole.responses);
        prop_assert_eq!(split.violation.is_some(), whole.violation.is_some());
        prop_assert_eq!(split.open, whole.open);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0usize..300) {
        let cut = cut.min(bytes.len());
        hear("GET", [&bytes[..cut], &bytes[cut..]]);
        let mut headed = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        headed.extend_from_slice(&bytes);
        hear("GET", [headed.as_slice()]);
    }
}
