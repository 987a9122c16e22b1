//! Sockets in the Web's shape: Howth.upgradeWebSocket and Deno.upgradeWebSocket.

use super::client::{BINARY, CLOSE, Client, TEXT, closing, handshake};
use crate::support::{Engine, Launch, request};

on_both_engines![
    a_socket_has_the_interface_of_the_web,
    either_side_closes_it,
    it_is_opened_by_its_response_alone,
    what_asks_for_no_websocket_throws,
    a_client_of_another_version_is_told_which_is_spoken,
    a_request_with_a_body_opens_none,
    what_was_sent_goes_out_before_the_close,
];

fn a_socket_has_the_interface_of_the_web(engine: Engine) {
    for upgrade in ["Howth.upgradeWebSocket", "Deno.upgradeWebSocket"] {
        let source = format!(
            "
            export default async (request) => {{
                const {{ socket, response }} = {upgrade}(request, {{ protocol: 'second' }});
                try {{ socket.send('early'); }} catch (error) {{ console.log(error.name, socket.readyState); }}
                socket.binaryType = 'arraybuffer';
                socket.onopen = ({{ type, target }}) => {{
                    target.send([type, socket.readyState, socket.protocol, socket.OPEN, socket.constructor.OPEN].join());
                    socket.send(new Blob(['from a blob']));
                    socket.send('behind it');
                }};
                socket.addEventListener('message', ({{ data }}) => {{
                    socket.send(data);
                    socket.send(`${{Object.prototype.toString.call(data)}} ${{socket instanceof EventTarget}}`);
                }});
                await null;
                return response;
            }};
        "
        );
        let server = Launch::serve(engine, &source).start();
        let lines = "sec-websocket-protocol: first, second\r\n";
        let (mut client, response) = Client::open_with(&server, "/", lines);
        assert_eq!(response.field("sec-websocket-protocol"), Some("second"));
        server.wait_for_output("InvalidStateError 0");
        assert_eq!(client.text(), "open,1,second,1,1");
        assert_eq!(client.take(BINARY), b"from a blob");
        assert_eq!(client.text(), "behind it");
        client.send(TEXT, "text");
        assert_eq!(client.text(), "text");
        assert_eq!(client.text(), "[object String] true");
        client.send(BINARY, [1, 2]);
        assert_eq!(client.take(BINARY), [1, 2]);
        assert_eq!(client.text(), "[object ArrayBuffer] true");
    }
}

fn either_side_closes_it(engine: Engine) {
    let source = "
        export default (request) => {
            const { socket, response } = Howth.upgradeWebSocket(request);
            socket.onmessage = ({ data }) => {
                for (const wrong of [[1001], [1000, 'x'.repeat(124)]]) {
                    try { socket.close(...wrong); } catch (error) { console.log(error.name); }
                }
                if (data === 'close') socket.close(3000, 'enough');
                else socket.close();
            };
            socket.onerror = ({ message }) => console.log('error', message);
            socket.onclose = ({ wasClean, code, reason }) => console.log('close', wasClean, code, reason, socket.readyState);
            return response;
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "close");
    assert_eq!(client.expect_close(3000), "enough");
    client.send(CLOSE, closing(3000, "enough"));
    client.0.expect_closed();
    for said in ["InvalidAccessError", "SyntaxError", "close true 3000 enough 3"] {
        server.wait_for_output(said);
    }
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "plain");
    assert_eq!(client.take(CLOSE), b"");
    client.send(CLOSE, "");
    client.0.expect_closed();
    server.wait_for_output("close true 1005  3");
    Client::open(&server, "/").close(4000, "mine");
    server.wait_for_output("close true 4000 mine 3");
    assert!(!server.stdout().contains("error"));
    drop(Client::open(&server, "/"));
    server.wait_for_output("error the connection has ended");
    server.wait_for_output("close false 1006  3");
}

