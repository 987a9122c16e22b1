//! What is refused, with which status and reason: bytes in, verdict out, whole and byte by byte.

mod support;

use howth_http1::Limits;
use support::refusal;

/// Each entry is a whole head, or as much of one as the verdict needs.
#[track_caller]
fn assert_refused(table: &[(&[u8], u16, &str)]) {
    for &(input, status, reason) in table {
        assert_eq!(
            refusal(input, &Limits::default()),
            (status, reason),
            "{}",
            input.escape_ascii()
        );
    }
}

/// Each entry is a field line, or several, of an HTTP/1.1 request that has a Host already.
#[track_caller]
fn assert_fields_refused(table: &[(&[u8], u16, &str)]) {
    for &(fields, status, reason) in table {
        let input = [b"POST / HTTP/1.1\r\nHost: a\r\n", fields, b"\r\n\r\n"].concat();
        assert_eq!(
            refusal(&input, &Limits::default()),
            (status, reason),
            "{}",
            input.escape_ascii()
        );
    }
}

/// Each entry is a chunked body.
#[track_caller]
fn assert_chunks_refused(table: &[(&[u8], u16, &str)]) {
    for &(body, status, reason) in table {
        let input = [
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            body,
        ]
        .concat();
        assert_eq!(
            refusal(&input, &Limits::default()),
            (status, reason),
            "{}",
            body.escape_ascii()
        );
    }
}

#[test]
fn request_lines() {
    let line = "the request line is not method, target, version";
    let method = "the method is not a token";
    let version = "the HTTP version is malformed";
    let character = "the request target holds a character that is not allowed";
    let form = "the request target has no valid form";
    let bare_lf = "a line ends in LF without CR";
    assert_refused(&[
        (b" GET / HTTP/1.1\r\n", 400, method),
        (b"G\tET / HTTP/1.1\r\n", 400, method),
        (b"G(T / HTTP/1.1\r\n", 400, method),
        (b"G\xc9T / HTTP/1.1\r\n", 400, method),
        (b"\x16\x03\x01", 400, method),
        (b"\0", 400, method),
        (b"GET\r\n", 400, line),
        (b"\rGET / HTTP/1.1\r\n", 400, method),
        (b"\r\n\rGET / HTTP/1.1\r\n", 400, method),
        (b"\nGET / HTTP/1.1\r\n", 400, bare_lf),
        (b"\r\n\nGET / HTTP/1.1\r\n", 400, bare_lf),
        (b"GET /\r\n", 400, line),
        (b"GET \r\n", 400, line),
        (b"GET / \r\n", 400, version),
        (b"GET /\n", 400, bare_lf),
        (b"GET / HTTP/1.1\n", 400, bare_lf),
        (b"GET  / HTTP/1.1\r\n", 400, version),
        (b"GET /  HTTP/1.1\r\n", 400, version),
        (b"GET / HTTP/1.1 \r\n", 400, version),
        (b"GET / a HTTP/1.1\r\n", 400, version),
        (b"GET\t/ HTTP/1.1\r\n", 400, method),
        (b"GET /\tHTTP/1.1\r\n", 400, line),
        (b"GET / http/1.1\r\n", 400, version),
        (b"GET / HTTP/1.10\r\n", 400, version),
        (b"GET / HTTP/11\r\n", 400, version),
        (b"GET / HTTP/1,1\r\n", 400, version),
        (b"GET / HTTP/1.\r\n", 400, version),
        (b"GET / HTTP/.1\r\n", 400, version),
        (b"GET / HTTP/+1.1\r\n", 400, version),
        (b"GET / HTTPS/1.1\r\n", 400, version),
        (b"GET / HTTP/1.1\r\r\n", 400, version),
        (b"GET / HTTP/2.0\r\n", 505, "the HTTP version is not supported"),
        (b"GET / HTTP/0.9\r\n", 505, "the HTTP version is not supported"),
        (b"GET / HTTP/9.9\r\n", 505, "the HTTP version is not supported"),
        (b"PRI * HTTP/2.0\r\n", 505, "the HTTP version is not supported"),
        (b"GET /a\r/ HTTP/1.1\r\n", 400, character),
        (b"GET /\xc3\xa9 HTTP/1.1\r\n", 400, character),
        (b"GET /# HTTP/1.1\r\n", 400, character),
        (b"GET /\x7f HTTP/1.1\r\n", 400, character),
        (b"GET * HTTP/1.1\r\n", 400, form),
        (b"GET a HTTP/1.1\r\n", 400, form),
        (b"GET ftp://a/ HTTP/1.1\r\n", 400, form),
        (b"GET a:443 HTTP/1.1\r\n", 400, form),
        (
            b"CONNECT / HTTP/1.1\r\n",
            400,
            "the target of CONNECT is not host:port",
        ),
        (
            b"CONNECT a:0 HTTP/1.1\r\n",
            400,
            "the target of CONNECT is not host:port",
        ),
        (
            b"GET http://u@a/ HTTP/1.1\r\n",
            400,
            "the request target's authority is malformed",
        ),
        (
            b"GET http:///a HTTP/1.1\r\n",
            400,
            "the request target's authority is malformed",
        ),
    ]);
}

