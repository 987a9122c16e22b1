//! Every bound holds to the byte, and is told as soon as it is passed.

mod support;

use howth_http1::Limits;
use support::{Verdict, decode_both, refusal};

#[test]
fn bounds_are_exact() {
    let limits = Limits {
        head_bytes_max: 60,
        target_bytes_max: 10,
        fields_max: 2,
        body_bytes_max: 10,
        chunk_extension_bytes_max: 6,
        trailer_bytes_max: 12,
        ..Limits::default()
    };
    let chunked = "POST / HTTP/1.1\r\nHost:a\r\nTransfer-Encoding:chunked\r\n\r\n";
    let too_many = Some((431, "the request has too many fields"));
    let too_large = Some((431, "the request head is too large"));
    let too_long = Some((414, "the request target is too long"));
    let body = Some((413, "the request body is too large"));
    let extensions = Some((400, "the chunk extensions are too large"));
    let trailers = Some((431, "the trailer section is too large"));
    for (input, expected) in [
        (format!("GET / HTTP/1.1\r\nHost:{}\r\n\r\n", "a".repeat(35)), None),
        (
            format!("GET / HTTP/1.1\r\nHost:{}\r\n\r\n", "a".repeat(36)),
            too_large,
        ),
        (format!("GET / HTTP/1.1\r\nHost:{}", "a".repeat(39)), too_large),
        (
            format!("\r\n\r\nGET / HTTP/1.1\r\nHost:{}\r\n\r\n", "a".repeat(35)),
            None,
        ),
        (format!("GET /{} HTTP/1.1\r\nHost:a\r\n\r\n", "a".repeat(9)), None),
        (
            format!("GET /{} HTTP/1.1\r\nHost:a\r\n\r\n", "a".repeat(10)),
            too_long,
        ),
        (format!("GET /{}", "a".repeat(10)), too_long),
        (format!("GET {} HTTP/9.9", "\u{1}".repeat(11)), too_long),
        (
            format!("{} / HTTP/1.1\r\nHost:a\r\n\r\n", "A".repeat(65)),
            too_large,
        ),
        ("GET / HTTP/1.1\r\nHost:a\r\nX:\r\n\r\n".to_owned(), None),
        (
            "GET / HTTP/1.1\r\nHost:a\r\nX:\r\nX:\r\n\r\n".to_owned(),
            Some((431, "the request has too many fields")),
        ),
        (
            "GET / HTTP/1.1\r\nHost:a\r\nContent-Length:10\r\n\r\n".to_owned(),
            None,
        ),
        (
            "GET / HTTP/1.1\r\nHost:a\r\nContent-Length:11\r\n\r\n".to_owned(),
            body,
        ),
        (format!("{chunked}a\r\n0123456789\r\n0\r\n\r\n"), None),
        (format!("{chunked}b\r"), body),
        (format!("{chunked}a\r\n0123456789\r\n1;"), body),
        (format!("{chunked}1;a\r\n0\r\n1;a=b\r\n0\r\n0\r\n\r\n"), None),
        (format!("{chunked}1;a\r\n0\r\n1;a=bc"), extensions),
        (format!("{chunked}0\r\nX: 3456789\r\n\r\n"), None),
        (format!("{chunked}0\r\nX: 34567890\r\n\r\n"), trailers),
        (format!("{chunked}0\r\nX: 34567890123"), trailers),
        (format!("{chunked}0\r\nX:\r\nY:\r\n\r\n"), None),
        (format!("{chunked}0\r\nX:\r\nY:\r\nZ:\r\n\r\n"), too_many),
    ] {
        let refused = match decode_both(input.as_bytes(), &limits).verdict {
            Verdict::Rejected(rejection) => Some((rejection.status, rejection.reason)),
            Verdict::NeedMore { left, .. } => {
                assert_eq!(left, 0, "{input:?}");
                None
            }
        };
        assert_eq!(refused, expected, "{input:?}");
    }
}

#[test]
fn any_number_of_fields_can_be_allowed() {
    for (fields, fields_max) in [
        (31, 31),
        (32, 32),
        (33, 33),
        (128, 128),
        (129, 129),
        (1000, 1000),
        (1000, usize::MAX),
    ] {
        let limits = Limits {
            fields_max,
            ..Limits::default()
        };
        let input = |fields: usize| {
            format!(
                "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
                "X: y\r\n".repeat(fields - 1)
            )
        };
        let transcript = decode_both(input(fields).as_bytes(), &limits);
        assert_eq!(transcript.messages[0].head.fields.len(), fields);
        if fields == fields_max {
            let too_many = (431, "the request has too many fields");
            assert_eq!(refusal(input(fields + 1).as_bytes(), &limits), too_many);
        }
    }
    let none = Limits {
        fields_max: 0,
        ..Limits::default()
    };
    assert_eq!(decode_both(b"GET / HTTP/1.0\r\n\r\n", &none).messages.len(), 1);
    assert_eq!(refusal(b"GET / HTTP/1.0\r\nX:\r\n\r\n", &none).0, 431);
}

#[test]
fn long_methods_and_many_empty_lines() {
    let limits = Limits::default();
    let request = |method: usize| format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "M".repeat(method));
    assert_eq!(decode_both(request(64).as_bytes(), &limits).messages.len(), 1);
    assert_eq!(
        refusal(request(65).as_bytes(), &limits),
        (501, "the method is not implemented")
    );
    let request = |empty: usize| format!("{}GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n".repeat(empty));
    assert_eq!(decode_both(request(8).as_bytes(), &limits).messages.len(), 1);
    let many = (400, "too many empty lines precede the request line");
    assert_eq!(refusal(request(9).as_bytes(), &limits), many);
}

#[test]
fn a_fault_is_told_as_soon_as_its_byte_is_there() {
    let tall = format!("GET /{}", "a".repeat(8191));
    assert!(matches!(
        decode_both(tall.as_bytes(), &Limits::default()).verdict,
        Verdict::NeedMore { .. }
    ));
    assert_eq!(refusal(format!("{tall}a").as_bytes(), &Limits::default()).0, 414);
    let wide = format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(32 * 1024 - 20));
    assert!(matches!(
        decode_both(wide.as_bytes(), &Limits::default()).verdict,
        Verdict::NeedMore { .. }
    ));
    assert_eq!(refusal(format!("{wide}aa").as_bytes(), &Limits::default()).0, 431);
}
