//! Clients that break a rule, send too much, or take too little.

use super::ECHO;
use super::client::{BINARY, CLOSE, Client, PING, TEXT, closing, frame, masked};
use crate::support::{Engine, Launch, eventually};

on_both_engines![
    broken_rules_have_their_codes,
    a_message_has_its_bound,
    a_client_that_takes_nothing_is_not_sent_without_end,
    a_sender_is_told_when_it_may_go_on,
    a_client_that_takes_too_little_is_ended,
    a_handler_that_is_slow_holds_up_its_client,
    a_handler_that_never_returns_closes_its_socket_alone,
];

fn broken_rules_have_their_codes(engine: Engine) {
    let server = Launch::serve(engine, ECHO).start();
    for (bytes, code, reason) in [
        // RFC 6455 sections 5.1, 5.2, 5.4 and 5.5.
        (b"\x81\x02Hi".to_vec(), 1002, "a frame of a client is not masked"),
        (masked(0xc1, "x"), 1002, "a reserved bit is set"),
        (masked(0x83, "x"), 1002, "the opcode is a reserved one"),
        (masked(0x80, "x"), 1002, "there is no message to be continued"),
        (masked(0x09, ""), 1002, "a control frame is fragmented"),
        (
            frame(PING, [0; 126]),
            1002,
            "a control frame is longer than 125 bytes",
        ),
        (
            b"\x81\xfe\x00\x01\0\0\0\0x".to_vec(),
            1002,
            "the length of a frame is not in its shortest form",
        ),
        (
            [masked(TEXT, "a"), frame(TEXT, "b")].concat(),
            1002,
            "a message begins within another one",
        ),
        // Sections 5.5.1 and 7.4.
        (frame(CLOSE, [3]), 1002, "a close frame has one byte"),
        (
            frame(CLOSE, closing(1005, "")),
            1002,
            "the close code 1005 must not be sent",
        ),
        // Section 8.1.
        (frame(TEXT, [0xff]), 1007, "a text is not UTF-8"),
        (masked(TEXT, [0xc3, 0x28]), 1007, "a text is not UTF-8"),
        (
            frame(CLOSE, [3, 0xe8, 0xff]),
            1007,
            "the reason of a close frame is not UTF-8",
        ),
    ] {
        let mut client = Client::open(&server, "/");
        client.send(TEXT, "before");
        client.0.send(bytes);
        assert_eq!(client.text(), "before");
        assert_eq!(client.expect_close(code), reason);
        client.0.expect_closed();
        server.wait_for_output(&format!("closed 1006 '{reason}'"));
    }
}

fn a_message_has_its_bound(engine: Engine) {
    let source = "
        export default {
            fetch: (request, server) => void server.upgrade(request),
            websocket: {
                maxPayloadLength: 1000,
                message: (socket, message) => void socket.send(String(message.length)),
            },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut client = Client::open(&server, "/");
    client.send(BINARY, [0; 1000]);
    assert_eq!(client.text(), "1000");
    // Before any of it has come.
    client.0.send(&frame(BINARY, [0; 1001])[..8]);
    client.expect_close(1009);
    let mut client = Client::open(&server, "/");
    client.0.send(masked(BINARY, [0; 600]));
    client.0.send(masked(0x80, [0; 401]));
    client.expect_close(1009);
    client.0.expect_closed();
}

const SENDER: &str = "
    let socket;
    const results = [];
    export default {
        fetch(request, server) {
            const { pathname } = new URL(request.url);
            if (pathname === '/state') return Response.json([results, socket.getBufferedAmount(), socket.readyState]);
            return server.upgrade(request) ? undefined : new Response();
        },
        websocket: {
            backpressureLimit: 4_000_000,
            closeOnBackpressureLimit: CLOSES,
            open: (opened) => (socket = opened),
            message(socket) {
                const bytes = new Uint8Array(100_000);
                // More than the kernel takes for a client that takes nothing.
                for (let i = 0; i < 400; i++) results.push(socket.send(bytes));
            },
            drain: () => console.log('drained'),
            close: (_, code) => console.log('closed', code),
        },
    };
";

fn a_client_that_takes_nothing_is_not_sent_without_end(engine: Engine) {
    let server = Launch::serve(engine, &SENDER.replace("CLOSES", "false")).start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "go");
    let mut state = serde_json::Value::Null;
    eventually("all was sent", || {
        state = server.get("/state").json();
        state[0].as_array().expect("results").len() == 400
    });
    let results: Vec<i64> = state[0]
        .as_array()
        .expect("results")
        .iter()
        .map(|result| result.as_i64().expect("a number"))
        .collect();
    // Sent, then sent behind much, then dropped.
    assert_eq!((results[0], results[399]), (100_000, 0));
    assert!(results.contains(&-1));
    let taken = results.iter().filter(|result| **result != 0).count();
    let buffered = state[1].as_u64().expect("a number");
    assert!((1..=4_200_000).contains(&buffered), "{buffered}");
    assert_eq!(state[2], 1);
    for _ in 0..taken {
        assert_eq!(client.take(BINARY).len(), 100_000);
    }
    server.wait_for_output("drained");
    assert_eq!(server.get("/state").json()[1], 0);
    client.close(1000, "");
}

