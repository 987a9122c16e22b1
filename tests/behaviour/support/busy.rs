//! An application that keeps its core busy, and clients of one core or of each.

use std::time::Duration;

use super::{Connection, Engine, Launch, Server, eventually, request};

/// `/burn` computes for a second, `/who` says which core answers, `/loop` never ends.
pub const APPLICATION: &str = r#"
    const core = crypto.randomUUID();
    let requests = 0;
    function burn(ms: number) {
        const end = performance.now() + ms;
        while (performance.now() < end);
    }
    function stream() {
        let left = 40;
        return new ReadableStream({
            async pull(controller) {
                await new Promise((resolve) => setTimeout(resolve, 1));
                controller.enqueue(new Uint8Array(20_000));
                if (--left === 0) controller.close();
            },
        });
    }
    export default {
        routes: { "/fixed": new Response("fixed") },
        async fetch(request: Request) {
            requests++;
            const { pathname } = new URL(request.url);
            switch (pathname) {
                case "/burn": burn(1000); return new Response("burned");
                case "/loop": for (;;);
                case "/later": await 1; setTimeout(() => { for (;;); }, 1); return new Response("soon");
                case "/await": await 1; for (;;);
                case "/slow": await new Promise((resolve) => setTimeout(resolve, 1000)); return new Response("slow");
                case "/many": return new Response(String(requests));
                case "/stream": return new Response(stream());
                case "/echo": return new Response(await request.text(), {
                    headers: { core, "x-agent": request.headers.get("user-agent") ?? "" },
                });
                case "/little": burn(10); return new Response(core);
                case "/some": burn(0.3); return new Response(core);
                case "/metrics": return Response.json(Howth.metrics());
                case "/fail": throw new Error("on purpose");
                default: return new Response(core);
            }
        },
    };
"#;

pub fn serve<const N: usize>(engine: Engine, options: [&str; N]) -> Server {
    Launch::serve(engine, APPLICATION).options(options).start()
}

/// Asks for something and does not wait.
pub fn ask(connection: &mut Connection, path: &str) {
    connection.send(request("GET", path));
}

#[track_caller]
pub fn answer(connection: &mut Connection, path: &str) -> String {
    ask(connection, path);
    let response = connection.response();
    assert_eq!(response.status, 200, "{response:?}");
    response.text().to_owned()
}

/// Asks for `/burn`, and returns when the handler runs.
pub fn burning(server: &Server) -> Connection {
    let mut connection = server.connect();
    connection.expect_open();
    ask(&mut connection, "/burn");
    // The core has the request when this has passed; the handler takes a second.
    std::thread::sleep(Duration::from_millis(100));
    connection
}

/// Two connections of one core, and which one that is.
pub fn two_of_one_core(server: &Server) -> (Connection, Connection, String) {
    let mut known: Vec<(String, Connection)> = Vec::new();
    for _ in 0..64 {
        let mut connection = server.connect();
        let core = answer(&mut connection, "/who");
        if let Some(at) = known.iter().position(|(other, _)| *other == core) {
            // The second core has started as well when it has answered something.
            if known.iter().any(|(other, _)| *other != core) {
                let (core, first) = known.swap_remove(at);
                return (first, connection, core);
            }
        }
        known.push((core, connection));
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("one core got all connections");
}

/// So many connections, all of the same core of two.
pub fn of_one_core(server: &Server, count: usize) -> Vec<Connection> {
    let (first, second, core) = two_of_one_core(server);
    let mut connections = vec![first, second];
    eventually("connections of one core", || {
        let mut connection = server.connect();
        if answer(&mut connection, "/who") == core {
            connections.push(connection);
        }
        connections.len() >= count
    });
    connections
}
