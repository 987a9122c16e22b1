//! A client of HTTP/2 against what a server may send, byte for byte. Owns no socket.

use super::*;
use crate::expectation::Expectation;
use crate::options::Options;

/// A client that has had the server's settings, and what is wrong or right with its answers.
fn client(body: &[u8], settings: &[u8]) -> (Http2Client, Verifier) {
    let mut options = Options::new("http://127.0.0.1:1/");
    options.http2 = true;
    let target = Target::of(&options).expect("loopback");
    let request = Request::new(&options, &target).expect("valid");
    let mut client = Http2Target::new(&target, &request, "GET", body)
        .expect("small")
        .open();
    let expectation = Expectation {
        body_bytes: Some(2),
        ..Expectation::default()
    };
    let mut verifier = Verifier::new(expectation, "GET");
    assert!(client.is_handshaking());
    let mut bytes = Vec::new();
    frame::put_frame(&mut bytes, kind::SETTINGS, 0, 0, settings);
    assert_eq!(client.receive(&bytes, &mut verifier, &mut Vec::new()), Ok(true));
    assert!(!client.is_handshaking());
    client.outgoing.clear();
    (client, verifier)
}

fn frames(frames: &[(u8, u8, u32, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (kind, flags, id, payload) in frames {
        frame::put_frame(&mut out, *kind, *flags, *id, payload);
    }
    out
}

/// The kinds, flags and streams of frames.
fn heads(mut bytes: &[u8]) -> Vec<(u8, u8, u32)> {
    let mut heads = Vec::new();
    while let Some(head) = bytes.first_chunk::<{ frame::HEAD_BYTES }>() {
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        heads.push((head[3], head[4], id));
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        bytes = &bytes[frame::HEAD_BYTES + length..];
    }
    heads
}

#[test]
fn answers_are_told_by_their_place_however_they_are_split() {
    let bytes = frames(&[
        (kind::HEADERS, flag::END_HEADERS, 3, &[0x88]),
        (kind::HEADERS, 0, 1, b""),
        (kind::CONTINUATION, flag::END_HEADERS, 1, &[0x8d]),
        (kind::DATA, flag::END_STREAM | flag::PADDED, 3, b"\x01Hi\0"),
        (kind::DATA, 0, 1, b"H"),
        (kind::DATA, 0, 1, b"i"),
        // Trailers.
        (
            kind::HEADERS,
            flag::END_HEADERS | flag::END_STREAM,
            1,
            b"\0\x01a\x01b",
        ),
        (kind::HEADERS, flag::END_HEADERS, 5, &[0x88]),
        (kind::DATA, flag::END_STREAM, 5, b"Hi!"),
    ]);
    for split in 0..=bytes.len() {
        let (mut client, mut verifier) = client(b"", b"");
        client.ask(3).expect("streams");
        assert_eq!(heads(&client.outgoing).len(), 3);
        let mut answered = Vec::new();
        for part in [&bytes[..split], &bytes[split..]] {
            assert_eq!(client.receive(part, &mut verifier, &mut answered), Ok(true));
        }
        let of = |position, verdict| Answered { position, verdict };
        let expected = [
            of(1, Ok(())),
            of(0, Err(ErrorClass::Status)),
            of(0, Err(ErrorClass::Length)),
        ];
        assert_eq!(answered, expected, "split at {split}");
    }
}

#[test]
fn a_body_waits_for_windows() {
    // Each stream's is four bytes.
    let (mut client, mut verifier) = client(b"abcdef", &[0, 4, 0, 0, 0, 4]);
    client.ask(1).expect("a stream");
    let sent = std::mem::take(&mut client.outgoing);
    assert_eq!(
        heads(&sent),
        [(kind::HEADERS, flag::END_HEADERS, 1), (kind::DATA, 0, 1)]
    );
    assert!(sent.ends_with(b"abcd"));
    let more = frames(&[(kind::WINDOW_UPDATE, 0, 1, &[0, 0, 0, 9])]);
    assert_eq!(client.receive(&more, &mut verifier, &mut Vec::new()), Ok(true));
    assert_eq!(heads(&client.outgoing), [(kind::DATA, flag::END_STREAM, 1)]);
    assert!(client.outgoing.ends_with(b"ef"));
}

#[test]
fn an_answer_before_the_end_of_the_body_lets_go_of_the_stream() {
    let (mut client, mut verifier) = client(b"abcdef", &[0, 4, 0, 0, 0, 4]);
    client.ask(1).expect("a stream");
    client.outgoing.clear();
    let early = frames(&[(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 1, &[0x8d])]);
    let mut answered = Vec::new();
    assert_eq!(client.receive(&early, &mut verifier, &mut answered), Ok(true));
    assert_eq!(answered, [Answered::first(Err(ErrorClass::Status))]);
    assert_eq!(heads(&client.outgoing), [(kind::RST_STREAM, 0, 1)]);
}

#[test]
fn pings_and_settings_are_acknowledged_and_resets_told() {
    let (mut client, mut verifier) = client(b"", b"");
    client.ask(2).expect("streams");
    client.outgoing.clear();
    let bytes = frames(&[
        (kind::PING, 0, 0, b"12345678"),
        (kind::SETTINGS, 0, 0, b""),
        (kind::RST_STREAM, 0, 3, &[0, 0, 0, 7]),
        (kind::RST_STREAM, 0, 1, &[0, 0, 0, 2]),
    ]);
    let mut answered = Vec::new();
    assert_eq!(client.receive(&bytes, &mut verifier, &mut answered), Ok(true));
    let of = |position, class| Answered {
        position,
        verdict: Err(class),
    };
    assert_eq!(answered, [of(1, ErrorClass::Refused), of(0, ErrorClass::Read)]);
    assert_eq!(
        heads(&client.outgoing),
        [(kind::PING, flag::ACK, 0), (kind::SETTINGS, flag::ACK, 0)]
    );
}

#[test]
fn a_server_that_goes_away_ends_a_connection_behind_its_answers() {
    let (mut client, mut verifier) = client(b"", b"");
    client.ask(1).expect("a stream");
    let leaves = frames(&[(kind::GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0])]);
    let mut answered = Vec::new();
    assert_eq!(client.receive(&leaves, &mut verifier, &mut answered), Ok(true));
    let end = flag::END_HEADERS | flag::END_STREAM;
    let answer = frames(&[(kind::HEADERS, end, 1, &[0x89])]);
    assert_eq!(client.receive(&answer, &mut verifier, &mut answered), Ok(false));
    assert_eq!(answered.len(), 1);
}

#[test]
fn what_is_no_http2_ends_the_connection() {
    for bytes in [
        frames(&[(kind::DATA, 0, 9, b"of nobody")]),
        frames(&[(kind::HEADERS, flag::END_HEADERS, 1, &[0x82])]),
        frames(&[(kind::CONTINUATION, 0, 1, b"")]),
        frames(&[(kind::HEADERS, 0, 1, &[0x88]), (kind::DATA, 0, 1, b"")]),
        frames(&[(kind::PUSH_PROMISE, 0, 1, b"")]),
        frames(&[(kind::DATA, flag::PADDED, 1, &[9, 0])]),
        frames(&[(kind::GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 1])]),
        frames(&[(kind::RST_STREAM, 0, 1, b"")]),
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
    ] {
        let (mut client, mut verifier) = client(b"", b"");
        client.ask(1).expect("a stream");
        let received = client.receive(&bytes, &mut verifier, &mut Vec::new());
        assert_eq!(received, Err(ErrorClass::Protocol), "{bytes:?}");
    }
}
