//! Streams: their states, their windows, their number, and the end of all of them.

mod support;

use howth_http2::{ConnectionError, Event, Limits, Reason};
use support::{END_HEADERS, END_STREAM, Peer, frame, get, post, settings, window};

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

/// What the first reset says.
fn reset(frames: &[Vec<u8>]) -> Option<(u32, Reason)> {
    let mut peer = Peer::new(Limits::default());
    for frame in frames {
        peer.send(frame).unwrap();
    }
    let resets = peer.sent_of(3);
    let first = resets.first()?;
    Some((
        first.stream,
        Reason(u32::from_be_bytes(first.payload[..4].try_into().unwrap())),
    ))
}

fn priority_of(stream: u32, own: u32) -> Vec<u8> {
    let mut payload = stream.to_be_bytes().to_vec();
    payload.push(16);
    frame(2, 0, own, &payload)
}

#[test]
fn resets_what_is_malformed_and_goes_on() {
    // No path; a name in capitals; a pseudo-header field of a response.
    for block in [
        &b"\x82\x86"[..],
        b"\x82\x84\x86\x00\x01A\x01b",
        b"\x82\x84\x86\x88",
    ] {
        let bad = frame(1, END_HEADERS | END_STREAM, 1, block);
        assert_eq!(
            reset(&[bad, get(3)]),
            Some((1, Reason::PROTOCOL_ERROR)),
            "{block:?}"
        );
    }
    // One that depends on itself (RFC 7540 section 5.3.1).
    let bad = frame(
        1,
        END_HEADERS | END_STREAM | PRIORITY,
        1,
        b"\0\0\0\x01\x10\x82\x84\x86\x41\x01h",
    );
    assert_eq!(reset(&[bad]), Some((1, Reason::PROTOCOL_ERROR)));
    assert_eq!(error(&[priority_of(3, 3)]), Some(Reason::PROTOCOL_ERROR));
    assert_eq!(error(&[priority_of(1, 3), get(1), priority_of(1, 5)]), None);
}

#[test]
fn keeps_to_the_states_of_streams() {
    let closed = Some((1, Reason::STREAM_CLOSED));
    let data = frame(0, 0, 1, b"late");
    assert_eq!(reset(&[get(1), data.clone()]), closed);
    assert_eq!(reset(&[get(1), get(1)]), closed);
    assert_eq!(reset(&[post(1), frame(3, 0, 1, &[0; 4]), data.clone()]), closed);
    // Trailers end the request.
    assert_eq!(
        reset(&[post(1), frame(1, END_HEADERS, 1, b"\x00\x01a\x01b")]),
        Some((1, Reason::PROTOCOL_ERROR))
    );
    let pseudo = frame(1, END_HEADERS | END_STREAM, 1, b"\x82");
    assert_eq!(reset(&[post(1), pseudo]), Some((1, Reason::PROTOCOL_ERROR)));
    // Over on both sides.
    let mut peer = Peer::new(Limits::default());
    peer.send(&get(1)).unwrap();
    peer.session.headers(1, 204, [], true, &mut peer.out);
    peer.session.remove(1);
    peer.send(&window(1, 5)).unwrap();
    peer.send(&frame(3, 0, 1, &[0; 4])).unwrap();
    peer.send(&data).unwrap();
    assert_eq!(peer.send(&get(1)).unwrap_err().reason, Reason::STREAM_CLOSED);
}

#[test]
fn lets_what_was_on_its_way_pass_when_it_resets() {
    let mut peer = Peer::new(Limits::default());
    peer.send(&post(1)).unwrap();
    peer.session.reset(1, Reason::CANCEL, &mut peer.out);
    let resets = peer.sent_of(3).len();
    peer.send(&frame(0, 0, 1, b"late")).unwrap();
    peer.send(&frame(1, END_HEADERS | END_STREAM, 1, b"\x40\x01a\x01b"))
        .unwrap();
    // The table has what the block brought.
    peer.send(&frame(
        1,
        END_HEADERS | END_STREAM,
        3,
        b"\x82\x84\x86\x41\x01h\xbf",
    ))
    .unwrap();
    assert_eq!(
        (peer.sent_of(3).len(), peer.requests.last()),
        (resets, Some(&(3, true)))
    );
}

