//! Which connections stay open: RFC 9112 section 9.3.

use super::{Case, accepted};

pub const CASES: &[Case] = &[
    accepted("RFC 9112 9.3", b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", "GET").closes(),
    accepted("RFC 9110 7.6.1", b"GET / HTTP/1.1\r\nhost: a\r\nConnection: CLOSE\r\n\r\n", "GET").closes(),
    accepted("RFC 9110 7.6.1", b"GET / HTTP/1.1\r\nhost: a\r\nconnection: x, close\r\n\r\n", "GET").closes(),
    accepted("RFC 9110 7.6.1", b"GET / HTTP/1.1\r\nhost: a\r\nconnection: x\r\nconnection: close\r\n\r\n", "GET").closes(),
    accepted("RFC 9112 9.3", b"GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, close\r\n\r\n", "GET").closes(),
    accepted("RFC 9112 9.3", b"GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\n\r\n", "GET"),
    accepted("RFC 9110 7.6.1", b"GET / HTTP/1.1\r\nhost: a\r\nconnection: closed\r\n\r\n", "GET"),
    accepted("RFC 9110 7.8", b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n", "GET"),
    accepted(
        "RFC 9113 3.1",
        b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n\r\n",
        "GET",
    ),
    accepted("RFC 9112 9.3", b"GET / HTTP/1.0\r\nhost: a\r\n\r\n", "GET").closes(),
    accepted("RFC 9112 9.3", b"GET / HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n", "GET"),
    accepted("RFC 9112 9.3", b"GET / HTTP/1.0\r\nhost: a\r\nconnection: keep-alive, close\r\n\r\n", "GET").closes(),
    accepted("RFC 9112 9.3", b"HEAD / HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n", "HEAD"),
    accepted("RFC 9112 9.6", b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi", "POST")
        .body("hi")
        .closes(),
    // What follows a request that closes is not read (section 9.6).
    accepted(
        "RFC 9112 9.6",
        b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\nGET /never HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET",
    )
    .closes(),
];
