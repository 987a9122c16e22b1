//! `Howth.cache`: responses of handlers that are kept and given again.

mod flights;
mod hits;
mod purges;
mod rules;
mod stale;

use crate::support::{Connection, Engine, Launch, Response, Server};

/// What routes have in common: the number of calls of handlers on this core, what `/release` lets go on, and what is counted.
const SETUP: &str = r#"
    const { cache } = Howth;
    const calls: Record<string, number> = {};
    const called = (name: string) => (calls[name] = (calls[name] ?? 0) + 1);
    let release = () => {};
    let released = new Promise<void>((resolve) => { release = resolve; });
    const common = {
        "/calls": () => Response.json(calls),
        "/stats": () => Response.json(cache.stats()),
        "/release": () => {
            release();
            released = new Promise<void>((resolve) => { release = resolve; });
            return new Response();
        },
    };
"#;

/// Serves these routes.
fn serve_with(engine: Engine, options: &[&str], routes: &str) -> Server {
    let source = format!("{SETUP} export default {{ routes: {{ ...common, {routes} }} }};");
    Launch::serve(engine, &source).options(options).start()
}

/// The same on one core.
fn serve(engine: Engine, routes: &str) -> Server {
    serve_with(engine, &["--cores", "1"], routes)
}

fn get(path: &str, fields: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\n{fields}\r\n")
}

#[track_caller]
fn ask(connection: &mut Connection, path: &str, fields: &str) -> Response {
    connection.send(get(path, fields));
    connection.response()
}

/// How often a handler was called.
fn calls(server: &Server, name: &str) -> u64 {
    server.get("/calls").json()[name].as_u64().unwrap_or(0)
}

/// One of the numbers of `Howth.cache.stats()`.
fn counted(server: &Server, name: &str) -> u64 {
    server.get("/stats").json()[name].as_u64().expect("a number")
}

#[track_caller]
fn expect(response: &Response, status: &str, body: &str) {
    assert_eq!(response.field("cache-status"), Some(status), "{response:?}");
    assert_eq!(response.text(), body);
}

const STORED: &str = "howth; fwd=miss; stored";
const MISS: &str = "howth; fwd=miss";
const BYPASS: &str = "howth; fwd=bypass";
const HIT: &str = "howth; hit";
const COLLAPSED: &str = "howth; fwd=miss; collapsed";
