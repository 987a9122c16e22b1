//! What `howth limits` says, against the memory that a server takes when its clients are at every bound at once.

use crate::support::{Connection, Engine, Launch, Server, eventually, request};

on_both_engines![
    clients_at_every_bound_stay_below_what_is_said,
    idle_connections_take_what_is_said,
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

/// What is counted for one connection, and for everything together with so many connections.
struct Said {
    of_one_connection: u64,
    in_all: u64,
}

fn said(engine: Engine, connections: u64) -> Said {
    let finished = Launch::bare("limits")
        .entry("")
        .options([&[engine.option()][..], &OPTIONS].concat())
        .finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    // A share is its name, the bytes of one, `×`, how many there may be, and the bytes of all.
    let shares: Vec<(u64, u64)> = finished
        .stdout
        .lines()
        .filter_map(|line| {
            let (one, rest) = line.split_once('×')?;
            let count = rest.split_whitespace().next()?.parse().expect("a count");
            Some((bytes(one), count))
        })
        .collect();
    let of_one_connection = shares
        .iter()
        .filter(|(_, count)| *count == 5000)
        .map(|(bytes, _)| bytes)
        .sum();
    let others: u64 = shares
        .iter()
        .filter(|(_, count)| *count != 5000)
        .map(|(bytes, count)| bytes * count)
        .sum();
    Said {
        of_one_connection,
        in_all: others + connections * of_one_connection,
    }
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

/// `/hold` never reads its body, `/stream` never ends, `/whole` is a response of a quarter of a megabyte, `/heap` says what V8
/// has taken.
const APPLICATION: &str = "
    const whole = 'w'.repeat(250_000);
    let requests = 0;
    export default (request: Request) => {
        requests++;
        switch (new URL(request.url).pathname) {
            case '/hold': return new Promise(() => {});
            case '/stream': return new Response(new ReadableStream({
                pull: (controller) => controller.enqueue(new Uint8Array(16_384)),
            }));
            case '/whole': return new Response(whole);
            case '/requests': return new Response(String(--requests));
            case '/heap': return new Response(String(process.memoryUsage().heapTotal));
            default: return new Response('hi');
        }
    };
";

fn number(connection: &mut Connection, path: &str) -> u64 {
    connection.send(request("GET", path));
    connection.response().text().parse().expect("a number")
}

fn serving(engine: Engine) -> Server {
    Launch::serve(engine, APPLICATION).options(OPTIONS).start()
}

/// A pipeline whose first request is never answered, so that all that the others get is held: a body nobody reads, a stream,
/// whole responses, and bodies without end behind them. That is the product of the bounds, which a test of each does not see.
fn clients_at_every_bound_stay_below_what_is_said(engine: Engine) {
    const CLIENTS: usize = 64;
    // A body, a stream and three responses, each of about a quarter of a megabyte.
    const HELD: u64 = 1_200_000;
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
        taken == 0 && before == requests && server.resident_bytes() > idle + CLIENTS as u64 * HELD
    });
    let (full, heap) = (
        server.resident_bytes(),
        number(&mut asking, "/heap").saturating_sub(heap),
    );
    let held = (full - idle).saturating_sub(heap);
    assert!(
        held < CLIENTS as u64 * said.of_one_connection,
        "{held} bytes for {CLIENTS} clients, {} for each were said",
        said.of_one_connection
    );
    assert!(full < said.in_all, "{full} bytes, {} were said", said.in_all);
    // It serves on, and gives back what those held who have left.
    drop(clients);
    eventually("memory that is given back", || {
        server.resident_bytes() < idle + heap + (full - idle) / 2
    });
    assert_eq!(server.get("/").text(), "hi");
}

fn idle_connections_take_what_is_said(engine: Engine) {
    const CONNECTIONS: usize = 4000;
    let server = serving(engine);
    let connect = |count: usize| -> Vec<Connection> {
        let mut connections: Vec<_> = (0..count).map(|_| server.connect()).collect();
        for connection in &mut connections {
            connection.expect_open();
        }
        connections
    };
    // What a core has once is there when it has served some.
    drop(connect(200));
    eventually("a core without clients", || server.get("/").status == 200);
    let before = server.resident_bytes();
    let connections = connect(CONNECTIONS);
    let taken = server.resident_bytes().saturating_sub(before);
    assert!(
        taken < CONNECTIONS as u64 * 512 + 2 * MEBIBYTE,
        "{taken} bytes for {CONNECTIONS} connections"
    );
    drop(connections);
}
