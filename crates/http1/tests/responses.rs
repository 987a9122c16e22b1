//! How responses are planned and written.

use std::time::{Duration, UNIX_EPOCH};

use howth_http1::{
    Date, Decoder, Field, Framing, InvalidResponse, Limits, RequestFacts, RequestHead, ResponseHead,
    ResponsePlan, Version, encode_chunk, encode_head, encode_last_chunk, is_forwarded, plan_response,
};
use proptest::prelude::*;

const GET: RequestFacts = RequestFacts {
    version: Version::Http11,
    is_head: false,
    is_connect: false,
    keep_alive: true,
};
const HEAD: RequestFacts = RequestFacts { is_head: true, ..GET };
const CONNECT: RequestFacts = RequestFacts {
    is_connect: true,
    ..GET
};
const CLOSE: RequestFacts = RequestFacts {
    keep_alive: false,
    ..GET
};
const HTTP_10: RequestFacts = RequestFacts {
    version: Version::Http10,
    keep_alive: false,
    ..GET
};
const HTTP_10_KEEP: RequestFacts = RequestFacts {
    version: Version::Http10,
    ..GET
};

fn response<'a>(status: u16, fields: &'a [Field<'a>]) -> ResponseHead<'a> {
    ResponseHead {
        status,
        reason: None,
        fields,
    }
}

fn date() -> Date {
    Date::new(UNIX_EPOCH + Duration::from_secs(784_111_777))
}

#[test]
fn facts_come_from_the_head() {
    for (input, expected) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", GET),
        ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", HEAD),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", CONNECT),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", CLOSE),
        ("GET / HTTP/1.0\r\n\r\n", HTTP_10),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", HTTP_10_KEEP),
    ] {
        let mut head = RequestHead::new();
        let limits = Limits {
            takes_connect: true,
            takes_expectations: false,
            ..Limits::default()
        };
        Decoder::new()
            .decode(input.as_bytes(), &limits, &mut head)
            .unwrap();
        assert_eq!(RequestFacts::from(&head), expected, "{input:?}");
    }
}

