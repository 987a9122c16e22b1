//! What accepted requests say, one after the other on one connection.

mod support;

use howth_http1::{BodyLength, Decoded, Decoder, Limits, RequestHead, Version};
use support::{Head, Message, Verdict, decode_both};

fn messages(input: &str) -> Vec<Message> {
    let transcript = decode_both(input.as_bytes(), &Limits::default());
    let done = Verdict::NeedMore {
        left: 0,
        is_between_messages: true,
    };
    assert_eq!(transcript.verdict, done, "{input:?}");
    transcript.messages
}

fn head(input: &str) -> Head {
    let mut messages = messages(input);
    assert_eq!(messages.len(), 1, "{input:?}");
    messages.remove(0).head
}

/// The head of a request that may be one for a tunnel.
fn head_or_tunnel(input: &str) -> Head {
    let limits = Limits {
        takes_connect: true,
        takes_expectations: false,
        ..Limits::default()
    };
    let mut transcript = decode_both(input.as_bytes(), &limits);
    assert_eq!(transcript.messages.len(), 1, "{input:?}");
    transcript.messages.remove(0).head
}

#[test]
fn a_head_says_what_was_sent() {
    let head = head(
        "PATCH /a%20b?c=d HTTP/1.1\r\nHost: Example.com:80\r\nX-A:\t one \t\r\nx-a: two\r\nX-Empty:\r\n\r\n",
    );
    assert_eq!(head.method, "PATCH");
    assert_eq!(
        (head.target.as_str(), head.path.as_str()),
        ("/a%20b?c=d", "/a%20b?c=d")
    );
    assert_eq!(head.authority.as_deref(), Some("example.com"));
    let expected: [(&str, &[u8]); 4] = [
        ("Host", b"Example.com:80"),
        ("X-A", b"one"),
        ("x-a", b"two"),
        ("X-Empty", b""),
    ];
    assert_eq!(
        head.fields,
        expected.map(|(name, value)| (name.to_owned(), value.to_vec()))
    );
}

#[test]
fn a_host_may_be_missing_where_the_limits_let_it() {
    let limits = Limits {
        requires_host: false,
        ..Limits::default()
    };
    for (input, authority) in [
        ("GET / HTTP/1.1\r\n\r\n", None),
        ("GET http://b/ HTTP/1.1\r\n\r\n", Some("b")),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Some("a")),
    ] {
        let transcript = decode_both(input.as_bytes(), &limits);
        assert_eq!(transcript.messages.len(), 1, "{input:?}");
        assert_eq!(
            transcript.messages[0].head.authority.as_deref(),
            authority,
            "{input:?}"
        );
    }
    for input in [
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    ] {
        assert!(
            decode_both(input.as_bytes(), &limits).messages.is_empty(),
            "{input:?}"
        );
    }
}

#[test]
fn obs_text_and_inner_whitespace_are_kept() {
    let input = b"GET / HTTP/1.1\r\nHost: a\r\nX: \xff a \t\xe9\r\n\r\n";
    let transcript = decode_both(input, &Limits::default());
    assert_eq!(transcript.messages[0].head.fields[1].1, b"\xff a \t\xe9");
}

#[test]
fn a_field_is_found_without_case_and_the_first_wins() {
    let (mut decoder, mut head) = (Decoder::new(), RequestHead::new());
    let input = b"GET / HTTP/1.1\r\nhost: a\r\nX-One: 1\r\nx-one: 2\r\n\r\n";
    decoder.decode(input, &Limits::default(), &mut head).unwrap();
    assert_eq!(head.field("x-ONE"), Some(&b"1"[..]));
    assert_eq!(head.field("x-on"), None);
    assert_eq!(head.field("x-two"), None);
    head.clear();
    assert_eq!((head.method(), head.path(), head.fields_len()), ("", "", 0));
    assert_eq!(head.field("host"), None);
}

