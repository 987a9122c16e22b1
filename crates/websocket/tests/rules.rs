//! Every rule of RFC 6455 that a client can break, and the close code that it is told.

#[allow(dead_code)]
mod support;

use howth_websocket::{Deflater, Opcode, Violation, masked_frame};
use support::{BYTES_MAX, Came, Transcript, decode, fragment, frame};

/// Whole and byte by byte; the same comes out.
fn verdict(input: &[u8], may_compress: bool) -> Transcript {
    let whole = decode(input, &[], may_compress);
    let bytewise: Vec<usize> = (1..input.len()).collect();
    assert_eq!(whole, decode(input, &bytewise, may_compress), "{input:x?}");
    whole
}

fn refused(input: &[u8]) -> Violation {
    let (came, violation) = verdict(input, false);
    assert!(came.is_empty(), "{came:?}");
    violation.expect("it breaks a rule")
}

#[test]
fn messages_and_control_frames_come_out() {
    let input = [
        frame(Opcode::Text, "grüße".as_bytes()),
        frame(Opcode::Ping, b"?"),
        frame(Opcode::Binary, &[0; 126]),
        frame(Opcode::Pong, b""),
        frame(Opcode::Text, b""),
        frame(Opcode::Close, b"\x03\xe8bye"),
        b"what comes behind is dropped".to_vec(),
    ]
    .concat();
    let (came, violation) = verdict(&input, false);
    assert_eq!(violation, None);
    assert_eq!(
        came,
        [
            Came::Text("grüße".to_owned()),
            Came::Ping(b"?".to_vec()),
            Came::Binary(vec![0; 126]),
            Came::Pong(Vec::new()),
            Came::Text(String::new()),
            Came::Close(Some(1000), "bye".to_owned()),
        ]
    );
}

#[test]
fn fragments_are_one_message_with_control_frames_between_them() {
    let euro = "€".as_bytes();
    let input = [
        fragment(Opcode::Text, false, &euro[..1]),
        frame(Opcode::Ping, b"within"),
        fragment(Opcode::Continuation, false, &euro[1..2]),
        fragment(Opcode::Continuation, false, b""),
        fragment(Opcode::Continuation, true, &euro[2..]),
        frame(Opcode::Close, b""),
    ]
    .concat();
    let (came, violation) = verdict(&input, false);
    assert_eq!(violation, None);
    assert_eq!(
        came,
        [
            Came::Ping(b"within".to_vec()),
            Came::Text("€".to_owned()),
            Came::Close(None, String::new())
        ]
    );
}

#[test]
fn frames_keep_to_their_form() {
    // RFC 6455 section 5.2.
    for bit in [0x10, 0x20, 0x40] {
        assert_eq!(refused(&[0x81 | bit]), Violation::ReservedBit);
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        assert_eq!(refused(&[0x80 | opcode]), Violation::ReservedOpcode);
    }
    // Section 5.1.
    assert_eq!(refused(b"\x81\x02Hi"), Violation::Unmasked);
    // Section 5.2: lengths.
    for length in [0, 1, 125] {
        assert_eq!(refused(&[0x82, 0xfe, 0, length]), Violation::Length);
    }
    for length in [0_u64, 126, 0xffff, 1 << 63] {
        let input = [&[0x82, 0xff][..], &length.to_be_bytes()].concat();
        assert_eq!(refused(&input), Violation::Length);
    }
    // Section 5.5.
    for opcode in [8, 9, 10] {
        assert_eq!(refused(&[opcode]), Violation::FragmentedControl);
        assert_eq!(refused(&[0x80 | opcode, 0xfe]), Violation::LongControl);
    }
}

#[test]
fn fragments_are_in_order() {
    // RFC 6455 section 5.4.
    assert_eq!(
        refused(&fragment(Opcode::Continuation, true, b"x")),
        Violation::Continuation
    );
    for opcode in [Opcode::Text, Opcode::Binary] {
        let input = [fragment(Opcode::Text, false, b"x"), frame(opcode, b"y")].concat();
        assert_eq!(refused(&input), Violation::Interleaved);
    }
}

