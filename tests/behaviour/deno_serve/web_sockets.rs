//! `Deno.upgradeWebSocket` of requests that the engine has read.

use super::ran;
use crate::support::{Connection, Engine, Launch, eventually};

on_both_engines![
    web_sockets_speak,
    a_server_that_shuts_down_closes_web_sockets,
    what_is_no_upgrade_is_answered,
    a_client_that_leaves_ends_its_web_socket,
    several_cores_speak_web_sockets,
];

/// `told` is what the server's side has heard; `talk(server, path, listener)` gives what a client has.
const TALK: &str = r"
    const told: string[] = [];
    const server = start((request, info) => {
        if (request.headers.get('upgrade') === null) return new Response('plain');
        info.completed.then(() => told.push('completed'));
        const { socket, response } = Deno.upgradeWebSocket(request, { protocol: 'chat' });
        response.headers.append('x-own', '1');
        socket.onopen = () => { told.push('open'); socket.send(`hello ${new URL(request.url).pathname}`); };
        socket.onmessage = ({ data }) => {
            if (data === 'close') socket.close(4000, 'bye');
            else socket.send(typeof data === 'string' ? `<${data}>` : data);
        };
        socket.onclose = ({ code, reason, wasClean }) => told.push(`close ${code} ${reason} ${wasClean}`);
        socket.onerror = ({ message }: any) => told.push(`error ${message}`);
        return response;
    });
    async function talk(path: string, listener: (socket: WebSocket, count: number) => void) {
        const socket = new WebSocket(origin(server).replace('http', 'ws') + path, ['other', 'chat']);
        socket.binaryType = 'arraybuffer';
        const got: unknown[] = [];
        await new Promise<void>((resolve) => {
            socket.onmessage = ({ data }) => { got.push(typeof data === 'string' ? data : data.byteLength); listener(socket, got.length); };
            socket.onclose = ({ code, reason }) => { got.push(`close ${code} ${reason}`); resolve(); };
        });
        console.log(socket.protocol, got.join(', '));
    }
";

fn web_sockets_speak(engine: Engine) {
    let finished = ran(
        engine,
        &format!(
            "{TALK}{}",
            r"
            await talk('/a', (socket, count) => {
                if (count === 1) socket.send('text');
                else if (count === 2) socket.send(new Uint8Array(300_000));
                else socket.close(4001, 'enough');
            });
            await until(() => told.length === 3);
            console.log(told.splice(0).join(', '));
            await talk('/b', (socket) => socket.send('close'));
            await until(() => told.length === 3);
            console.log(told.splice(0).join(', '));
            const many = Array.from({ length: 20 }, (_, number) => talk(`/${number % 2}`, (socket, count) => count < 50 ? socket.send('x') : socket.close(4002)));
            await Promise.all(many);
            await show(server, '/');
            console.log(handled());
            await server.shutdown();
            "
        ),
    );
    let mut lines: Vec<_> = finished.stdout.lines().collect();
    let many = lines.split_off(4);
    assert_eq!(
        lines,
        [
            "chat hello /a, <text>, 300000, close 4001 enough",
            "completed, open, close 4001 enough true",
            "chat hello /b, close 4000 bye",
            "completed, open, close 4000 bye true",
        ],
        "{finished:?}"
    );
    assert_eq!(many.len(), 22, "{finished:?}");
    assert!(
        many[..20]
            .iter()
            .all(|line| line.matches("<x>").count() == 49 && line.ends_with("close 4002 ")),
        "{finished:?}"
    );
    assert_eq!(
        many[20..],
        ["/ 200 text/plain;charset=UTF-8 \"plain\"", "23"],
        "{finished:?}"
    );
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
}

fn a_server_that_shuts_down_closes_web_sockets(engine: Engine) {
    let finished = ran(
        engine,
        &format!(
            "{TALK}{}",
            r"
            await talk('/a', () => server.shutdown().then(() => console.log('shut down')));
            await server.finished;
            console.log(told.join(', '));
            "
        ),
    );
    let mut lines: Vec<_> = finished.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "chat hello /a, close 1001 Server shutting down",
            "completed, open, close 1005  true",
            "shut down",
        ],
        "{finished:?}"
    );
}

const UPGRADES: &str = "
    Deno.serve({ port: 8000, onListen: ({ hostname, port }) => console.log(`listening on http://${hostname}:${port}/`) }, (request) => {
        const { pathname } = new URL(request.url);
        const { socket, response } = Deno.upgradeWebSocket(request);
        socket.onopen = () => console.log('open', pathname);
        socket.onclose = () => console.log('close', pathname);
        socket.onerror = ({ message }) => console.log('error', pathname, message);
        if (pathname === '/twice') Deno.upgradeWebSocket(request);
        if (pathname === '/other') return new Response('other');
        return response;
    });
";

fn handshake(path: &str, fields: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\n{fields}\r\n"
    )
}

const KEY: &str = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

fn what_is_no_upgrade_is_answered(engine: Engine) {
    let server = Launch::run_on_free_port(engine).file("app.ts", UPGRADES).start();
    for (asked, status, text) in [
        (handshake("/key", ""), 500, "Internal Server Error"),
        (handshake("/twice", KEY), 500, "Internal Server Error"),
        // RFC 6455 section 4.4.
        (
            handshake("/version", KEY).replace("version: 13", "version: 8"),
            426,
            "Upgrade Required",
        ),
        (handshake("/other", KEY), 200, "other"),
        (
            "GET /plain HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            500,
            "Internal Server Error",
        ),
        (
            format!(
                "{}body",
                handshake("/body", &format!("{KEY}content-length: 4\r\n"))
            ),
            500,
            "Internal Server Error",
        ),
    ] {
        let response = server.fetch(&asked);
        assert_eq!((response.status, response.text()), (status, text), "{asked}");
    }
    server.wait_for_output("error /other");
    server.wait_for_output("error /body");
    assert!(!server.stdout().contains("open"), "{}", server.stdout());
}

fn a_client_that_leaves_ends_its_web_socket(engine: Engine) {
    let server = Launch::run_on_free_port(engine).file("app.ts", UPGRADES).start();
    for (path, resets) in [("/leaves", false), ("/resets", true)] {
        let mut connection = server.connect();
        connection.send(handshake(path, KEY));
        let response = connection.head();
        // RFC 6455 section 1.3 has this key and its answer.
        assert_eq!(
            (response.status, response.field("sec-websocket-accept")),
            (101, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")),
        );
        server.wait_for_output(&format!("open {path}"));
        if resets {
            connection.reset_on_close();
        }
        drop(connection);
        server.wait_for_output(&format!("close {path}"));
    }
}

fn several_cores_speak_web_sockets(engine: Engine) {
    let server = Launch::serve(engine, UPGRADES).options(["--cores", "2"]).start();
    let mut connections: Vec<Connection> = (0..16)
        .map(|number| {
            let mut connection = server.connect();
            connection.send(handshake(&format!("/{number}"), KEY));
            connection
        })
        .collect();
    for connection in &mut connections {
        assert_eq!(connection.head().status, 101);
    }
    eventually("every WebSocket", || {
        server.stdout().matches("open /").count() == 16
    });
}
