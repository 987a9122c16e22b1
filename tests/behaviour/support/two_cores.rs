//! An application on two cores, each of which can be asked by itself.

use std::collections::HashMap;

use super::{Connection, Engine, Launch, Server, eventually, request};

/// A core says who it is at `/core`, and answers other paths by the functions in `answers`.
pub fn serve_on_two_cores(engine: Engine, setup: &str, answers: &str) -> Server {
    let source = format!(
        "
        const {{ kv }} = Howth;
        const core = crypto.randomUUID();
        {setup}
        const answers: Record<string, (query: string) => unknown> = {{ '/core': () => core, {answers} }};
        export default async (request: Request) => {{
            const {{ pathname, search }} = new URL(request.url);
            return Response.json((await answers[pathname](decodeURIComponent(search.slice(1)))) ?? null);
        }};
    "
    );
    Launch::serve(engine, &source)
        .options(["--cores", "2", "--max-heap", "64M"])
        .start()
}

/// A connection to each core.
pub fn connections(server: &Server) -> [Connection; 2] {
    let mut cores: HashMap<String, Connection> = HashMap::new();
    eventually("a connection to each core", || {
        let mut connection = server.connect();
        let core = ask(&mut connection, "/core").to_string();
        cores.insert(core, connection);
        cores.len() == 2
    });
    let connections: Vec<_> = cores.into_values().collect();
    connections.try_into().expect("two of them")
}

#[track_caller]
pub fn ask(connection: &mut Connection, path: &str) -> serde_json::Value {
    connection.send(request("GET", path));
    let response = connection.response();
    assert_eq!(response.status, 200, "{response:?}");
    response.json()
}
