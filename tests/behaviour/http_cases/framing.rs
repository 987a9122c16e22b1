//! How long a request's body is: RFC 9112 section 6 and RFC 9110 sections 8.6 and 10.1.1.

use super::{Case, accepted, refused};

pub const CASES: &[Case] = &[
    accepted("RFC 9112 6.2", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello", "POST").body("hello"),
    accepted("RFC 9112 6.2", b"POST / HTTP/1.1\r\nhost: a\r\nContent-Length:\t5 \r\n\r\nhello", "POST").body("hello"),
    accepted("RFC 9112 6.2", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n", "POST"),
    accepted("RFC 9112 6.3", b"POST / HTTP/1.1\r\nhost: a\r\n\r\n", "POST"),
    accepted("RFC 9112 6.2", b"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n\r\n\r\n", "PUT").body("\r\n\r\n"),
    accepted("RFC 9110 9.3.5", b"DELETE / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi", "DELETE").body("hi"),
    accepted("RFC 9110 10.1.1", b"GET / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\r\n", "GET"),
    accepted(
        "RFC 9110 10.1.1",
        b"POST / HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\nhi",
        "POST",
    )
    .body("hi")
    .closes(),
    refused("RFC 9110 10.1.1", b"POST / HTTP/1.1\r\nhost: a\r\nexpect: miracles\r\ncontent-length: 0\r\n\r\n", 417),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0005\r\n\r\nhello", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 00\r\n\r\n", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -5\r\n\r\nhello", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +5\r\n\r\nhello", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0x5\r\n\r\nhello", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5.0\r\n\r\nhello", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5 5\r\n\r\nhello", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1_0\r\n\r\nhello", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: five\r\n\r\nhello", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: \"5\"\r\n\r\nhello", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length:\r\n\r\n", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5, 5\r\n\r\nhello", 400),
    refused("RFC 9110 8.6", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5,\r\n\r\nhello", 400),
    refused("RFC 9112 6.3", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello", 400),
    refused("RFC 9112 6.3", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    refused("RFC 9112 6.3", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 18446744073709551616\r\n\r\n", 400),
    refused("RFC 9112 6.3", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999999999999999\r\n\r\n", 400),
    refused("RFC 9110 15.5.14", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 134217729\r\n\r\n", 413),
    refused("RFC 9110 15.5.14", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 18446744073709551615\r\n\r\n", 413),
    refused(
        "RFC 9112 6.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 6.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 6.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n0\r\n\r\n",
        400,
    ),
    refused("RFC 9112 6.1", b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    refused("RFC 9112 6.1", b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n", 501),
    refused("RFC 9112 6.1", b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: identity\r\n\r\n", 501),
    refused("RFC 9112 6.3", b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
    refused("RFC 9112 6.1", b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    refused(
        "RFC 9112 6.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        501,
    ),
    refused("RFC 9112 7.1", b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    refused(
        "RFC 9112 7.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    refused("RFC 9112 6.1", b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 501),
    refused("RFC 9112 6.1", b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked,\r\n\r\n0\r\n\r\n", 400),
    refused("RFC 9112 6.1", b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding:\r\n\r\n", 400),
];
