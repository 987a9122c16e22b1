//! What `howth limits` says, against the memory that a server takes when its clients are at every bound at once.

use std::io::{Read, Write};
use std::net::TcpStream;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::support::{Connection, Engine, Launch, Server, eventually, raise_open_files_limit, request, tls};

on_both_engines![
    clients_at_every_bound_stay_below_what_is_said,
    idle_connections_take_what_is_said,
    idle_connections_over_tls_take_what_is_said,
    idle_connections_of_http_2_take_what_is_said,
];

const KIBIBYTE: u64 = 1 << 10;
const MEBIBYTE: u64 = 1 << 20;

const OPTIONS: [&str; 10] = [
    "--cores",
    "1",
    "--max-connections",
    "5000",
    "--max-head",
    "1K",
    "--max-heap",
    "64M",
    "--kv-bytes",
    "1M",
];

/// What is counted, in bytes.
struct Said {
    of_one_connection: u64,
    /// Stack, ring and receive buffers, which are filled as they are needed.
    of_core: u64,
    /// Everything together, with so many connections.
    in_all: u64,
}

fn said(engine: Engine, connections: u64) -> Said {
    let finished = Launch::bare("limits")
        .entry("")
        .options([&[engine.option()][..], &OPTIONS].concat())
        .finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut said = Said {
        of_one_connection: 0,
        of_core: 0,
        in_all: 0,
    };
    // A share is its name, the bytes of one, `×`, how many there may be, and the bytes of all.
    for line in finished.stdout.lines() {
        let Some((one, rest)) = line.split_once('×') else {
            continue;
        };
        let count = rest.split_whitespace().next().expect("a count");
        let bytes = bytes(one);
        match count {
            "5000" => said.of_one_connection += bytes,
            _ => said.in_all += bytes * count.parse::<u64>().expect("a number"),
        }
        if line.starts_with("cores:") {
            said.of_core = bytes;
        }
    }
    assert!(said.of_one_connection > 0 && said.of_core > 0, "{finished:?}");
    said.in_all += connections * said.of_one_connection;
    said
}

/// The size that ends a text.
fn bytes(text: &str) -> u64 {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [.., number, unit] = words[..] else {
        panic!("no size in {text:?}");
    };
    let unit = match unit {
        "B" => 1,
        "KiB" => KIBIBYTE,
        "MiB" => MEBIBYTE,
        "GiB" => KIBIBYTE * MEBIBYTE,
        _ => panic!("an unknown unit in {text:?}"),
    };
    let number: f64 = number.parse().expect("a number");
    (number * unit as f64) as u64
}

/// `/hold` never reads its body and answers at `/release`, `/stream` never ends, `/whole` is a response of a quarter of a megabyte, `/heap` says what V8
/// has taken, `ArrayBuffer`s among it.
const APPLICATION: &str = "
    const whole = 'w'.repeat(250_000);
    let requests = 0;
    let held: ((response: Response) => void)[] = [];
    export default (request: Request) => {
        requests++;
        switch (new URL(request.url).pathname) {
            case '/hold': return new Promise((resolve) => held.push(resolve));
            case '/release': for (const resolve of held.splice(0)) resolve(new Response()); break;
            case '/stream': return new Response(new ReadableStream({
                pull: (controller) => controller.enqueue(new Uint8Array(16_384)),
            }));
            case '/whole': return new Response(whole);
            case '/requests': return new Response(String(--requests));
            case '/heap': {
                const { heapTotal, external } = process.memoryUsage();
                return new Response(String(heapTotal + external));
            }
        }
        return new Response('hi');
    };
";

fn number(connection: &mut Connection, path: &str) -> u64 {
    connection.send(request("GET", path));
    let response = connection.response();
    assert_eq!(response.status, 200, "{response:?}");
    response.text().parse().expect("a number")
}

fn serving(engine: Engine) -> Server {
    // Who asks for numbers is not to be refused because of the others.
    let launch = Launch::serve(engine, APPLICATION).options(OPTIONS);
    launch.options(["--max-queue-delay", "off"]).start()
}

