//! Handshakes, messages, and what handlers are given.

use std::net::TcpStream;

use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

use super::ECHO;
use super::client::{BINARY, Client, KEY, PING, PONG, TEXT, frame, handshake, masked};
use crate::support::{Engine, Launch, request};

on_both_engines![
    messages_come_back,
    another_client_is_understood,
    fragments_are_one_message,
    what_comes_with_the_handshake_is_heard,
    handlers_are_given_what_they_ask_for,
    pings_are_answered_while_javascript_computes,
    a_protocol_and_fields_are_chosen,
    what_asks_for_no_websocket_is_answered,
    bun_serve_has_websockets,
    handlers_are_replaced_by_a_reload,
    a_handler_that_throws_ends_nothing,
    messages_of_one_turn_leave_together,
];

fn messages_come_back(engine: Engine) {
    let server = Launch::serve(engine, ECHO).start();
    let mut client = Client::open(&server, "/");
    for length in [0, 1, 125, 126, 65_535, 65_536, 300_000] {
        let text = "x".repeat(length);
        client.send(TEXT, &text);
        assert!(client.text() == text, "{length}");
        let bytes: Vec<u8> = (0..length).map(|at| at as u8).collect();
        client.send(BINARY, &bytes);
        assert!(client.take(BINARY) == bytes, "{length}");
    }
    client.send(TEXT, "grüße 😀 \u{0}");
    assert_eq!(client.text(), "grüße 😀 \u{0}");
    // Byte by byte, and all at once.
    client.0.send_bytewise(&frame(TEXT, "slow"));
    assert_eq!(client.text(), "slow");
    let many: Vec<u8> = (0..1000)
        .flat_map(|number| frame(TEXT, number.to_string()))
        .collect();
    client.0.send(many);
    for number in 0..1000 {
        assert_eq!(client.text(), number.to_string());
    }
    client.close(1000, "bye");
    server.wait_for_output("closed 1000 'bye'");
    assert_eq!(server.get("/http").text(), "plain");
}

fn another_client_is_understood(engine: Engine) {
    let server = Launch::serve(engine, ECHO).start();
    let mut connection = server.connect();
    connection.send(handshake("/", ""));
    assert_eq!(connection.head().status, 101);
    let stream: TcpStream = connection.into_stream();
    let mut socket = WebSocket::from_raw_socket(stream, Role::Client, None);
    for message in [
        Message::text("text"),
        Message::binary(vec![0, 255]),
        Message::text("long ".repeat(20_000)),
    ] {
        socket.send(message.clone()).expect("an open socket");
        assert_eq!(socket.read().expect("an answer"), message);
    }
    socket
        .send(Message::Ping(vec![1, 2].into()))
        .expect("an open socket");
    assert_eq!(socket.read().expect("a pong"), Message::Pong(vec![1, 2].into()));
    socket.close(None).expect("an open socket");
    assert!(matches!(socket.read(), Ok(Message::Close(None))));
    server.wait_for_output("closed 1005 ''");
}

fn fragments_are_one_message(engine: Engine) {
    let server = Launch::serve(engine, ECHO).start();
    let mut client = Client::open(&server, "/");
    client.0.send(masked(TEXT, "one "));
    client.send(PING, "between");
    client.0.send(masked(0, "message, "));
    assert_eq!(client.take(PONG), b"between");
    client.0.send(masked(0x80, "three frames"));
    assert_eq!(client.text(), "one message, three frames");
}

fn what_comes_with_the_handshake_is_heard(engine: Engine) {
    let server = Launch::serve(engine, ECHO).start();
    let mut connection = server.connect();
    let early = [handshake("/", "").into_bytes(), frame(TEXT, "early")].concat();
    connection.send(early);
    assert_eq!(connection.head().status, 101);
    assert_eq!(Client(connection).text(), "early");
}

