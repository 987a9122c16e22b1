//! The chunked transfer coding: RFC 9112 section 7.1.

use super::{Case, accepted, refused};

/// The head that all cases share, with the body behind it.
macro_rules! chunked {
    ($body:literal) => {
        concat!(
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
            $body
        )
        .as_bytes()
    };
}

pub const CASES: &[Case] = &[
    accepted("RFC 9112 7.1", chunked!("5\r\nhello\r\n0\r\n\r\n"), "POST").body("hello"),
    accepted("RFC 9112 7.1", chunked!("0\r\n\r\n"), "POST"),
    accepted(
        "RFC 9112 7.1",
        chunked!("1\r\nh\r\n4\r\nello\r\n0\r\n\r\n"),
        "POST",
    )
    .body("hello"),
    accepted("RFC 9112 7.1", chunked!("b\r\nhello world\r\n0\r\n\r\n"), "POST").body("hello world"),
    accepted("RFC 9112 7.1", chunked!("B\r\nhello world\r\n0\r\n\r\n"), "POST").body("hello world"),
    accepted("RFC 9112 7.1", chunked!("00005\r\nhello\r\n000\r\n\r\n"), "POST").body("hello"),
    accepted("RFC 9112 7.1", chunked!("4\r\n\r\n\r\n\r\n0\r\n\r\n"), "POST").body("\r\n\r\n"),
    accepted(
        "RFC 9112 7",
        b"POST / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "POST",
    )
    .body("hi"),
    accepted(
        "RFC 9112 6.1",
        b"PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding:\tchunked \r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "PUT",
    )
    .body("hi"),
    accepted("RFC 9112 7.1.1", chunked!("5;a\r\nhello\r\n0\r\n\r\n"), "POST").body("hello"),
    accepted(
        "RFC 9112 7.1.1",
        chunked!("5;a=b;c=\"d;e\\\"\"\r\nhello\r\n0;last\r\n\r\n"),
        "POST",
    )
    .body("hello"),
    accepted(
        "RFC 9112 7.1.2",
        chunked!("2\r\nhi\r\n0\r\nx-sum: 1\r\n\r\n"),
        "POST",
    )
    .body("hi"),
    accepted(
        "RFC 9112 7.1.2",
        chunked!("2\r\nhi\r\n0\r\nx-sum: 1\r\nx-more:\r\n\r\n"),
        "POST",
    )
    .body("hi"),
    accepted(
        "RFC 9110 6.5.1",
        chunked!("2\r\nhi\r\n0\r\nauthorization: x\r\n\r\n"),
        "POST",
    )
    .body("hi"),
    refused("RFC 9112 7.1", chunked!("g\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("-5\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("+5\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("0x5\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!(" 5\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("5 \r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("5\thello\r\n0\r\n\r\n"), 400),
    refused(
        "RFC 9112 7.1",
        chunked!("00000000000000005\r\nhello\r\n0\r\n\r\n"),
        400,
    ),
    refused(
        "RFC 9112 7.1",
        chunked!("10000000000000000\r\nhello\r\n0\r\n\r\n"),
        400,
    ),
    refused(
        "RFC 9110 15.5.14",
        chunked!("ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        413,
    ),
    refused("RFC 9110 15.5.14", chunked!("8000001\r\nhello"), 413),
    refused("RFC 9112 7.1", chunked!("5\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("5\rhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("5\r\nhello0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("5\r\nhello\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("5\r\nhello\r0\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("4\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1.1", chunked!("5;\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1.1", chunked!("5 ;a\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1.1", chunked!("5; a\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1.1", chunked!("5;a=\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1.1", chunked!("5;a=\"b\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1.1", chunked!("5;a\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1.1", chunked!("5;a\rb\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1.1", chunked!("5;a\0\r\nhello\r\n0\r\n\r\n"), 400),
    refused("RFC 9112 7.1.2", chunked!("0\r\nx : y\r\n\r\n"), 400),
    refused("RFC 9112 7.1.2", chunked!("0\r\nx: y\n\r\n"), 400),
    refused("RFC 9112 7.1.2", chunked!("0\r\nx: y\r\n z\r\n\r\n"), 400),
    refused("RFC 9112 7.1.2", chunked!("0\r\nnothing\r\n\r\n"), 400),
    refused("RFC 9110 6.5.1", chunked!("0\r\ncontent-length: 5\r\n\r\n"), 400),
    refused(
        "RFC 9110 6.5.1",
        chunked!("0\r\ntransfer-encoding: chunked\r\n\r\n"),
        400,
    ),
    refused("RFC 9110 6.5.1", chunked!("0\r\nhost: b\r\n\r\n"), 400),
    refused("RFC 9112 7.1", chunked!("0\r\n\n"), 400),
    refused("RFC 9112 7.1", chunked!("0\n\n"), 400),
];
