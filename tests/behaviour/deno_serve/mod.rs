//! `Deno.serve` on howth's engine: what programs for Deno see, and what their clients get. What is expected is what Deno 2.9
//! does, unless it says otherwise.
//!
//! Most programs are their own clients, so that they see both sides in order.

mod handlers;
mod listening;
mod programs;
mod web_sockets;

use crate::support::{Engine, Finished, Launch};

/// `start(handler, options)` serves on a port of its own and says nothing; `show(server, path, init)` prints what a client
/// gets; `sleep(milliseconds)`; `until(condition)`.
const PRELUDE: &str = r"
    const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const until = async (condition: () => unknown) => { while (!condition()) await sleep(2); };
    const start = (handler: Deno.ServeHandler, options = {}) =>
        Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {}, ...options }, handler);
    const origin = (server: Deno.HttpServer) => `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}`;
    async function show(server: Deno.HttpServer, path: string, init?: RequestInit) {
        try {
            const response = await fetch(origin(server) + path, init);
            const { status, headers } = response;
            console.log(path, status, headers.get('content-type'), JSON.stringify(await response.text()));
        } catch (error) {
            console.log(path, 'no response', error.name);
        }
    }
    // How many requests the engine has handed to the program.
    const handled = () => Howth.metrics().cores[0].handled;
";

fn ran(engine: Engine, program: &str) -> Finished {
    Launch::run(engine, "")
        .file("app.ts", format!("{PRELUDE}{program}"))
        .finish()
}