#[test]
fn framing() {
    const NONE: &[Field<'_>] = &[];
    const NINE: &[Field<'_>] = &[(b"Content-Length", b" 9 ")];
    const TWICE: &[Field<'_>] = &[(b"content-length", b"9"), (b"content-length", b"9")];
    const JUNK: &[Field<'_>] = &[(b"content-length", b"+9")];
    const CODING: &[Field<'_>] = &[(b"transfer-encoding", b"gzip")];
    use Framing::{Chunked, Length, UntilClose};
    let none = Framing::None;
    for (request, status, fields, length, framing, content_length) in [
        (GET, 200, NONE, Some(5), Length(5), Some(5)),
        (GET, 200, NONE, Some(0), Length(0), Some(0)),
        (GET, 200, NONE, None, Chunked, None),
        (GET, 500, NONE, Some(5), Length(5), Some(5)),
        (GET, 200, NINE, Some(5), Length(5), Some(5)),
        (GET, 200, NINE, None, Length(9), Some(9)),
        (GET, 200, TWICE, None, Chunked, None),
        (GET, 200, JUNK, None, Chunked, None),
        (GET, 200, CODING, None, Chunked, None),
        (GET, 200, CODING, Some(5), Length(5), Some(5)),
        (HTTP_10, 200, NONE, Some(5), Length(5), Some(5)),
        (HTTP_10, 200, NONE, None, UntilClose, None),
        (HTTP_10_KEEP, 200, NONE, None, UntilClose, None),
        (HTTP_10_KEEP, 200, NINE, None, Length(9), Some(9)),
        (HEAD, 200, NONE, Some(5), none, Some(5)),
        (HEAD, 200, NINE, Some(5), none, Some(5)),
        (HEAD, 200, NINE, Some(0), none, Some(9)),
        (HEAD, 200, NINE, None, none, Some(9)),
        (HEAD, 200, NONE, Some(0), none, None),
        (HEAD, 200, NONE, None, none, None),
        (HEAD, 204, NINE, Some(5), none, None),
        (HEAD, 304, NONE, Some(5), none, None),
        (GET, 204, NINE, Some(5), none, None),
        (GET, 204, NONE, None, none, None),
        (GET, 205, NINE, Some(5), none, Some(0)),
        (GET, 205, NONE, None, none, Some(0)),
        (GET, 304, NONE, Some(0), none, None),
        (GET, 304, NINE, Some(0), none, Some(9)),
        (GET, 304, NINE, None, none, Some(9)),
        (GET, 304, JUNK, None, none, None),
        (CONNECT, 200, NINE, Some(5), none, None),
        (CONNECT, 405, NONE, Some(5), Length(5), Some(5)),
    ] {
        let plan = plan_response(request, &response(status, fields), length, false).unwrap();
        let case = (request, status, fields, length);
        assert_eq!(
            (plan.framing, plan.content_length),
            (framing, content_length),
            "{case:?}"
        );
    }
}

#[test]
fn persistence() {
    let closing: &[Field<'_>] = &[(b"Connection", b"x, Close")];
    let keeping: &[Field<'_>] = &[(b"connection", b"keep-alive")];
    for (request, status, fields, length, closing, keep_alive) in [
        (GET, 200, &[][..], Some(5), false, true),
        (GET, 200, &[], None, false, true),
        (GET, 200, &[], Some(5), true, false),
        (GET, 200, closing, Some(5), false, false),
        (GET, 200, keeping, Some(5), false, true),
        (GET, 204, &[], Some(0), false, true),
        (HEAD, 200, &[], None, false, true),
        (CLOSE, 200, &[], Some(5), false, false),
        (CLOSE, 200, keeping, Some(5), false, false),
        (HTTP_10, 200, &[], Some(5), false, false),
        (HTTP_10_KEEP, 200, &[], Some(5), false, true),
        (HTTP_10_KEEP, 200, &[], None, false, false),
        (HTTP_10_KEEP, 204, &[], None, false, true),
        (CONNECT, 200, &[], Some(0), false, false),
        (CONNECT, 405, &[], Some(0), false, true),
    ] {
        let plan = plan_response(request, &response(status, fields), length, closing).unwrap();
        assert_eq!(
            plan.keep_alive,
            keep_alive,
            "{:?}",
            (request, status, fields, length, closing)
        );
    }
}

#[test]
fn heads_that_would_break_the_message_are_refused() {
    for status in [0, 100, 101, 199, 600, 999, u16::MAX] {
        assert_eq!(
            plan_response(GET, &response(status, &[]), None, false),
            Err(InvalidResponse::Status)
        );
    }
    for reason in ["a\r\nb", "\n", "\0", "\u{7f}", "\u{1}"] {
        let head = ResponseHead {
            status: 200,
            reason: Some(reason),
            fields: &[],
        };
        assert_eq!(
            plan_response(GET, &head, None, false),
            Err(InvalidResponse::Reason),
            "{reason:?}"
        );
    }
    for name in [&b""[..], b" ", b"a b", b"a:", b"a\r\n", b"\xe9", b"a\0", b"a("] {
        let fields: &[Field<'_>] = &[(b"x", b"y"), (name, b"z")];
        assert_eq!(
            plan_response(GET, &response(200, fields), None, false),
            Err(InvalidResponse::FieldName)
        );
    }
    for value in [&b"\r"[..], b"\n", b"a\r\nb: c", b"a\0"] {
        let fields: &[Field<'_>] = &[(b"x", b"y"), (b"z", value)];
        assert_eq!(
            plan_response(GET, &response(200, fields), None, false),
            Err(InvalidResponse::FieldValue)
        );
    }
    let fields: &[Field<'_>] = &[(b"X", b""), (b"y", b"\xe9\t\x01 ")];
    let head = ResponseHead {
        status: 599,
        reason: Some("\tna\u{ef}ve"),
        fields,
    };
    assert!(plan_response(GET, &head, None, false).is_ok());
}

#[test]
fn fields_of_the_engine_are_not_forwarded() {
    for name in [
        "Connection",
        "content-length",
        "Keep-Alive",
        "TRANSFER-ENCODING",
        "upgrade",
    ] {
        assert!(!is_forwarded(name.as_bytes()), "{name}");
    }
    for name in [
        "",
        "date",
        "content-type",
        "set-cookie",
        "trailer",
        "vary",
        "upgrade-x",
        "connectiom",
        "keep-alivf",
    ] {
        assert!(is_forwarded(name.as_bytes()), "{name}");
    }
}

fn encode(request: RequestFacts, head: &ResponseHead<'_>, plan: &ResponsePlan) -> String {
    let mut out = b"kept ".to_vec();
    encode_head(&mut out, request, head, plan, &date());
    String::from_utf8(out)
        .unwrap()
        .strip_prefix("kept ")
        .unwrap()
        .to_owned()
}

#[test]
fn heads_are_written_as_planned() {
    let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let fields: &[Field<'_>] = &[
        (b"Content-Type", b"text/plain"),
        (b"Connection", b"x"),
        (b"X", b""),
        (b"Content-Length", b"7"),
        (b"Transfer-Encoding", b"x"),
        (b"Set-Cookie", b"a"),
        (b"Set-Cookie", b"b"),
    ];
    let own = "Content-Type: text/plain\r\nX: \r\nSet-Cookie: a\r\nSet-Cookie: b\r\n";
    for (request, framing, content_length, keep_alive, expected) in [
        (GET, Framing::Length(5), Some(5), true, "content-length: 5\r\n"),
        (
            GET,
            Framing::Length(u64::MAX),
            Some(u64::MAX),
            true,
            "content-length: 18446744073709551615\r\n",
        ),
        (GET, Framing::None, None, true, ""),
        (
            GET,
            Framing::Chunked,
            None,
            true,
            "transfer-encoding: chunked\r\n",
        ),
        (
            GET,
            Framing::Chunked,
            None,
            false,
            "transfer-encoding: chunked\r\nconnection: close\r\n",
        ),
        (HTTP_10, Framing::UntilClose, None, false, "connection: close\r\n"),
        (
            HTTP_10_KEEP,
            Framing::Length(0),
            Some(0),
            true,
            "content-length: 0\r\nconnection: keep-alive\r\n",
        ),
    ] {
        let plan = ResponsePlan {
            framing,
            content_length,
            keep_alive,
        };
        let expected = format!("HTTP/1.1 200 OK\r\n{own}{date}{expected}\r\n");
        assert_eq!(encode(request, &response(200, fields), &plan), expected);
    }
}

#[test]
fn an_own_date_and_reason_are_kept() {
    let plan = ResponsePlan {
        framing: Framing::None,
        content_length: None,
        keep_alive: true,
    };
    let fields: &[Field<'_>] = &[(b"Date", b"today")];
    let head = ResponseHead {
        status: 404,
        reason: Some("Nowhere"),
        fields,
    };
    assert_eq!(
        encode(GET, &head, &plan),
        "HTTP/1.1 404 Nowhere\r\nDate: today\r\n\r\n"
    );
}

#[test]
fn chunks() {
    let mut out = Vec::new();
    encode_chunk(&mut out, b"");
    assert_eq!(out, b"");
    encode_chunk(&mut out, b"hello");
    encode_chunk(&mut out, &[b'x'; 16]);
    assert_eq!(out, b"5\r\nhello\r\n10\r\nxxxxxxxxxxxxxxxx\r\n");
    for (size, digits) in [
        (15, "f"),
        (255, "ff"),
        (256, "100"),
        (4096, "1000"),
        (65_535, "ffff"),
        (1 << 20, "100000"),
    ] {
        let mut out = Vec::new();
        encode_chunk(&mut out, &vec![0; size]);
        assert!(out.starts_with(format!("{digits}\r\n").as_bytes()), "{size}");
        assert_eq!(out.len(), digits.len() + 2 + size + 2);
    }
}

#[test]
fn last_chunks_leave_out_what_is_no_trailer() {
    let mut out = Vec::new();
    encode_last_chunk(&mut out, &[]);
    assert_eq!(out, b"0\r\n\r\n");
    out.clear();
    let trailers: &[Field<'_>] = &[
        (b"X-Sum", b"1"),
        (b"Content-Length", b"1"),
        (b"set-cookie", b"a"),
        (b"a b", b"c"),
        (b"X-Bad", b"a\r\nb: c"),
        (b"server-timing", b"x"),
    ];
    encode_last_chunk(&mut out, trailers);
    assert_eq!(out, b"0\r\nX-Sum: 1\r\nserver-timing: x\r\n\r\n");
}

proptest! {
    /// Whatever is planned is one well-formed head, and its framing fields say what the plan says.
    #[test]
    fn what_is_planned_is_well_formed(
        (status, reason) in (200u16..600, proptest::option::of("[ -~]{0,20}")),
        fields in proptest::collection::vec(("[A-Za-z-]{1,18}|connection|content-length|date", "[!-~]([ -~]{0,8}[!-~])?|[0-9]"), 0..20),
        length in proptest::option::of(0u64..1 << 40),
        (is_head, is_connect, keep_alive, closing, is_old) in any::<(bool, bool, bool, bool, bool)>(),
    ) {
        let version = if is_old { Version::Http10 } else { Version::Http11 };
        let request = RequestFacts { version, is_head, is_connect, keep_alive };
        let given: Vec<Field<'_>> = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let head = ResponseHead { status, reason: reason.as_deref(), fields: &given };
        let plan = plan_response(request, &head, length, closing).unwrap();
        let mut out = Vec::new();
        encode_head(&mut out, request, &head, &plan, &date());

        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut parsed = httparse::Response::new(&mut headers);
        prop_assert_eq!(parsed.parse(&out).unwrap(), httparse::Status::Complete(out.len()));
        prop_assert_eq!(parsed.code, Some(status));
        let values = |name: &str| -> Vec<String> {
            let named = parsed.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
            named.map(|header| String::from_utf8(header.value.to_vec()).unwrap()).collect()
        };
        prop_assert_eq!(values("content-length"), Vec::from_iter(plan.content_length.map(|bytes| bytes.to_string())));
        let codings = if plan.framing == Framing::Chunked { vec!["chunked".to_owned()] } else { vec![] };
        prop_assert_eq!(values("transfer-encoding"), codings);
        prop_assert!(!values("date").is_empty());
        let connection = match (plan.keep_alive, is_old) {
            (false, _) => vec!["close".to_owned()],
            (true, true) => vec!["keep-alive".to_owned()],
            (true, false) => vec![],
        };
        prop_assert_eq!(values("connection"), connection);
        prop_assert!(keep_alive || !plan.keep_alive);
        prop_assert!(!closing || !plan.keep_alive);
        if let Framing::Length(bytes) = plan.framing {
            prop_assert_eq!(plan.content_length, Some(bytes));
        }
    }
}
