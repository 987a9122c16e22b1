//! An application that keeps its core busy, and clients of one core or of each.

use std::collections::HashMap;

use super::{Connection, Engine, Launch, Server, eventually, request};

/// `/burn` says so, computes for a second and says that it has, `/who` says which core answers, `/loop` never ends.
pub const APPLICATION: &str = r#"
    const core = crypto.randomUUID();
    console.log("a core");
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
                case "/burn": console.log("burning"); burn(1000); console.log("burned"); return new Response("burned");
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
    burn(server, &mut connection);
    connection
}

/// Asks for `/burn` on a connection of which nothing else is asked, and returns when the handler runs.
pub fn burn(server: &Server, connection: &mut Connection) {
    let before = said(server, "burning");
    ask(connection, "/burn");
    eventually("a handler that computes", || said(server, "burning") > before);
}

/// How often the application has printed this line.
pub fn said(server: &Server, line: &str) -> usize {
    server.stdout().lines().filter(|printed| *printed == line).count()
}

/// Two connections of one core of two, and which one that is.
pub fn two_of_one_core(server: &Server) -> (Connection, Connection, String) {
    eventually("two cores", || said(server, "a core") >= 2);
    let mut known: HashMap<String, Connection> = HashMap::new();
    let mut found = None;
    // The other core serves as well when it has answered something.
    eventually("two connections of one core", || {
        let mut connection = server.connect();
        let core = answer(&mut connection, "/who");
        if known.len() == 2 {
            let first = known.remove(&core).expect("one of two cores");
            found = Some((first, connection, core));
        } else {
            known.insert(core, connection);
        }
        found.is_some()
    });
    found.expect("they were waited for")
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
