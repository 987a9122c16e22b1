//! Field lines: RFC 9112 section 5 and RFC 9110 section 5.

use super::{Case, accepted, refused};

pub const CASES: &[Case] = &[
    accepted(
        "RFC 9110 5.1",
        b"GET / HTTP/1.1\r\nhost: a\r\nX-Name: v\r\n\r\n",
        "GET",
    )
    .field("x-name", "v"),
    accepted("RFC 9112 5", b"GET / HTTP/1.1\r\nhost: a\r\nx:v\r\n\r\n", "GET").field("x", "v"),
    accepted(
        "RFC 9112 5",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: \t v \t \r\n\r\n",
        "GET",
    )
    .field("x", "v"),
    accepted("RFC 9110 5.5", b"GET / HTTP/1.1\r\nhost: a\r\nx:\r\n\r\n", "GET").field("x", ""),
    accepted(
        "RFC 9110 5.5",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: a \t b\r\n\r\n",
        "GET",
    )
    .field("x", "a \t b"),
    accepted(
        "RFC 9110 5.5",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: caf\xe9\r\n\r\n",
        "GET",
    )
    .field("x", "café"),
    accepted(
        "RFC 9110 5.5",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: \"q\\\"\";,:\r\n\r\n",
        "GET",
    )
    .field("x", "\"q\\\"\";,:"),
    accepted(
        "RFC 9110 5.3",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\ny: 2\r\nX: 3\r\n\r\n",
        "GET",
    )
    .field("x", "1, 3"),
    accepted(
        "RFC 9110 5.6.2",
        b"GET / HTTP/1.1\r\nhost: a\r\n!#$%&'*+-.^_`|~9: v\r\n\r\n",
        "GET",
    )
    .field("!#$%&'*+-.^_`|~9", "v"),
    accepted(
        "RFC 9110 5.1",
        b"GET / HTTP/1.1\r\nhost: a\r\n__proto__: v\r\n\r\n",
        "GET",
    )
    .field("__proto__", "v"),
    accepted(
        "RFC 9110 5.1",
        b"GET / HTTP/1.1\r\nhost: a\r\nconstructor: v\r\n\r\n",
        "GET",
    )
    .field("constructor", "v"),
    refused("RFC 9112 5.1", b"GET / HTTP/1.1\r\nhost : a\r\n\r\n", 400),
    refused("RFC 9112 5.1", b"GET / HTTP/1.1\r\nhost: a\r\nx : v\r\n\r\n", 400),
    refused(
        "RFC 9112 5.1",
        b"GET / HTTP/1.1\r\nhost: a\r\nx\t: v\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 5.2",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 5.2",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n\t2\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 5.2",
        b"GET / HTTP/1.1\r\nhost: a\r\nx:\r\n 1\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 5.2",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n \r\n\r\n",
        400,
    ),
    refused("RFC 9112 2.2", b"GET / HTTP/1.1\r\n host: a\r\n\r\n", 400),
    refused("RFC 9112 2.2", b"GET / HTTP/1.1\r\n\thost: a\r\n\r\n", 400),
    refused("RFC 9110 5.1", b"GET / HTTP/1.1\r\nhost: a\r\n: v\r\n\r\n", 400),
    refused(
        "RFC 9110 5.1",
        b"GET / HTTP/1.1\r\nhost: a\r\nx y: v\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 5.1",
        b"GET / HTTP/1.1\r\nhost: a\r\nx(y): v\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 5.1",
        b"GET / HTTP/1.1\r\nhost: a\r\nx\xe9: v\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 5.1",
        b"GET / HTTP/1.1\r\nhost: a\r\nx\0: v\r\n\r\n",
        400,
    ),
    refused("RFC 9112 5", b"GET / HTTP/1.1\r\nhost: a\r\nnothing\r\n\r\n", 400),
    refused(
        "RFC 9110 5.5",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 5.5",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: a\rb\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 5.5",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: a\x01b\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 5.5",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: a\x1bb\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 5.5",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: a\x7fb\r\n\r\n",
        400,
    ),
    refused("RFC 9112 2.2", b"GET / HTTP/1.1\r\nhost: a\nx: v\r\n\r\n", 400),
    refused("RFC 9112 2.2", b"GET / HTTP/1.1\r\nhost: a\r\nx: v\n\r\n", 400),
    refused("RFC 9112 2.2", b"GET / HTTP/1.1\r\nhost: a\r\nx: v\r\n\n", 400),
    refused("RFC 9112 2.2", b"GET / HTTP/1.1\r\nhost: a\r\r\n\r\n", 400),
];
