//! What a client may do to make the server work: each ends the connection, within a bound of work and memory.

mod support;

use howth_http2::{Limits, Reason};
use support::{END_HEADERS, END_STREAM, Peer, frame, get};

const STREAM_BYTES_MAX: usize = 512;

/// How many times `flood` may be sent before the connection ends; all of it at one moment.
fn lasts(mut peer: Peer, mut flood: impl FnMut(u32, &mut Peer) -> Vec<u8>) -> u32 {
    for round in 0..1_000_000 {
        let frames = flood(round, &mut peer);
        if let Err(error) = peer.send(&frames) {
            assert_eq!(error.reason, Reason::ENHANCE_YOUR_CALM, "{error}");
            return round;
        }
        // Somebody reads what the server says: its bound is the connection's.
        peer.take();
        let streams = peer.session.streams().len();
        assert!(streams <= peer.limits.streams_max as usize, "{streams} streams");
    }
    panic!("the flood has no end");
}

fn peer() -> Peer {
    Peer::new(Limits::default())
}

#[test]
fn rapid_reset() {
    let rounds = lasts(peer(), |round, _| {
        let stream = 1 + 2 * round;
        let mut frames = get(stream);
        frames.extend(frame(3, 0, stream, &8_u32.to_be_bytes()));
        frames
    });
    assert_eq!(rounds, Limits::default().resets_max);
}

#[test]
fn resets_that_the_client_makes_the_server_send() {
    // RFC 9113 section 6.9.1: a window that grows too large; section 5.1: data behind the end; section 8.1.1: malformed.
    for kind in 0..3 {
        let rounds = lasts(peer(), |round, _| {
            let stream = 1 + 2 * round;
            match kind {
                0 => [get(stream), frame(8, 0, stream, &0x7fff_ffff_u32.to_be_bytes())].concat(),
                1 => [get(stream), frame(0, 0, stream, b"x")].concat(),
                _ => frame(1, END_HEADERS | END_STREAM, stream, b"\x82"),
            }
        });
        assert_eq!(rounds, Limits::default().resets_max, "{kind}");
    }
}

#[test]
fn streams_beyond_the_bound() {
    let rounds = lasts(peer(), |round, _| get(1 + 2 * round));
    assert_eq!(
        rounds,
        Limits::default().streams_max + Limits::default().resets_max
    );
}

#[test]
fn pings_settings_priorities_and_unknown_frames() {
    for flood in [
        frame(6, 0, 0, &[0; 8]),
        frame(6, 1, 0, &[0; 8]),
        frame(4, 0, 0, &[]),
        frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]),
        frame(2, 0, 1, &[0; 5]),
        frame(0xcc, 0, 0, b"whatever"),
        frame(8, 0, 0, &1_u32.to_be_bytes()),
    ] {
        let rounds = lasts(peer(), |_, _| flood.clone());
        assert!(rounds <= Limits::default().idle_frames_max, "{flood:?}: {rounds}");
        assert!(
            rounds + 2 >= Limits::default().idle_frames_max,
            "{flood:?}: {rounds}"
        );
    }
}

#[test]
fn time_forgives() {
    let mut peer = peer();
    for second in 0..100 {
        peer.now_ms = second * 1000;
        for _ in 0..300 {
            peer.send(&frame(6, 0, 0, &[0; 8])).unwrap();
        }
        peer.take();
    }
}

#[test]
fn empty_data() {
    let mut peer = peer();
    peer.send(&frame(1, END_HEADERS, 1, b"\x83\x84\x86\x41\x01h"))
        .unwrap();
    let rounds = lasts(peer, |_, _| frame(0, 0, 1, b""));
    assert_eq!(rounds, Limits::default().idle_frames_max);
}

#[test]
fn data_of_one_byte_costs_no_more_than_its_bytes() {
    let mut peer = peer();
    peer.send(&frame(1, END_HEADERS, 1, b"\x83\x84\x86\x41\x01h"))
        .unwrap();
    for _ in 0..200_000 {
        peer.send(&frame(0, 0, 1, b"x")).unwrap();
        peer.session.release(Some(1), 1, &peer.limits, &mut peer.out);
        peer.body.clear();
    }
    // Windows are given back in large pieces.
    assert!(peer.take().len() < STREAM_BYTES_MAX);
}

#[test]
fn continuations_without_an_end() {
    let begun = || {
        let mut peer = peer();
        peer.send(&frame(1, END_STREAM, 1, b"\x82")).unwrap();
        peer
    };
    let field = b"\x00\x01a\x7fxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    let rounds = lasts(begun(), |_, _| frame(9, 0, 1, field));
    assert!(
        rounds as usize * field.len() <= 2 * Limits::default().field_list_bytes_max,
        "{rounds}"
    );
    // Empty ones.
    let rounds = lasts(begun(), |_, _| frame(9, 0, 1, b""));
    assert_eq!(rounds, Limits::default().idle_frames_max);
}

#[test]
fn a_block_that_grows_when_it_is_decompressed() {
    let mut peer = peer();
    // A value of 4,000 bytes joins the table, and is named 16,000 times in one frame.
    let mut block = b"\x82\x84\x86\x41\x01h\x40\x01a\x7f\xa1\x1e".to_vec();
    block.extend(vec![b'x'; 4000]);
    block.extend(vec![0xbe; 12_000]);
    peer.send(&frame(1, END_HEADERS | END_STREAM, 1, &block)).unwrap();
    assert_eq!(peer.requests, [(1, true)]);
    assert!(peer.block.is_too_large());
    let kept: usize = peer
        .block
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    assert!(kept <= Limits::default().field_list_bytes_max, "{kept} bytes");
}
