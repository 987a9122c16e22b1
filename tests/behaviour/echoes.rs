//! Request bodies that are sent back while they come.

use crate::support::{Engine, Launch};

on_both_engines![
    a_large_body_is_echoed_in_bounded_memory,
    a_body_of_a_clone_is_echoed,
];

fn body_of(length: usize) -> Vec<u8> {
    // ASCII, so that it is its own text.
    let byte = |index: usize| (index.wrapping_mul(2_654_435_761) >> 7) as u8 & 0x7f;
    (0..length).map(byte).collect()
}

/// Memory stays bounded although the client sends all before it reads.
fn a_large_body_is_echoed_in_bounded_memory(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default (request: Request) => request.body ? new Response(request.body) : new Response('fine');",
    )
    .start();
    server.get("/");
    let before = server.resident_bytes();
    let length = 100 << 20;
    let chunk = body_of(1 << 20);
    let mut connection = server.connect();
    connection.send(format!(
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n"
    ));
    let mut sending = connection.second();
    let sent = chunk.clone();
    let sender = std::thread::spawn(move || (0..100).for_each(|_| sending.send(&sent)));
    let head = connection.head();
    assert_eq!(head.field("connection"), None, "{head:?}");
    let mut received = 0_usize;
    let mut most = 0;
    loop {
        let part = connection.chunk();
        if part.is_empty() {
            break;
        }
        let at = received % chunk.len();
        let expected = chunk[at..].iter().chain(chunk.iter().cycle());
        assert!(
            part.iter().zip(expected).all(|(got, want)| got == want),
            "it differs after {received} bytes"
        );
        received += part.len();
        most = most.max(server.resident_bytes());
    }
    assert_eq!(connection.take(2), b"\r\n");
    sender.join().expect("all is sent");
    assert_eq!(received, length);
    assert!(
        most - before < 80 << 20,
        "{} MiB were held",
        (most - before) >> 20
    );
    connection.expect_open();
}

fn a_body_of_a_clone_is_echoed(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default async (request: Request) => {
            const copy = request.clone();
            const other = request.bytes();
            return new Response(copy.body, { headers: { other: String((await other).length) } });
        }",
    )
    .start();
    for length in [10, 1_000_000] {
        let body = body_of(length);
        let mut connection = server.connect();
        connection.send(format!(
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n"
        ));
        connection.send(&body);
        let response = connection.response();
        assert_eq!(response.field("other"), Some(length.to_string().as_str()));
        assert!(response.body == body, "the body was changed on its way");
        connection.send(format!(
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n"
        ));
        connection.send(&body);
        assert!(
            connection.response().body == body,
            "the body was changed on its way"
        );
    }
}