#[test]
fn a_text_is_utf_8_and_what_is_none_is_told_before_its_end() {
    // RFC 6455 section 8.1.
    assert_eq!(refused(&frame(Opcode::Text, b"\xff")), Violation::Text);
    assert_eq!(
        refused(&frame(Opcode::Text, "€".as_bytes().split_last().unwrap().1)),
        Violation::Text
    );
    let begun = fragment(Opcode::Text, false, b"\xf4\x90");
    assert_eq!(refused(&begun), Violation::Text);
    let part = frame(Opcode::Text, &[&b"\xc0"[..], &[b'x'; 100]].concat());
    assert_eq!(refused(&part[..8]), Violation::Text);
    let incomplete = [
        fragment(Opcode::Text, false, b"\xe2\x82"),
        fragment(Opcode::Continuation, true, b""),
    ];
    assert_eq!(refused(&incomplete.concat()), Violation::Text);
}

#[test]
fn a_close_frame_says_what_may_be_said() {
    // RFC 6455 sections 5.5.1 and 7.4.
    assert_eq!(refused(&frame(Opcode::Close, b"\x03")), Violation::CloseLength);
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        let violation = refused(&frame(Opcode::Close, &code.to_be_bytes()));
        assert_eq!(violation, Violation::CloseCode(code));
    }
    assert_eq!(
        refused(&frame(Opcode::Close, b"\x03\xe8\xff")),
        Violation::CloseReason
    );
    for code in [1000_u16, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 4999] {
        let (came, violation) = verdict(&frame(Opcode::Close, &code.to_be_bytes()), false);
        assert_eq!(
            (came, violation),
            (vec![Came::Close(Some(code), String::new())], None)
        );
    }
}

#[test]
fn a_message_is_no_longer_than_is_taken() {
    // RFC 6455 section 10.4.
    let exact = frame(Opcode::Binary, &[7; BYTES_MAX]);
    assert_eq!(verdict(&exact, false).1, None);
    let long = frame(Opcode::Binary, &[7; BYTES_MAX + 1]);
    assert_eq!(refused(&long[..8]), Violation::LongMessage);
    let parts = [
        fragment(Opcode::Binary, false, &[7; BYTES_MAX]),
        fragment(Opcode::Continuation, true, &[7]),
    ];
    assert_eq!(refused(&parts.concat()), Violation::LongMessage);
}

#[test]
fn compressed_messages_come_out_and_are_bounded() {
    // RFC 7692 sections 6 and 7.2.
    let mut deflater = Deflater::new(15, false);
    let compressed = |kind, is_final, payload: &[u8]| masked_frame(kind, is_final, true, payload, [9; 4]);
    let hello = deflater.deflate(b"Hello, hello, hello");
    let (first, rest) = hello.split_at(3);
    let input = [
        compressed(Opcode::Text, true, &hello),
        compressed(Opcode::Binary, false, first),
        frame(Opcode::Ping, b""),
        fragment(Opcode::Continuation, true, rest),
        frame(Opcode::Text, b"plain"),
    ];
    let (came, violation) = verdict(&input.concat(), true);
    assert_eq!(violation, None);
    assert_eq!(came[0], Came::Text("Hello, hello, hello".to_owned()));
    assert_eq!(came[2], Came::Binary(b"Hello, hello, hello".to_vec()));
    assert_eq!(came[3], Came::Text("plain".to_owned()));

    let bomb = compressed(Opcode::Binary, true, &deflater.deflate(&[0; BYTES_MAX + 1]));
    assert_eq!(verdict(&bomb, true).1, Some(Violation::LongMessage));
    let not_text = compressed(Opcode::Text, true, &deflater.deflate(b"\xff"));
    assert_eq!(verdict(&not_text, true).1, Some(Violation::Text));
    let broken = compressed(Opcode::Text, true, &[0xff; 20]);
    assert_eq!(verdict(&broken, true).1, Some(Violation::Compressed));
    let late = [
        fragment(Opcode::Binary, false, b""),
        masked_frame(Opcode::Continuation, true, true, b"", [0; 4]),
    ];
    assert_eq!(verdict(&late.concat(), true).1, Some(Violation::ReservedBit));
    let control = masked_frame(Opcode::Ping, true, true, b"", [0; 4]);
    assert_eq!(verdict(&control, true).1, Some(Violation::ReservedBit));
}

#[test]
fn what_is_wrong_has_its_close_code() {
    assert_eq!(Violation::Unmasked.code(), 1002);
    assert_eq!(Violation::CloseCode(1005).code(), 1002);
    assert_eq!(Violation::Text.code(), 1007);
    assert_eq!(Violation::LongMessage.code(), 1009);
}