#[test]
fn line_ends_and_names() {
    let name = "a field name is malformed";
    let value = "a field value holds a control character";
    let line_end = "a field line does not end in CR LF";
    let bare_lf = "a line ends in LF without CR";
    assert_fields_refused(&[
        (b"X: a\nY: b", 400, bare_lf),
        (b"X: a\n", 400, bare_lf),
        (b"X:\n", 400, bare_lf),
        (b"X: a\r\n b", 400, name),
        (b"X: a\r\n\tb", 400, name),
        (b"X:\r\n b", 400, name),
        (b" X: a", 400, name),
        (b"X : a", 400, name),
        (b"X\t: a", 400, name),
        (b": a", 400, name),
        (b"X", 400, name),
        (b"X\r\nY: b", 400, name),
        (b"X Y: a", 400, name),
        (b"X\xe9: a", 400, name),
        (b"X\0: a", 400, name),
        (b"X(: a", 400, name),
        (b"X: a\rb", 400, value),
        (b"X: a\r", 400, value),
        (b"X:\rb", 400, value),
        (b"X: \0", 400, value),
        (b"X: a\0b", 400, value),
        (b"X: a\x01", 400, value),
        (b"X: a\x0b", 400, value),
        (b"X: a\x1f", 400, value),
        (b"X: a\x7fb", 400, value),
        (
            b"X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x7f",
            400,
            value,
        ),
        (b"\rX: a", 400, line_end),
        (b"\r", 400, line_end),
    ]);
    assert_refused(&[
        (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, name),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\n", 400, bare_lf),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400, bare_lf),
    ]);
}