/// A pipeline whose first request is not answered, so that all that the others get is held: a body nobody reads, a stream,
/// whole responses, and bodies without end behind them. That is the product of the bounds, which a test of each does not see.
fn clients_at_every_bound_stay_below_what_is_said(engine: Engine) {
    const CLIENTS: usize = 64;
    // A body, a stream and three responses, each of about a quarter of a megabyte.
    const HELD: u64 = 1_000_000;
    let said = said(engine, CLIENTS as u64 + 1);
    let server = serving(engine);
    let mut asking = server.connect();
    let heap = number(&mut asking, "/heap");
    let idle = server.resident_bytes();
    let post = |length: usize| {
        let head = format!("POST /hold HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n");
        head + &"b".repeat(length)
    };
    let begin = [
        post(250_000),
        request("GET", "/stream"),
        request("GET", "/whole").repeat(3),
    ]
    .concat();
    let more = post(200_000).repeat(20);
    // What those took who have left is there for those who come.
    for round in 1..=3 {
        let mut clients: Vec<(Connection, usize)> = (0..CLIENTS).map(|_| (server.connect(), 0)).collect();
        for (client, _) in &mut clients {
            client.send(&begin);
        }
        let mut requests = 0;
        eventually("clients from whom nothing more is taken", || {
            let mut taken = 0;
            for (client, sent) in &mut clients {
                let bytes = client.send_some(&more.as_bytes()[*sent..]).unwrap_or(0);
                *sent += bytes;
                taken += bytes;
            }
            let before = std::mem::replace(&mut requests, number(&mut asking, "/requests"));
            let is_full = server.resident_bytes() > idle + CLIENTS as u64 * HELD;
            taken == 0 && before == requests && is_full
        });
        let full = server.resident_bytes();
        let of_heap = number(&mut asking, "/heap").saturating_sub(heap);
        let held = (full - idle).saturating_sub(of_heap);
        assert!(
            held < CLIENTS as u64 * said.of_one_connection + said.of_core,
            "round {round}: {held} bytes for {CLIENTS} clients, {} for each were said",
            said.of_one_connection
        );
        assert!(
            full < said.in_all,
            "round {round}: {full} bytes, {} were said",
            said.in_all
        );
        // Nothing is read or written, so that nobody knows that they are gone before they are answered.
        clients.iter().for_each(|(client, _)| client.reset_on_close());
        drop(clients);
        asking.expect_open_at("/release");
    }
    assert_eq!(server.get("/").text(), "hi");
}

/// Ready responses, or what JavaScript leaves to be collected would be counted as well.
fn idle_connections_take_what_is_said(engine: Engine) {
    const CONNECTIONS: usize = 4000;
    raise_open_files_limit();
    let source = "export default { routes: { '/': new Response('hi') }, fetch: () => new Response() };";
    let server = Launch::serve(engine, source).options(OPTIONS).start();
    let connect = |count: usize| -> Vec<Connection> {
        let mut connections: Vec<_> = (0..count).map(|_| server.connect()).collect();
        for connection in &mut connections {
            connection.expect_open_at("/");
        }
        connections
    };
    let of_one = if engine == Engine::IoUring { 512 } else { 1024 };
    // What a core has once, it has when it has served some.
    drop(connect(100));
    let before = server.resident_bytes();
    let connections = connect(CONNECTIONS);
    let taken = server.resident_bytes().saturating_sub(before);
    assert!(
        taken < CONNECTIONS as u64 * of_one + MEBIBYTE / 2,
        "{taken} bytes for {CONNECTIONS} connections"
    );
    drop(connections);
}

/// As few as the others, or the clients' side would take longer than all else.
const COSTLY_CONNECTIONS: usize = 1000;

/// What each of so many idle connections takes besides, in bytes.
fn taken_by<T>(server: &Server, connect: impl Fn() -> T) -> u64 {
    raise_open_files_limit();
    let connect = |count: usize| (0..count).map(|_| connect()).collect::<Vec<T>>();
    drop(connect(100));
    let before = server.resident_bytes();
    let connections = connect(COSTLY_CONNECTIONS);
    let taken = server.resident_bytes().saturating_sub(before);
    drop(connections);
    taken.saturating_sub(MEBIBYTE / 2) / COSTLY_CONNECTIONS as u64
}

const ROUTE: &str = "export default { routes: { '/': new Response('hi') }, fetch: () => new Response() };";

fn idle_connections_over_tls_take_what_is_said(engine: Engine) {
    let pair = tls::pair(|_| {});
    let server = Launch::serve(engine, ROUTE)
        .file("cert.pem", &pair.certificate)
        .file("key.pem", &pair.key)
        .options(OPTIONS)
        .options(["--tls-cert", "cert.pem", "--tls-key", "key.pem"])
        .start();
    let (client, address) = (tls::trusting(&pair.certificate, None), server.address());
    let taken = taken_by(&server, || {
        let stream = TcpStream::connect(address).expect("a connection");
        let name = ServerName::try_from("localhost").expect("a name");
        let session = ClientConnection::new(client.clone(), name).expect("a session");
        let mut stream = StreamOwned::new(session, stream);
        stream.write_all(request("GET", "/").as_bytes()).expect("written");
        let mut answer = Vec::new();
        while !answer.ends_with(b"hi") {
            let mut part = [0; 1024];
            let count = stream.read(&mut part).expect("an answer");
            assert!(count > 0, "the connection has ended");
            answer.extend(&part[..count]);
        }
        stream
    });
    assert!(taken < 8 * KIBIBYTE, "{taken} bytes for each connection");
}

fn idle_connections_of_http_2_take_what_is_said(engine: Engine) {
    let server = Launch::serve(engine, ROUTE).options(OPTIONS).start();
    let taken = taken_by(&server, || {
        let mut connection = server.connect();
        // The preface, settings, and the fields of `GET / HTTP/2` with the authority `a` (RFC 7541 section 6).
        connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
        connection.send(b"\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01a");
        let mut answer = Vec::new();
        while !answer.ends_with(b"hi") {
            answer.extend(connection.receive_some());
        }
        connection
    });
    assert!(taken < 4 * KIBIBYTE, "{taken} bytes for each connection");
}
