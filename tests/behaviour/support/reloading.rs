//! An application that is put in the place of another, and clients that ask which of the two answers.

use super::{Connection, Engine, Launch, Server, eventually, request};

/// What is printed when all cores run new code.
const RELOADED: &str = "the new code serves on";

/// Chunks of `/stream`, each of one line: its number, and the version that serves.
pub const CHUNKS: usize = 30;

/// Answers with its version and the process's id; to a body with that; to `/stream` with [`CHUNKS`] over as many
/// milliseconds.
pub fn application(version: &str) -> String {
    format!(
        "console.log('{version} is loaded');
        async function* lines() {{
            for (let number = 0; number < {CHUNKS}; number++) {{
                yield new TextEncoder().encode(`${{number}} {version}\\n`);
                await new Promise((resolve) => setTimeout(resolve, 1));
            }}
        }}
        export default async (request: Request) => {{
            if (request.method === 'POST') return new Response(await request.text());
            if (request.url.endsWith('/stream')) return new Response(lines() as unknown as BodyInit);
            return new Response(`{version} ${{process.pid}}`);
        }};"
    )
}

pub fn serving(engine: Engine, cores: &str) -> Server {
    let server = Launch::serve(engine, &application("one"))
        .options(["--cores", cores])
        .start();
    // A core that starts late would find the code of a later version.
    eventually("a program on each core", || {
        let loaded = server.stdout().matches("one is loaded").count();
        loaded.to_string() == cores
    });
    server
}

/// Puts `source` in the place of the application, and asks for a reload.
pub fn change(server: &Server, source: &str) {
    std::fs::write(server.folder().join("app.ts"), source).expect("a file");
    server.signal(libc::SIGHUP);
}

pub fn reloads(server: &Server) -> usize {
    server.stdout().matches(RELOADED).count()
}

/// Reloads, and waits until every core runs the new code.
#[track_caller]
pub fn reload(server: &Server, source: &str) {
    let before = reloads(server);
    change(server, source);
    eventually("a reload", || reloads(server) > before);
}

/// Asks on a connection that is kept.
#[track_caller]
pub fn ask(connection: &mut Connection, path: &str) -> String {
    connection.send(request("GET", path));
    let response = connection.response();
    assert!(response.status == 200 && !response.closes(), "{response:?}");
    response.text().to_owned()
}

/// An old core accepts until it has heard of the new one.
#[track_caller]
pub fn expect_served(server: &Server, version: &str) {
    eventually(version, || server.get("/").text().starts_with(version));
}

/// A connection goes on with the new core once it is idle.
#[track_caller]
pub fn expect_served_on(connection: &mut Connection, version: &str) {
    eventually(version, || ask(connection, "/").starts_with(version));
}

/// A request with a body.
pub fn post(body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