#[test]
fn hosts() {
    let malformed = "the host field is malformed";
    assert_refused(&[
        (b"GET / HTTP/1.1\r\n\r\n", 400, "the host field is missing"),
        (
            b"GET / HTTP/1.2\r\nX: a\r\n\r\n",
            400,
            "the host field is missing",
        ),
        (
            b"GET http://a/ HTTP/1.1\r\n\r\n",
            400,
            "the host field is missing",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            400,
            "the host field is repeated",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nhost:\r\n\r\n",
            400,
            "the host field is repeated",
        ),
        (
            b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
            400,
            "the host field is repeated",
        ),
        (b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: \xe9\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.0\r\nHost: a/b\r\n\r\n", 400, malformed),
        (b"GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n", 400, malformed),
        (b"GET http://a/ HTTP/1.1\r\nHost: b/c\r\n\r\n", 400, malformed),
        (b"CONNECT a:1 HTTP/1.1\r\nHost:\r\n\r\n", 400, malformed),
        // RFC 9110 section 4.2.1: an http URI has a host, whatever the form of the target.
        (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: \t \r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.0\r\nHost:\r\n\r\n", 400, malformed),
        (b"OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: :\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: @a\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: []\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: []:80\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: a: 80\r\n\r\n", 400, malformed),
        (b"GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", 400, malformed),
    ]);
}

/// RFC 9110 section 9.3.6: an origin server that is no proxy opens no tunnel. What is malformed is told first.
#[test]
fn tunnels() {
    let refused = "this server is no proxy: it opens no tunnel";
    assert_refused(&[
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405, refused),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: b\r\n\r\n", 405, refused),
        (b"CONNECT [::1]:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405, refused),
        (b"CONNECT a:443 HTTP/1.0\r\n\r\n", 405, refused),
        (
            b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            405,
            refused,
        ),
        (
            b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n",
            405,
            refused,
        ),
        (
            b"CONNECT a:443 HTTP/1.1\r\n\r\n",
            400,
            "the host field is missing",
        ),
        (
            b"CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n",
            400,
            "the target of CONNECT is not host:port",
        ),
        // Methods are case-sensitive (section 9.1): this is another one.
        (
            b"connect a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
            400,
            "the request target has no valid form",
        ),
    ]);
}

#[test]
fn framing_and_expectations() {
    let both = "content-length and transfer-encoding exclude each other";
    let repeated = "content-length is repeated";
    let number = "content-length is not a number";
    let padded = "content-length begins with a zero";
    let coding = "transfer-encoding is malformed";
    let last = "chunked is not the final transfer coding";
    assert_fields_refused(&[
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked", 400, both),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 0", 400, both),
        (b"Content-Length: 5\r\nContent-Length: 5", 400, repeated),
        (b"Content-Length: 5\r\ncontent-length: 6", 400, repeated),
        (b"Content-Length: 5, 5", 400, repeated),
        (b"Content-Length:", 400, number),
        (b"Content-Length: 00", 400, padded),
        (b"Content-Length: 05", 400, padded),
        (b"Content-Length: 00000000000000000000000005", 400, padded),
        (b"Content-Length: 010\r\nTransfer-Encoding: chunked", 400, padded),
        (b"Content-Length: 0, 5", 400, repeated),
        (b"Content-Length: 0\r\nContent-Length: 0", 400, repeated),
        (b"Content-Length: +5", 400, number),
        (b"Content-Length: -5", 400, number),
        (b"Content-Length: 5 5", 400, number),
        (b"Content-Length: 0x5", 400, number),
        (b"Content-Length: 5.0", 400, number),
        (b"Content-Length: 18446744073709551616", 400, number),
        (b"Content-Length: 134217729", 413, "the request body is too large"),
        (b"Transfer-Encoding:", 400, coding),
        (b"Transfer-Encoding: chunked,", 400, coding),
        (b"Transfer-Encoding: \"chunked\"", 400, coding),
        (b"Transfer-Encoding: chunked, chunked", 400, last),
        (
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            400,
            last,
        ),
        (b"Transfer-Encoding: chunked, gzip", 400, last),
        (
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            400,
            last,
        ),
        (
            b"Transfer-Encoding: xchunked",
            501,
            "the transfer coding is not implemented",
        ),
        (
            b"Transfer-Encoding: gzip, chunked",
            501,
            "the transfer coding is not implemented",
        ),
        (
            b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
            501,
            "the transfer coding is not implemented",
        ),
        (b"Expect: 200-ok", 417, "the expectation cannot be met"),
        (b"Expect:", 417, "the expectation cannot be met"),
        (b"Expect: 100-continue, x", 417, "the expectation cannot be met"),
        (
            b"Expect: 100-continue\r\nExpect: x",
            417,
            "the expectation cannot be met",
        ),
    ]);
    let http_10 = "transfer-encoding is not part of HTTP/1.0";
    assert_refused(&[(
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        400,
        http_10,
    )]);
}

#[test]
fn chunks() {
    let size = "a chunk size is malformed";
    let digits = "a chunk size has too many digits";
    let line_end = "a chunk-size line does not end in CR LF";
    let data_end = "a chunk is not followed by CR LF";
    let extension = "a chunk extension is malformed";
    assert_chunks_refused(&[
        (b"\r\n", 400, size),
        (b";a\r\n", 400, size),
        (b"+5\r\n", 400, size),
        (b"-5\r\n", 400, size),
        (b"0x5\r\n", 400, size),
        (b"g\r\n", 400, size),
        (b" 5\r\n", 400, size),
        (b"5 \r\n", 400, size),
        (b"5\t;a\r\n", 400, size),
        (b"5\n", 400, size),
        (b"5\0\r\n", 400, size),
        (b"\xd9\xa1\r\n", 400, size),
        (b"5\rx", 400, line_end),
        (b"5;a\rx", 400, line_end),
        (b"10000000000000000\r\n", 400, digits),
        (b"00000000000000005\r\n", 400, digits),
        (b"ffffffffffffffff\r\n", 413, "the request body is too large"),
        (b"8000001\r\n", 413, "the request body is too large"),
        (b"5\r\nhelloX", 400, data_end),
        (b"5\r\nhello\n", 400, data_end),
        (b"5\r\nhello\rX", 400, data_end),
        (b"5\r\nhello5\r\n", 400, data_end),
        (b"5;\r\n", 400, extension),
        (b"5; a\r\n", 400, extension),
        (b"5;a \r\n", 400, extension),
        (b"5;a =b\r\n", 400, extension),
        (b"5;a= b\r\n", 400, extension),
        (b"5;a=\r\n", 400, extension),
        (b"5;=b\r\n", 400, extension),
        (b"5;;a\r\n", 400, extension),
        (b"5;a=b=c\r\n", 400, extension),
        (b"5;a=\"b\"c\r\n", 400, extension),
        (b"5;a=\"b\r\n", 400, extension),
        (b"5;a=\"b\\\r\n", 400, extension),
        (b"5;a=\"\0\"\r\n", 400, extension),
        (b"5;a=b\"\r\n", 400, extension),
        (b"5;a\n", 400, extension),
        (b"5;\xe9\r\n", 400, extension),
    ]);
}

#[test]
fn trailer_sections() {
    let framing = "a framing or routing field stands in the trailer section";
    let bare_lf = "a line ends in LF without CR";
    assert_chunks_refused(&[
        (b"0\r\n\n", 400, bare_lf),
        (b"0\r\nX: a\n", 400, bare_lf),
        (b"0\r\nX: a\r\n b\r\n\r\n", 400, "a field name is malformed"),
        (b"0\r\nX : a\r\n\r\n", 400, "a field name is malformed"),
        (b"0\r\nX\r\n\r\n", 400, "a field name is malformed"),
        (
            b"0\r\nX: \0\r\n\r\n",
            400,
            "a field value holds a control character",
        ),
        (b"0\r\n\rX\r\n\r\n", 400, "a field line does not end in CR LF"),
        (b"0\r\nContent-Length: 0\r\n\r\n", 400, framing),
        (b"0\r\ntransfer-encoding: chunked\r\n\r\n", 400, framing),
        (b"0\r\nHOST: a\r\n\r\n", 400, framing),
    ]);
}
