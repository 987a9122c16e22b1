//! Every bound that an option sets, at the bound and beyond it.

use std::net::TcpStream;
use std::time::Duration;

use crate::support::{
    Connection, Engine, Launch, Response, Server, eventually, raise_open_files_limit, request,
};

const HELLO: &str = "export default async (r: Request) => new Response(await r.text());";

fn hello<const N: usize>(engine: Engine, options: [&str; N]) -> Server {
    Launch::serve(engine, HELLO).options(options).start()
}

/// The answer to what does not fit, on a connection that then closes.
fn refusal(server: &Server, bytes: impl AsRef<[u8]>) -> Response {
    let mut connection = server.connect();
    // The server may refuse before everything is sent.
    let _ = connection.try_send(bytes);
    let response = connection.response();
    assert!(response.closes(), "{response:?}");
    connection.expect_closed();
    response
}

/// A request head of exactly so many bytes.
fn head_of(bytes: usize) -> String {
    let start = "GET / HTTP/1.1\r\nhost: a\r\nx: ";
    let value = "v".repeat(bytes - start.len() - 4);
    format!("{start}{value}\r\n\r\n")
}

fn target_of(bytes: usize) -> String {
    format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "p".repeat(bytes - 1))
}

fn fields_of(lines: usize) -> String {
    let others: String = (1..lines).map(|number| format!("x-{number}: v\r\n")).collect();
    format!("GET / HTTP/1.1\r\nhost: a\r\n{others}\r\n")
}

fn post(length: usize) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{}",
        "b".repeat(length)
    )
}

fn chunked(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{body}")
}

on_both_engines![
    heads,
    targets,
    fields,
    endless_lines,
    bodies,
    bodies_without_a_bound,
    trailers,
    chunk_extensions,
    pipelines,
    connections,
    connections_that_nobody_accepts,
    refusals_do_not_leave_connections_behind,
];

fn heads(engine: Engine) {
    let server = hello(engine, []);
    assert_eq!(server.fetch(head_of(32 * 1024)).status, 200);
    assert_eq!(refusal(&server, head_of(32 * 1024 + 1)).status, 431);
    assert_eq!(refusal(&server, head_of(200_000)).status, 431);
    let server = hello(engine, ["--max-head", "1K"]);
    assert_eq!(server.fetch(head_of(1024)).status, 200);
    assert_eq!(refusal(&server, head_of(1025)).status, 431);
}

fn targets(engine: Engine) {
    let server = hello(engine, []);
    assert_eq!(server.fetch(target_of(8 * 1024)).status, 200);
    assert_eq!(refusal(&server, target_of(8 * 1024 + 1)).status, 414);
    let server = hello(engine, ["--max-target", "100"]);
    assert_eq!(server.fetch(target_of(100)).status, 200);
    assert_eq!(refusal(&server, target_of(101)).status, 414);
}

fn fields(engine: Engine) {
    let server = hello(engine, []);
    assert_eq!(server.fetch(fields_of(100)).status, 200);
    assert_eq!(refusal(&server, fields_of(101)).status, 431);
    let server = hello(engine, ["--max-fields", "5"]);
    assert_eq!(server.fetch(fields_of(5)).status, 200);
    assert_eq!(refusal(&server, fields_of(6)).status, 431);
    let server = hello(engine, ["--max-fields", "500"]);
    assert_eq!(server.fetch(fields_of(500)).status, 200);
}

/// What never ends is refused as soon as it is too long.
fn endless_lines(engine: Engine) {
    let server = hello(engine, []);
    for (start, filling, status) in [
        ("", "M", 501),
        ("GET /", "p", 414),
        ("GET / HTTP/1.1\r\nhost: a\r\nx: ", "v", 431),
        ("GET / HTTP/1.1\r\nhost: a\r\n", "x: y\r\n", 431),
    ] {
        let response = refusal(&server, format!("{start}{}", filling.repeat(100_000)));
        assert_eq!(response.status, status, "{start}{filling}…");
    }
}

fn bodies(engine: Engine) {
    let server = hello(engine, ["--max-body", "1K"]);
    assert_eq!(server.fetch(post(1024)).body.len(), 1024);
    assert_eq!(refusal(&server, post(1025)).status, 413);
    let (half, more) = ("b".repeat(512), "b".repeat(513));
    let fits = chunked(&format!("200\r\n{half}\r\n200\r\n{half}\r\n0\r\n\r\n"));
    assert_eq!(server.fetch(fits).body.len(), 1024);
    let exceeds = chunked(&format!("200\r\n{half}\r\n201\r\n{more}\r\n0\r\n\r\n"));
    assert_eq!(refusal(&server, exceeds).status, 413);
}