fn handlers_are_given_what_they_ask_for(engine: Engine) {
    let source = "
        let socket;
        export default {
            fetch: (request, server) => {
                const data = { path: new URL(request.url).pathname };
                return server.upgrade(request, { data }) ? undefined : new Response(String(server.pendingWebSockets));
            },
            websocket: {
                open(socket) {
                    socket.send([socket.data.path, socket.remoteAddress, socket.readyState, socket.binaryType].join());
                },
                message(socket, message) {
                    if (typeof message === 'string') {
                        if (message === 'throw') socket.binaryType = 'else';
                        socket.binaryType = message;
                        return;
                    }
                    const kind = Object.prototype.toString.call(message);
                    socket.send(`${kind} ${Buffer.isBuffer(message)} ${message.byteLength}`);
                    const sent = [socket.sendBinary(new Uint8Array([1, 2])), socket.sendText('é'), socket.send('')];
                    socket.send(JSON.stringify([...sent, socket.cork((same) => same === socket)]));
                },
                ping: (socket, data) => void socket.send(`ping ${new TextDecoder().decode(data)}`),
                pong: (socket, data) => {
                    socket.ping('asked');
                    socket.pong();
                    socket.send(`pong ${new TextDecoder().decode(data)}`);
                },
                close: (socket, code, reason) => {
                    console.log('closed', socket.data.path, code, reason, socket.readyState, socket.send('late'));
                },
            },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut client = Client::open(&server, "/a");
    assert_eq!(client.text(), "/a,127.0.0.1,1,nodebuffer");
    assert_eq!(server.get("/").text(), "1");
    for (binary_type, kind) in [
        ("nodebuffer", "[object Uint8Array] true 3"),
        ("arraybuffer", "[object ArrayBuffer] false 3"),
        ("uint8array", "[object Uint8Array] false 3"),
    ] {
        client.send(TEXT, binary_type);
        client.send(BINARY, "abc");
        assert_eq!(client.text(), kind);
        assert_eq!(client.take(BINARY), [1, 2]);
        assert_eq!((client.text().as_str(), client.text().as_str()), ("é", ""));
        assert_eq!(client.text(), "[2,2,1,true]");
    }
    client.send(PING, "p");
    assert_eq!(client.take(PONG), b"p");
    assert_eq!(client.text(), "ping p");
    client.send(PONG, "q");
    assert_eq!(client.take(PING), b"asked");
    assert_eq!(client.take(PONG), b"");
    assert_eq!(client.text(), "pong q");
    client.send(TEXT, "throw");
    server.wait_for_output("binaryType must be one of");
    client.close(4000, "own");
    server.wait_for_output("closed /a 4000 own 3 0");
    assert_eq!(server.get("/").text(), "0");
}

fn pings_are_answered_while_javascript_computes(engine: Engine) {
    let source = "
        export default {
            fetch: (request, server) => void server.upgrade(request),
            websocket: {
                message(socket) {
                    console.log('computing');
                    while (!Howth.kv.has('over'));
                    socket.send('over');
                },
            },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut busy = Client::open(&server, "/");
    let mut other = Client::open(&server, "/");
    busy.send(TEXT, "compute");
    server.wait_for_output("computing");
    other.send(PING, "there?");
    assert_eq!(other.take(PONG), b"there?");
    busy.send(PING, "you too?");
    assert_eq!(busy.take(PONG), b"you too?");
}

fn a_protocol_and_fields_are_chosen(engine: Engine) {
    let source = "
        export default {
            fetch(request, server) {
                const { pathname } = new URL(request.url);
                const named = { '/named': 'second', '/array': 'first' }[pathname];
                const headers = { 'set-cookie': 'a=b', connection: 'close', 'sec-websocket-accept': 'wrong' };
                if (named !== undefined) headers['sec-websocket-protocol'] = named;
                server.upgrade(request, { headers: pathname === '/array' ? Object.entries(headers) : new Headers(headers) });
            },
            websocket: { message() {} },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let lines = "sec-websocket-protocol: first, second\r\n";
    for (path, chosen) in [("/", "first"), ("/named", "second"), ("/array", "first")] {
        let (_, response) = Client::open_with(&server, path, lines);
        assert_eq!(response.all("sec-websocket-protocol"), [chosen], "{path}");
        assert_eq!(response.field("set-cookie"), Some("a=b"));
        assert_eq!(response.field("sec-websocket-extensions"), None);
    }
    let (_, response) = Client::open_with(&server, "/", "");
    assert_eq!(response.field("sec-websocket-protocol"), None);
}

fn what_asks_for_no_websocket_is_answered(engine: Engine) {
    let server = Launch::serve(engine, ECHO).start();
    let good = handshake("/", "");
    for (from, to) in [
        ("GET", "POST"),
        ("upgrade: websocket", "upgrade: h2c"),
        ("connection: Upgrade", "connection: keep-alive"),
        (KEY, "short"),
        (
            "\r\n\r\n",
            "\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        ),
        ("\r\n\r\n", "\r\ncontent-length: 2\r\n\r\nab"),
    ] {
        let mut connection = server.connect();
        connection.send(good.replace(from, to));
        let response = connection.response();
        assert_eq!((response.status, response.text()), (400, "no WebSocket"), "{to}");
        connection.send(request("GET", "/http"));
        assert_eq!(connection.response().text(), "plain");
    }
    // RFC 6455 section 4.2.2, RFC 9110 section 15.5.22.
    let mut connection = server.connect();
    connection.send(good.replace("version: 13", "version: 8"));
    let response = connection.response();
    assert_eq!(response.status, 426);
    assert_eq!(response.field("sec-websocket-version"), Some("13"));
    assert_eq!(response.field("upgrade"), Some("websocket"));
    assert_eq!(response.field("connection"), Some("upgrade"));
    connection.send(request("GET", "/http"));
    assert_eq!(connection.response().text(), "plain");
}

fn bun_serve_has_websockets(engine: Engine) {
    let source = "
        const server = Bun.serve({
            port: 3000,
            async fetch(request, server) {
                await null;
                if (server.upgrade(request, { data: 'of Bun' })) return;
                return new Response('else');
            },
            routes: {
                '/route/:name': (request, server) => {
                    if (!server.upgrade(request, { data: request.params.name })) return new Response('no', { status: 400 });
                },
            },
            websocket: {
                open(ws) { ws.send(`${ws.data} ${server.pendingWebSockets}`); },
                message: (ws, message) => void ws.send(message),
            },
        });
        for (const websocket of [{ message: 1 }, { idleTimeout: -1 }, { maxPayloadLength: 'x' }]) {
            try { server.reload({ fetch() {}, websocket }); } catch (error) { console.log(`${error.name}: ${error.message}`); }
        }
        const plain = { fetch: (request, server) => server.upgrade(request) };
    ";
    let server = Launch::run_on_free_port(engine).file("app.ts", source).start();
    for complaint in [
        "`message` must be a function",
        "idleTimeout -1 is not a number from 0",
        "maxPayloadLength x is not a number from 0",
    ] {
        server.wait_for_output(complaint);
    }
    let mut client = Client::open(&server, "/");
    assert_eq!(client.text(), "of Bun 1");
    client.send(TEXT, "hello");
    assert_eq!(client.text(), "hello");
    assert_eq!(server.get("/").text(), "else");
    assert_eq!(Client::open(&server, "/route/ada").text(), "ada 2");
    assert_eq!(server.get("/route/ada").status, 400);
}

fn handlers_are_replaced_by_a_reload(engine: Engine) {
    let source = "
        const options = (answer) => ({
            fetch(request, server) {
                if (new URL(request.url).pathname === '/reload') own.reload(options('new'));
                return server.upgrade(request) ? undefined : new Response();
            },
            websocket: { message: (socket) => void socket.send(answer) },
        });
        const own = Howth.serve(options('old'));
    ";
    let server = Launch::serve(engine, source).start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "which?");
    assert_eq!(client.text(), "old");
    server.get("/reload");
    client.send(TEXT, "which?");
    assert_eq!(client.text(), "new");
}

fn a_handler_that_throws_ends_nothing(engine: Engine) {
    let source = "
        export default {
            fetch: (request, server) => void server.upgrade(request),
            websocket: {
                open() { throw new Error('thrown at once'); },
                ping() { throw new Error('thrown elsewhere'); },
                async message(socket, message) {
                    socket.send(message);
                    await null;
                    throw new Error('thrown later');
                },
            },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut client = Client::open(&server, "/");
    server.wait_for_output("a WebSocket's handler failed: Error: thrown at once");
    for _ in 0..2 {
        client.send(TEXT, "still there?");
        assert_eq!(client.text(), "still there?");
    }
    server.wait_for_output("a WebSocket's handler failed: Error: thrown later");
    client.0.send(
        [
            frame(PING, ""),
            frame(BINARY, "between"),
            frame(TEXT, "behind it"),
        ]
        .concat(),
    );
    client.take(PONG);
    assert_eq!(client.take(BINARY), b"between");
    assert_eq!(client.text(), "behind it");
    server.wait_for_output("a WebSocket's handler failed: Error: thrown elsewhere");
}

/// What is sent in one turn comes in few pieces, whatever number of messages it is.
fn messages_of_one_turn_leave_together(engine: Engine) {
    let source = "
        export default {
            fetch: (request, server) => void server.upgrade(request),
            websocket: { message(socket) { for (let i = 0; i < 200; i++) socket.send(String(i)); } },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "go");
    let first = client.0.receive_some();
    let expected: Vec<u8> = (0..200)
        .flat_map(|number: u8| {
            let text = number.to_string();
            [&[0x81, text.len() as u8][..], text.as_bytes()].concat()
        })
        .collect();
    assert!(
        first == expected,
        "{} of {} bytes came together",
        first.len(),
        expected.len()
    );
}
