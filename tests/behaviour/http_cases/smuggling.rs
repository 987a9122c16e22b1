//! Requests that two readers understand differently: RFC 9112 section 11.2.
//!
//! Each hides a second request; that it is never answered is what `refused` checks.

use super::{Case, refused};

pub const CASES: &[Case] = &[
    // CL.TE
    refused(
        "RFC 9112 11.2",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nG",
        400,
    ),
    // TE.CL
    refused(
        "RFC 9112 11.2",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n8\r\nSMUGGLED\r\n0\r\n\r\n",
        400,
    ),
    // TE.TE: one of them disguised
    refused(
        "RFC 9112 11.2",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\ntransfer-encoding: cow\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 11.2",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\nGET /hidden HTTP/1.1\r\nhost: a\r\n\r\n",
        501,
    ),
    refused(
        "RFC 9112 5.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 5.2",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 2.2",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\nx: x\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 5.5",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\nx: x\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 5.5",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 5.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer\0encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 6.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
        400,
    ),
    // A content-length that hides the next request, disguised
    refused(
        "RFC 9112 5.1",
        b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length : 36\r\n\r\nGET /hidden HTTP/1.1\r\nhost: a\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 8.6",
        b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 0, 36\r\n\r\nGET /hidden HTTP/1.1\r\nhost: a\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 6.3",
        b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 36\r\ncontent-length: 0\r\n\r\nGET /hidden HTTP/1.1\r\nhost: a\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9110 8.6",
        b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\x0b36\r\n\r\nGET /hidden HTTP/1.1\r\nhost: a\r\n\r\n",
        400,
    ),
    // A line end that only some readers see
    refused(
        "RFC 9112 2.2",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: y\n\nGET /hidden HTTP/1.1\r\nhost: a\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 2.2",
        b"GET / HTTP/1.1\r\nhost: a\r\n\rGET /hidden HTTP/1.1\r\nhost: a\r\n\r\n",
        400,
    ),
    // A chunk-size line or chunk end that only some readers see
    refused(
        "RFC 9112 7.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2;\nxx\r\n4c\r\n0\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 7.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n",
        400,
    ),
    refused(
        "RFC 9112 7.1",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n",
        400,
    ),
];