#[test]
fn paths_and_authorities() {
    for (start, path, authority) in [
        ("GET / HTTP/1.1\r\nHost: a", "/", Some("a")),
        ("GET //b HTTP/1.1\r\nHost: a", "//b", Some("a")),
        (
            "GET /x/../b'?../' HTTP/1.1\r\nHost: A:80",
            "/b'?../%27",
            Some("a"),
        ),
        ("GET http://B?x' HTTP/1.1\r\nHost: a", "/?x%27", Some("b")),
        ("GET / HTTP/1.0\r\nX: a", "/", None),
        ("GET / HTTP/1.0\r\nHost: a", "/", Some("a")),
        ("GET http://b HTTP/1.1\r\nHost: a", "/", Some("b")),
        ("GET http://b/ HTTP/1.1\r\nHost: a", "/", Some("b")),
        ("GET HtTpS://b:1/c?d HTTP/1.1\r\nHost: a", "/c?d", Some("b:1")),
        ("GET http://b?c/d HTTP/1.1\r\nHost: a", "/?c/d", Some("b")),
        ("GET http://b HTTP/1.0\r\nX: a", "/", Some("b")),
        ("OPTIONS * HTTP/1.1\r\nHost: a", "*", Some("a")),
        ("CONNECT b:443 HTTP/1.1\r\nHost: a", "b:443", Some("b:443")),
        ("CONNECT B:80 HTTP/1.1\r\nHost: a", "B:80", Some("b")),
    ] {
        let head = head_or_tunnel(&format!("{start}\r\n\r\n"));
        assert_eq!(
            (head.path.as_str(), head.authority.as_deref()),
            (path, authority),
            "{start}"
        );
    }
}

#[test]
fn persistence() {
    for (version, connection, keep_alive) in [
        ("1.1", "", true),
        ("1.1", "close", false),
        ("1.1", "Close", false),
        ("1.1", "x, close ,y", false),
        ("1.1", "keep-alive, close", false),
        ("1.1", "keep-alive\r\nConnection: close", false),
        ("1.1", "closed", true),
        ("1.7", "", true),
        ("1.0", "", false),
        ("1.0", "keep-alive", true),
        ("1.0", "Keep-Alive, x", true),
        ("1.0", "keep-alive, close", false),
    ] {
        let input = format!("GET / HTTP/{version}\r\nHost: a\r\nConnection: {connection}\r\n\r\n");
        assert_eq!(head(&input).keep_alive, keep_alive, "{input:?}");
    }
}

#[test]
fn expectations_and_upgrades() {
    for (version, fields, expects_continue) in [
        ("1.1", "Expect: 100-continue\r\nContent-Length: 0", false),
        ("1.1", "Expect: 100-continue", false),
        ("1.0", "Expect: 100-continue\r\nContent-Length: 0", false),
    ] {
        let input = format!("POST / HTTP/{version}\r\nHost: a\r\n{fields}\r\n\r\n");
        assert_eq!(head(&input).expects_continue, expects_continue, "{input:?}");
    }
    for (version, fields, expects_continue) in [
        ("1.1", "Expect: 100-Continue\r\nContent-Length: 1", true),
        (
            "1.1",
            "Expect: 100-continue\r\nExpect: 100-continue, 100-continue\r\nContent-Length: 1",
            true,
        ),
        ("1.0", "Expect: 100-continue\r\nContent-Length: 1", false),
    ] {
        let input = format!("POST / HTTP/{version}\r\nHost: a\r\n{fields}\r\n\r\n!");
        assert_eq!(head(&input).expects_continue, expects_continue, "{input:?}");
    }
    for (version, fields, upgrade) in [
        (
            "1.1",
            "Connection: Upgrade\r\nUpgrade: websocket",
            Some("websocket"),
        ),
        (
            "1.1",
            "Connection: keep-alive, upgrade\r\nUpgrade: a/1, b",
            Some("a/1, b"),
        ),
        ("1.1", "Upgrade: websocket", None),
        ("1.1", "Connection: upgrade", None),
        ("1.1", "Connection: upgrade\r\nUpgrade:", None),
        ("1.1", "Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b", None),
        ("1.1", "Connection: upgrade\r\nUpgrade: \u{e9}", None),
        ("1.0", "Connection: upgrade\r\nUpgrade: websocket", None),
    ] {
        let input = format!("GET / HTTP/{version}\r\nHost: a\r\n{fields}\r\n\r\n");
        assert_eq!(head(&input).upgrade.as_deref(), upgrade, "{input:?}");
    }
}

