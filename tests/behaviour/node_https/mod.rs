//! Servers of node:https: those that the engine serves, and what their programs and clients see; and those that it leaves to
//! Deno's code.
//!
//! Each program is its own client, over node:https and node:tls.

mod certificates;
mod programs;
mod serving;

use crate::support::tls::{Pair, pair};
use crate::support::{Engine, Finished, Launch};

/// `own` is a certificate for `localhost` and its key. `start(options, listener, prepare)` gives a server of such that listens;
/// `get(server, options)` what a client gets, who trusts `own` unless it says otherwise; `engine(socket)` whether a socket is
/// the engine's.
const PRELUDE: &str = r"
    const fs = require('node:fs');
    const https = require('node:https');
    const tls = require('node:tls');
    const { setTimeout: sleep } = require('node:timers/promises');
    const own = { cert: fs.readFileSync('cert.pem'), key: fs.readFileSync('key.pem') };
    const engine = (socket) => socket._handle?.constructor.name === 'SecureHandle';
    function start(options, listener, prepare) {
        const server = https.createServer({ ...own, ...options }, listener);
        prepare?.(server);
        return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
    }
    const at = (server, options) => ({ port: server.address().port, host: '127.0.0.1', servername: 'localhost', ca: own.cert, ...options });
    function get(server, { body, ...options } = {}) {
        return new Promise((resolve) => {
            const request = https.request({ agent: false, ...at(server, options) }, (response) => {
                let text = '';
                response.setEncoding('utf8').on('data', (data) => { text += data; });
                response.on('end', () => resolve(`${response.statusCode} ${text}`));
            });
            request.on('error', (error) => resolve(error.code)).end(body);
        });
    }
";

/// A program and its folder.
fn launch(engine: Engine, program: &str) -> (Launch, Pair) {
    let pair = pair(|_| {});
    let launch = Launch::run(engine, "")
        .file("app.cjs", format!("{PRELUDE}(async () => {{{program}}})();"))
        .entry("app.cjs")
        .file("cert.pem", &pair.certificate)
        .file("key.pem", &pair.key);
    (launch, pair)
}

fn ran(engine: Engine, program: &str) -> Finished {
    launch(engine, program).0.finish()
}