#[test]
fn keeps_to_the_windows_it_gives() {
    let limits = Limits {
        stream_window_bytes: 65_535,
        connection_window_bytes: 65_535,
        ..Limits::default()
    };
    let chunk = |stream| frame(0, 0, stream, &[7; 16_000]);
    let mut peer = Peer::new(limits.clone());
    peer.send(&post(1)).unwrap();
    for _ in 0..4 {
        peer.send(&chunk(1)).unwrap();
    }
    assert_eq!(
        peer.send(&chunk(1)).unwrap_err().reason,
        Reason::FLOW_CONTROL_ERROR
    );
    // What was taken comes back, of the stream and of the connection.
    let mut peer = Peer::new(limits);
    peer.send(&post(1)).unwrap();
    for _ in 0..100 {
        peer.send(&chunk(1)).unwrap();
        peer.session.release(Some(1), 16_000, &peer.limits, &mut peer.out);
    }
    assert_eq!(peer.body.len(), 1_600_000);
    assert!(peer.sent_of(8).len() > 60);
}

#[test]
fn keeps_to_the_windows_it_is_given() {
    let mut peer = Peer::new(Limits::default());
    peer.send(&settings(4, 10)).unwrap();
    peer.send(&get(1)).unwrap();
    peer.session.headers(1, 200, [], false, &mut peer.out);
    assert_eq!(peer.session.send_room(1), 10);
    peer.session.data_head(1, 10, false, &mut peer.out);
    assert_eq!(peer.session.send_room(1), 0);
    // RFC 9113 section 6.9.2: it may be below zero.
    peer.send(&settings(4, 3)).unwrap();
    peer.send(&window(1, 5)).unwrap();
    assert_eq!(peer.session.send_room(1), 0);
    peer.send(&window(1, 5)).unwrap();
    assert_eq!(peer.session.send_room(1), 3);
    peer.send(&settings(4, 70_000)).unwrap();
    assert_eq!(peer.session.send_room(1), 65_525);
    peer.send(&window(0, 100_000)).unwrap();
    assert_eq!(peer.session.send_room(1), 70_000);
}

#[test]
fn refuses_windows_that_grow_too_much_or_by_nothing() {
    assert_eq!(error(&[window(0, 0)]), Some(Reason::PROTOCOL_ERROR));
    assert_eq!(error(&[window(0, 0x7fff_ffff)]), Some(Reason::FLOW_CONTROL_ERROR));
    assert_eq!(reset(&[get(1), window(1, 0)]), Some((1, Reason::PROTOCOL_ERROR)));
    assert_eq!(
        reset(&[get(1), window(1, 0x7fff_ffff)]),
        Some((1, Reason::FLOW_CONTROL_ERROR))
    );
    assert_eq!(
        error(&[get(1), window(1, 0x7fff_0000), settings(4, 0x7fff_ffff)]),
        Some(Reason::FLOW_CONTROL_ERROR)
    );
}

#[test]
fn keeps_a_body_to_its_length() {
    for (declared, parts, is_right) in [
        (4, &[&b"ab"[..], b"cd"][..], true),
        (4, &[b"ab", b"cde"], false),
        (4, &[b"abc"], false),
        (0, &[b""], true),
        (0, &[b"a"], false),
    ] {
        let mut peer = Peer::new(Limits::default());
        peer.send(&post(1)).unwrap();
        peer.session.stream_mut(1).unwrap().expect_content(declared);
        for (position, part) in parts.iter().enumerate() {
            let flags = if position + 1 == parts.len() {
                END_STREAM
            } else {
                0
            };
            peer.send(&frame(0, flags, 1, part)).unwrap();
        }
        assert_eq!(peer.sent_of(3).is_empty(), is_right, "{declared}, {parts:?}");
    }
}