#[test]
fn pipelined_requests_follow_each_other() {
    let input = "\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n\
        POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET \
        \r\nPOST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\n0\r\n\r\n2\r\n\r\n\r\n0\r\nA: b\r\n\r\n\
        POST /4 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n\
        GET /5 HTTP/1.0\r\n\r\n";
    let messages = messages(input);
    let seen: Vec<_> = messages
        .iter()
        .map(|message| (&message.head.path[..], message.head.body, &message.body[..]))
        .collect();
    let expected: [(&str, BodyLength, &[u8]); 5] = [
        ("/1", BodyLength::None, b""),
        ("/2", BodyLength::Known(4), b"GET "),
        ("/3", BodyLength::Chunked, b"0\r\n\r\n"),
        ("/4", BodyLength::Known(0), b""),
        ("/5", BodyLength::None, b""),
    ];
    assert_eq!(seen, expected);
    assert!(messages.iter().all(|message| message.is_complete));
    assert_eq!(messages[2].trailers, Some(vec![("A".to_owned(), b"b".to_vec())]));
    assert_eq!(messages[4].head.version, Version::Http10);
}

#[test]
fn trailers_are_kept_but_for_those_that_must_not_be() {
    let input = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;e\r\n\
        X-Sum: 1\r\nAuthorization: x\r\nContent-Type: x\r\nCookie: x\r\nx-sum:\t2 \r\n\r\n";
    let expected = vec![
        ("X-Sum".to_owned(), b"1".to_vec()),
        ("x-sum".to_owned(), b"2".to_vec()),
    ];
    assert_eq!(messages(input)[0].trailers, Some(expected));
    let input = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nCookie: x\r\n\r\n";
    assert_eq!(messages(input)[0].trailers, None);
}

#[test]
fn trailers_are_forgotten_with_the_next_head() {
    let (mut decoder, mut head, limits) = (Decoder::new(), RequestHead::new(), Limits::default());
    let chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    decoder.decode(chunked, &limits, &mut head).unwrap();
    assert_eq!(
        decoder
            .decode(b"0\r\nA: b\r\n\r\n", &limits, &mut head)
            .unwrap()
            .decoded,
        Decoded::End
    );
    decoder.decode(chunked, &limits, &mut head).unwrap();
    assert_eq!(decoder.take_trailers(), None);
}

#[test]
fn steps_consume_what_they_say() {
    let (mut decoder, mut head, limits) = (Decoder::new(), RequestHead::new(), Limits::default());
    let mut step = |input: &[u8]| {
        let step = decoder.decode(input, &limits, &mut head).unwrap();
        (step.consumed, step.decoded, decoder.is_between_messages())
    };
    assert_eq!(step(b""), (0, Decoded::NeedMore, true));
    assert_eq!(step(b"\r\n\r"), (2, Decoded::NeedMore, true));
    assert_eq!(step(b"\r\nPOST / HT"), (2, Decoded::NeedMore, true));
    let known = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab";
    assert_eq!(step(known), (known.len() - 2, Decoded::Head, false));
    assert_eq!(step(b"ab"), (2, Decoded::Body(0..2), false));
    assert_eq!(step(b""), (0, Decoded::NeedMore, false));
    assert_eq!(step(b"cGET"), (1, Decoded::Body(0..1), false));
    assert_eq!(step(b""), (0, Decoded::End, true));
    let chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(step(chunked), (chunked.len(), Decoded::Head, false));
    assert_eq!(step(b"000"), (3, Decoded::NeedMore, false));
    assert_eq!(step(b"3\r\nab"), (5, Decoded::Body(3..5), false));
    assert_eq!(step(b"c\r\n0\r\nA"), (1, Decoded::Body(0..1), false));
    assert_eq!(step(b"\r\n0\r\nA"), (5, Decoded::NeedMore, false));
    assert_eq!(step(b"A:\r\n\r\nGET"), (6, Decoded::End, true));
}