fn bodies_without_a_bound(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default async (request: Request) => {
            let bytes = 0;
            for await (const chunk of request.body!) bytes += chunk.byteLength;
            return new Response(`${bytes}`);
        };
    ",
    )
    .options(["--max-body", "off"])
    .start();
    let mut connection = server.connect();
    let chunk = vec![b'b'; 1 << 20];
    connection.send(format!(
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
        150 << 20
    ));
    for _ in 0..150 {
        connection.send(&chunk);
    }
    assert_eq!(connection.response().text(), (150 << 20).to_string());
}

fn trailers(engine: Engine) {
    let server = hello(engine, ["--max-trailers", "64"]);
    let trailer = |bytes: usize| format!("x: {}\r\n", "v".repeat(bytes - 5));
    assert_eq!(
        server.fetch(chunked(&format!("0\r\n{}\r\n", trailer(64)))).status,
        200
    );
    assert_eq!(
        refusal(&server, chunked(&format!("0\r\n{}\r\n", trailer(65)))).status,
        431
    );
}

/// RFC 9112 section 7.1.1.
fn chunk_extensions(engine: Engine) {
    let server = hello(engine, []);
    let long = format!("1;{}\r\nb\r\n0\r\n\r\n", "x".repeat(2000));
    assert_eq!(refusal(&server, chunked(&long)).status, 400);
    let many = "1;abcdef\r\nb\r\n".repeat(500);
    assert_eq!(refusal(&server, chunked(&format!("{many}0\r\n\r\n"))).status, 400);
}

fn pipelines(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        let now = 0, most = 0;
        export default async (request: Request) => {
            most = Math.max(most, ++now);
            await new Promise((resolve) => setTimeout(resolve, 10));
            now--;
            return new Response(`${most}`);
        };
    ",
    )
    .options(["--max-pipeline", "4"])
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/").repeat(50));
    let most: Vec<u32> = (0..50)
        .map(|_| connection.response().text().parse().expect("a number"))
        .collect();
    assert!(most.iter().all(|&most| most <= 4), "{most:?}");
}

fn connections(engine: Engine) {
    let server = hello(engine, ["--max-connections", "4"]);
    let mut connections: Vec<Connection> = (0..4).map(|_| server.connect()).collect();
    for connection in &mut connections {
        connection.expect_open();
    }
    // The kernel completes the handshake; howth does not take the connection yet.
    let mut waiting = server.connect();
    waiting.send(request("GET", "/"));
    waiting.expect_silence(Duration::from_millis(500));
    connections.pop();
    assert_eq!(waiting.response().status, 200);
    for connection in &mut connections {
        connection.expect_open();
    }
}

/// Of a server that is stopped: the kernel holds as many as it was told to, and all of them are served in the end.
fn connections_that_nobody_accepts(engine: Engine) {
    raise_open_files_limit();
    let somaxconn = std::fs::read_to_string("/proc/sys/net/core/somaxconn").expect("a number");
    let somaxconn: usize = somaxconn.trim().parse().expect("a number");
    let most = somaxconn.min(4096);
    let server = hello(engine, []);
    server.suspend();
    let patience = Duration::from_millis(500);
    let connect = || TcpStream::connect_timeout(&server.address(), patience).ok();
    let mut waiting: Vec<TcpStream> = std::iter::from_fn(connect).take(2 * most).collect();
    // The kernel counts one more than it was told.
    assert!(
        (most..=most + 1).contains(&waiting.len()),
        "{} of {most}",
        waiting.len()
    );
    server.signal(libc::SIGCONT);
    for stream in waiting.drain(..) {
        Connection::over_tcp(stream).expect_open();
    }
    assert_eq!(server.get("/").status, 200);
}

fn refusals_do_not_leave_connections_behind(engine: Engine) {
    let server = hello(engine, ["--max-connections", "8"]);
    for _ in 0..200 {
        assert_eq!(refusal(&server, "nonsense\r\n\r\n").status, 400);
    }
    eventually("an answer", || server.get("/").status == 200);
}
