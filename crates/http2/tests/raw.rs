//! Frames as they are, good and bad: what comes of them, however they are split.

mod support;

use howth_http2::{ConnectionError, Limits, Reason};
use support::{END_HEADERS, END_STREAM, Peer, frame, get, post, settings, window};

const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;
const ACK: u8 = 1;

/// What ends the connection.
fn error(frames: &[Vec<u8>]) -> Option<Reason> {
    let mut peer = Peer::new(Limits::default());
    frames.iter().find_map(|frame| {
        peer.send(frame)
            .err()
            .map(|ConnectionError { reason, .. }| reason)
    })
}

#[test]
fn begins_with_the_preface_and_settings() {
    let limits = Limits::default();
    let mut peer = Peer::unsaid(limits.clone());
    assert_eq!(
        peer.send(b"PRI * HTTP/1").unwrap_err().reason,
        Reason::PROTOCOL_ERROR
    );
    let mut peer = Peer::unsaid(limits);
    peer.send(howth_http2::PREFACE).unwrap();
    assert_eq!(
        peer.send(&frame(6, 0, 0, &[0; 8])).unwrap_err().reason,
        Reason::PROTOCOL_ERROR
    );
}

#[test]
fn gives_the_same_however_bytes_are_split() {
    let mut input = get(1);
    input.extend(post(3));
    input.extend(frame(0, PADDED, 3, b"\x02body\0\0"));
    input.extend(frame(0x77, 0xff, 0, b"unknown"));
    input.extend(frame(0, END_STREAM, 3, b"end"));
    let mut whole = Peer::new(Limits::default());
    whole.send(&input).unwrap();
    for size in 1..input.len() {
        let mut split = Peer::new(Limits::default());
        for part in input.chunks(size) {
            split.send(part).unwrap();
        }
        assert_eq!(
            (&split.requests, &split.body),
            (&whole.requests, &whole.body),
            "{size}"
        );
        assert_eq!(split.ended, whole.ended);
    }
    assert_eq!(
        (whole.requests, whole.body),
        (vec![(1, true), (3, false)], b"bodyend".to_vec())
    );
    assert_eq!(whole.ended, [3]);
}

#[test]
fn refuses_frames_of_a_wrong_size() {
    let size = Some(Reason::FRAME_SIZE_ERROR);
    assert_eq!(error(&[frame(6, 0, 0, &[0; 7])]), size);
    assert_eq!(error(&[frame(4, 0, 0, &[0; 5])]), size);
    assert_eq!(error(&[frame(4, ACK, 0, &[0; 6])]), size);
    assert_eq!(error(&[get(1), frame(3, 0, 1, &[0; 3])]), size);
    assert_eq!(error(&[frame(8, 0, 0, &[0; 3])]), size);
    assert_eq!(error(&[frame(2, 0, 1, &[0; 4])]), size);
    assert_eq!(error(&[frame(7, 0, 0, &[0; 7])]), size);
    assert_eq!(error(&[post(1), frame(0, 0, 1, &vec![0; 16_385])]), size);
    assert_eq!(error(&[post(1), frame(0, PADDED, 1, b"")]), size);
    assert_eq!(error(&[frame(1, END_HEADERS | PRIORITY, 1, b"\0\0\0")]), size);
}

#[test]
fn refuses_frames_on_a_wrong_stream() {
    let protocol = Some(Reason::PROTOCOL_ERROR);
    for kind in [0, 1, 2, 3, 9] {
        assert_eq!(
            error(&[frame(
                kind,
                END_HEADERS,
                0,
                &[0; 5][..if kind == 3 { 4 } else { 5 }]
            )]),
            protocol,
            "{kind}"
        );
    }
    for (kind, bytes) in [(4, 6), (6, 8), (7, 8)] {
        assert_eq!(error(&[frame(kind, 0, 1, &vec![0; bytes])]), protocol, "{kind}");
    }
    // Idle ones, and those of the server.
    for stream in [1, 2, 5] {
        assert_eq!(error(&[frame(0, 0, stream, b"x")]), protocol);
        assert_eq!(error(&[frame(3, 0, stream, &[0; 4])]), protocol);
        assert_eq!(error(&[window(stream, 1)]), protocol);
    }
    assert_eq!(error(&[get(2)]), protocol);
    assert_eq!(error(&[get(5), get(3)]), protocol);
    assert_eq!(error(&[frame(5, END_HEADERS, 1, b"\0\0\0\x02")]), protocol);
}

#[test]
fn refuses_more_padding_than_a_frame_holds() {
    assert_eq!(
        error(&[post(1), frame(0, PADDED, 1, b"\x05abc")]),
        Some(Reason::PROTOCOL_ERROR)
    );
    assert_eq!(
        error(&[frame(1, END_HEADERS | PADDED, 1, b"\x05\x82")]),
        Some(Reason::PROTOCOL_ERROR)
    );
    let mut peer = Peer::new(Limits::default());
    peer.send(&post(1)).unwrap();
    peer.send(&frame(0, PADDED | END_STREAM, 1, b"\x02\0\0")).unwrap();
    assert_eq!((peer.ended, peer.body), (vec![1], vec![]));
}

#[test]
fn keeps_header_blocks_together() {
    let begun = frame(1, END_STREAM, 1, b"\x82\x84");
    let protocol = Some(Reason::PROTOCOL_ERROR);
    assert_eq!(error(&[begun.clone(), frame(6, 0, 0, &[0; 8])]), protocol);
    assert_eq!(
        error(&[begun.clone(), frame(9, END_HEADERS, 3, b"\x86")]),
        protocol
    );
    assert_eq!(error(&[begun.clone(), frame(0x50, 0, 1, b"")]), protocol);
    assert_eq!(error(&[get(1), frame(9, END_HEADERS, 1, b"\x86")]), protocol);
    let mut peer = Peer::new(Limits::default());
    for part in [
        begun,
        frame(9, 0, 1, b""),
        frame(9, 0, 1, b"\x86"),
        frame(9, END_HEADERS, 1, b"\x41\x01h"),
    ] {
        peer.send(&part).unwrap();
    }
    assert_eq!(peer.requests, [(1, true)]);
    // What cannot be decompressed.
    assert_eq!(
        error(&[frame(1, END_HEADERS, 1, b"\xff\xff\xff\xff")]),
        Some(Reason::COMPRESSION_ERROR)
    );
}

#[test]
fn keeps_settings_within_their_bounds() {
    assert_eq!(error(&[settings(2, 2)]), Some(Reason::PROTOCOL_ERROR));
    assert_eq!(
        error(&[settings(4, 0x8000_0000)]),
        Some(Reason::FLOW_CONTROL_ERROR)
    );
    assert_eq!(error(&[settings(5, 16_383)]), Some(Reason::PROTOCOL_ERROR));
    assert_eq!(error(&[settings(5, 16_777_216)]), Some(Reason::PROTOCOL_ERROR));
    assert_eq!(
        error(&[
            settings(2, 1),
            settings(5, 16_384),
            settings(99, 7),
            settings(4, 0)
        ]),
        None
    );
}

#[test]
fn answers_settings_and_pings() {
    let mut peer = Peer::new(Limits::default());
    peer.take();
    peer.send(&settings(3, 5)).unwrap();
    peer.send(&frame(6, 0, 0, b"whatever")).unwrap();
    peer.send(&frame(6, ACK, 0, b"unasked!")).unwrap();
    let mut expected = frame(4, ACK, 0, b"");
    expected.extend(frame(6, ACK, 0, b"whatever"));
    assert_eq!(peer.take(), expected);
}
