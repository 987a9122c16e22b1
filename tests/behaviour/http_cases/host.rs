//! The Host field and the target's authority: RFC 9112 section 3.2 and RFC 9110 section 7.2.

use super::{Case, accepted, refused};

pub const CASES: &[Case] = &[
    accepted(
        "RFC 9112 3.2",
        b"GET / HTTP/1.1\r\nHOST: A.example.\r\n\r\n",
        "GET",
    ),
    accepted("RFC 9110 7.2", b"GET / HTTP/1.1\r\nhost: a:8080\r\n\r\n", "GET").url("http://a:8080/"),
    accepted(
        "RFC 9110 7.2",
        b"GET / HTTP/1.1\r\nhost: 127.0.0.1:80\r\n\r\n",
        "GET",
    ),
    accepted(
        "RFC 9110 7.2",
        b"GET / HTTP/1.1\r\nhost: [::1]:3000\r\n\r\n",
        "GET",
    )
    .url("http://[::1]:3000/"),
    accepted("RFC 9110 7.2", b"GET / HTTP/1.1\r\nhost: my_host\r\n\r\n", "GET").url("http://my_host/"),
    accepted("RFC 9110 7.2", b"GET / HTTP/1.1\r\nhost: a:\r\n\r\n", "GET"),
    accepted(
        "RFC 9110 7.2",
        b"GET / HTTP/1.1\r\nx: y\r\nhost: late\r\n\r\n",
        "GET",
    )
    .url("http://late/"),
    accepted("RFC 9112 3.2", b"GET /x HTTP/1.0\r\n\r\n", "GET").closes(),
    accepted(
        "RFC 9112 3.2.2",
        b"GET http://b/x HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET",
    )
    .url("http://b/x"),
    refused("RFC 9112 3.2", b"GET / HTTP/1.1\r\n\r\n", 400),
    refused("RFC 9112 3.2", b"GET / HTTP/1.1\r\nx-host: a\r\n\r\n", 400),
    refused("RFC 9112 3.2", b"GET http://a/ HTTP/1.1\r\n\r\n", 400),
    refused("RFC 9112 3.2", b"GET http://a/ HTTP/1.1\r\nhost:\r\n\r\n", 400),
    refused("RFC 9110 4.2.1", b"GET /x HTTP/1.1\r\nhost:\r\n\r\n", 400),
    refused("RFC 9110 4.2.1", b"GET /x HTTP/1.1\r\nhost: \t\r\n\r\n", 400),
    refused("RFC 9110 4.2.1", b"GET /x HTTP/1.0\r\nhost:\r\n\r\n", 400),
    refused("RFC 9110 4.2.1", b"OPTIONS * HTTP/1.1\r\nhost:\r\n\r\n", 400),
    refused(
        "RFC 9112 3.2",
        b"GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 3.2",
        b"GET / HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 3.2",
        b"GET / HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n",
        400,
    ),
    refused("RFC 9112 3.2", b"GET / HTTP/1.1\r\nhost: a, b\r\n\r\n", 400),
    refused("RFC 9112 3.2", b"GET / HTTP/1.1\r\nhost: a b\r\n\r\n", 400),
    refused("RFC 9112 3.2", b"GET / HTTP/1.1\r\nhost: a/b\r\n\r\n", 400),
    refused("RFC 9112 3.2", b"GET / HTTP/1.1\r\nhost: http://a\r\n\r\n", 400),
    refused("RFC 9110 4.2.4", b"GET / HTTP/1.1\r\nhost: user@a\r\n\r\n", 400),
    refused("RFC 3986 3.2.3", b"GET / HTTP/1.1\r\nhost: a:b\r\n\r\n", 400),
    refused("RFC 3986 3.2.3", b"GET / HTTP/1.1\r\nhost: a:65536\r\n\r\n", 400),
    refused("RFC 3986 3.2.3", b"GET / HTTP/1.1\r\nhost: a:-1\r\n\r\n", 400),
    refused("RFC 9110 4.2.1", b"GET / HTTP/1.1\r\nhost: :80\r\n\r\n", 400),
    refused("RFC 3986 3.2.2", b"GET / HTTP/1.1\r\nhost: [::1\r\n\r\n", 400),
    refused("RFC 3986 3.2.2", b"GET / HTTP/1.1\r\nhost: [zz]\r\n\r\n", 400),
    refused("RFC 3986 3.2.2", b"GET / HTTP/1.1\r\nhost: a?b\r\n\r\n", 400),
    refused("RFC 3986 3.2.2", b"GET / HTTP/1.1\r\nhost: a%zz\r\n\r\n", 400),
    refused("RFC 3986 3.2.2", b"GET / HTTP/1.1\r\nhost: \xe9\r\n\r\n", 400),
];