#[test]
fn refuses_more_streams_than_it_allows() {
    let limits = Limits {
        streams_max: 2,
        ..Limits::default()
    };
    let mut peer = Peer::new(limits);
    for stream in [1, 3, 5] {
        peer.send(&get(stream)).unwrap();
    }
    assert_eq!(peer.requests.len(), 2);
    assert_eq!(peer.sent_of(3)[0].payload, Reason::REFUSED_STREAM.0.to_be_bytes());
    // One whose response is written is none any more, though it is remembered.
    peer.session.headers(1, 204, [], true, &mut peer.out);
    peer.send(&get(7)).unwrap();
    assert_eq!(peer.requests.len(), 3);
}

#[test]
fn shuts_down_in_order() {
    let mut peer = Peer::new(Limits::default());
    peer.send(&get(1)).unwrap();
    peer.session.shut_down(&mut peer.out);
    let first = peer.sent_of(7);
    assert_eq!(first[0].payload, [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    // What was on its way is served, and what comes behind the client's answer is not.
    peer.send(&get(3)).unwrap();
    let ping = peer.sent_of(6).pop().unwrap().payload;
    peer.send(&frame(6, ACK, 0, &ping)).unwrap();
    assert_eq!(peer.sent_of(7)[1].payload, [0, 0, 0, 3, 0, 0, 0, 0]);
    peer.send(&get(5)).unwrap();
    assert_eq!(peer.requests, [(1, true), (3, true)]);
    assert!(peer.session.takes_no_more());
}

/// Section 6.8: what is not served is said not to be, and never more is than was said before.
#[test]
fn serves_no_stream_beyond_the_last_that_it_tells() {
    let mut peer = Peer::new(Limits::default());
    peer.send(&get(1)).unwrap();
    // A head whose end has not come.
    peer.send(&frame(1, END_STREAM, 5, b"\x82")).unwrap();
    peer.session.shut_down_now(&mut peer.out);
    assert_eq!(peer.sent_of(7)[0].payload[..4], [0, 0, 0, 3]);
    peer.send(&frame(9, END_HEADERS, 5, b"\x84\x86\x41\x01h"))
        .unwrap();
    peer.send(&post(7)).unwrap();
    peer.send(&frame(0, END_STREAM, 7, b"body")).unwrap();
    assert_eq!(
        (peer.requests.len(), peer.sent_of(3).len()),
        (1, 0),
        "passed over without a word"
    );
    assert!(peer.send(&frame(6, 0, 0, b"short")).is_err());
    let error = ConnectionError {
        reason: Reason::FRAME_SIZE_ERROR,
        what: "",
    };
    peer.session.fail(error, &mut peer.out);
    assert_eq!(peer.sent_of(7)[1].payload[..4], [0, 0, 0, 3]);
}

#[test]
fn resets_a_stream_once() {
    let mut peer = Peer::new(Limits::default());
    peer.send(&post(1)).unwrap();
    // A trailer section that goes on when its stream is no more.
    peer.send(&frame(1, END_STREAM, 1, b"\0\x01a")).unwrap();
    peer.session.reset(1, Reason::NO_ERROR, &mut peer.out);
    peer.send(&frame(9, END_HEADERS, 1, b"\x01b")).unwrap();
    assert_eq!(peer.sent_of(3).len(), 1);
}

#[test]
fn splits_large_heads_as_the_client_wants_it() {
    let mut peer = Peer::new(Limits::default());
    peer.send(&get(1)).unwrap();
    let value = vec![b'x'; 40_000];
    peer.take();
    peer.session
        .headers(1, 200, [(&b"large"[..], &value[..])], true, &mut peer.out);
    let kinds: Vec<_> = peer
        .sent()
        .iter()
        .map(|sent| (sent.kind, sent.flags, sent.payload.len()))
        .collect();
    assert_eq!(kinds[..2], [(1, END_STREAM, 16_384), (9, 0, 16_384)]);
    assert_eq!((kinds.len(), kinds[2].1), (3, END_HEADERS));
}

#[test]
fn events_are_small() {
    assert!(size_of::<Event>() <= 40, "{}", size_of::<Event>());
}