fn a_sender_is_told_when_it_may_go_on(engine: Engine) {
    let source = "
        let left = 300;
        const bytes = new Uint8Array(100_000);
        const go = (socket) => {
            while (left > 0) {
                left--;
                if (socket.send(bytes) === -1) return;
            }
            socket.send('all');
        };
        export default {
            fetch: (request, server) => void server.upgrade(request),
            websocket: { message: go, drain: go },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "go");
    for _ in 0..300 {
        assert_eq!(client.take(BINARY).len(), 100_000);
    }
    assert_eq!(client.text(), "all");
}

fn a_client_that_takes_too_little_is_ended(engine: Engine) {
    let server = Launch::serve(engine, &SENDER.replace("CLOSES", "true")).start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "go");
    server.wait_for_output("closed 1006");
}

/// What has come for a handler that does not take it is bounded, and then the client is not read from.
fn a_handler_that_is_slow_holds_up_its_client(engine: Engine) {
    let source = "
        let bytes = 0;
        export default {
            fetch(request, server) {
                if (new URL(request.url).pathname === '/bytes') return new Response(String(bytes));
                server.upgrade(request);
            },
            websocket: {
                message(socket, message) {
                    bytes += message.length;
                    if (message.length > 1) return;
                    console.log('busy');
                    while (!Howth.kv.has('go on'));
                },
            },
        };
    ";
    let server = Launch::serve(engine, source).options(["--cores", "1"]).start();
    let mut client = Client::open(&server, "/");
    client.send(BINARY, "x");
    server.wait_for_output("busy");
    let before = server.resident_bytes();
    let message = frame(BINARY, vec![7; 50_000]);
    let mut sent = 0;
    let mut refusals = 0;
    while sent < 200_000_000 && refusals < 50 {
        match client.0.send_some(&message) {
            Ok(bytes) => {
                sent += bytes;
                refusals = 0;
            }
            Err(_) => {
                refusals += 1;
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
    }
    assert!(sent < 100_000_000, "all of it was taken");
    let more = server.resident_bytes().saturating_sub(before);
    assert!(more < 20_000_000, "{more}");
}

fn a_handler_that_never_returns_closes_its_socket_alone(engine: Engine) {
    let source = "
        export default {
            fetch: (request, server) => void server.upgrade(request),
            websocket: {
                async message(socket, message) {
                    if (message === 'at once') for (;;);
                    await null;
                    if (message === 'later') for (;;);
                    socket.send(message);
                },
                close: (_, code) => console.log('closed', code),
            },
        };
    ";
    let server = Launch::serve(engine, source)
        .options(["--cores", "1", "--handler-cpu-limit", "100ms"])
        .start();
    let mut other = Client::open(&server, "/");
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "at once");
    client.send(TEXT, "behind it");
    client.expect_close(1011);
    client.send(CLOSE, closing(1011, ""));
    client.0.expect_closed();
    server.wait_for_output("closed 1011");
    other.send(TEXT, "there?");
    assert_eq!(other.text(), "there?");
    // Behind an await nobody knows whose it was.
    other.send(TEXT, "later");
    server.wait_for_output("JavaScript ran for more than");
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "still");
    assert_eq!(client.text(), "still");
    other.send(TEXT, "still");
    assert_eq!(other.text(), "still");
}