fn it_is_opened_by_its_response_alone(engine: Engine) {
    let source = "
        export default {
            fetch(request) {
                const { socket, response } = Howth.upgradeWebSocket(request);
                socket.onopen = () => socket.send('open');
                socket.onclose = ({ code, reason }) => console.log('close', code, reason);
                const { pathname } = new URL(request.url);
                if (pathname === '/other') return new Response('other');
                if (pathname === '/throws') throw new Error('thrown');
                response.headers.set('x-a', 'b');
                return response;
            },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut connection = server.connect();
    connection.send(handshake("/other", ""));
    assert_eq!(connection.response().text(), "other");
    server.wait_for_output("close 1006 the request was answered otherwise");
    connection.send(handshake("/throws", ""));
    assert_eq!(connection.response().status, 500);
    connection.send(handshake("/", ""));
    let response = connection.head();
    assert_eq!((response.status, response.field("x-a")), (101, Some("b")));
    assert_eq!(Client(connection).text(), "open");
}

fn what_asks_for_no_websocket_throws(engine: Engine) {
    let source = "
        export default (request) => {
            try {
                return Howth.upgradeWebSocket(request, { protocol: new URL(request.url).searchParams.get('protocol') ?? '' }).response;
            } catch (error) {
                return new Response(`${error.name}: ${error.message}`);
            }
        };
    ";
    let server = Launch::serve(engine, source).start();
    let refused = |bytes: String| server.fetch(bytes).text().to_owned();
    let start = "TypeError: Howth.upgradeWebSocket: ";
    assert_eq!(
        refused(request("GET", "/")),
        format!(
            "{start}the request does not ask for a WebSocket by `upgrade: websocket` and `connection: upgrade`"
        )
    );
    assert_eq!(
        refused(handshake("/", "").replace("version: 13", "version: 12")),
        format!("{start}the request has not the version 13 of the protocol")
    );
    assert_eq!(
        refused(handshake("/?protocol=x", "sec-websocket-protocol: y\r\n")),
        format!("{start}the client does not offer the protocol 'x'")
    );
}

/// RFC 6455 section 4.4, by both names. It is the client's fault, and told to nobody else.
fn a_client_of_another_version_is_told_which_is_spoken(engine: Engine) {
    let source = "
        export default {
            error: () => new Response('an error', { status: 500 }),
            async fetch(request) {
                const { pathname } = new URL(request.url);
                if (pathname === '/later') await null;
                const upgrade = pathname === '/deno' ? Deno.upgradeWebSocket : Howth.upgradeWebSocket;
                const { socket, response } = upgrade(request);
                socket.onopen = () => socket.send('open');
                return response;
            },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut connection = server.connect();
    for path in ["/", "/later", "/deno"] {
        for version in ["version: 8", "version: 14", "version: 13, 8", "other: 1"] {
            connection.send(handshake(path, "").replace("version: 13", version));
            let response = connection.response();
            assert_eq!(response.status, 426, "{path} {version}");
            assert_eq!(response.field("sec-websocket-version"), Some("13"));
            assert_eq!(response.field("upgrade"), Some("websocket"));
        }
    }
    // What is wrong otherwise is the handler's to answer.
    connection.send(request("GET", "/"));
    assert_eq!(connection.response().text(), "an error");
    // The connection goes on.
    connection.send(handshake("/", ""));
    assert_eq!(connection.head().status, 101);
    assert_eq!(Client(connection).text(), "open");
    assert_eq!(server.stderr(), "");
}

fn a_request_with_a_body_opens_none(engine: Engine) {
    let source = "
        export default (request) => {
            const { socket, response } = Howth.upgradeWebSocket(request);
            socket.onclose = ({ code }) => console.log('closed', code);
            return response;
        };
    ";
    let server = Launch::serve(engine, source).start();
    let response = server.fetch(
        "GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\ncontent-length: 1\r\n\r\nx",
    );
    assert_eq!(response.status, 400);
    server.wait_for_output("closed 1006");
}

fn what_was_sent_goes_out_before_the_close(engine: Engine) {
    let source = "
        export default (request) => {
            const { socket, response } = Howth.upgradeWebSocket(request);
            socket.onopen = () => {
                socket.send(new Blob(['from a blob']));
                socket.send('behind it');
                socket.close(3000, 'enough');
            };
            return response;
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut client = Client::open(&server, "/");
    assert_eq!(client.take(BINARY), b"from a blob");
    assert_eq!(client.text(), "behind it");
    assert_eq!(client.take(CLOSE), closing(3000, "enough"));
}
