//! Servers of node:http, which the engine serves: what their programs see, and what their clients get.
//!
//! Each program is its own client, over node:net, so that it sees both sides in order.

mod cluster;
mod connections;
mod faults;
mod listening;
mod messages;
mod places;
mod programs;
mod secure;
mod sockets;

use crate::support::{Engine, Finished, Launch};

/// `start(listener, prepare)` gives a server that listens on a port of its own; `send(server, text, options)` what a client
/// gets that sends a text, up to the end of the connection or `until` some text has come, without the date.
const PRELUDE: &str = r"
    const http = require('node:http');
    const net = require('node:net');
    const { setTimeout: sleep } = require('node:timers/promises');
    function start(listener, prepare) {
        const server = http.createServer(listener);
        prepare?.(server);
        return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
    }
    function send(server, text, { until, then } = {}) {
        return new Promise((resolve) => {
            let got = '';
            const socket = net.connect(server.address().port, '127.0.0.1', () => socket.write(text));
            socket.setEncoding('latin1');
            socket.on('data', (data) => {
                got += data;
                if (until === undefined || !got.includes(until)) return;
                if (then === undefined) return socket.destroy();
                until = undefined;
                then(socket);
            });
            socket.on('error', () => {});
            socket.on('close', () => resolve(got.replace(/date: [^\r]*\r\n/gi, '')));
        });
    }
    const get = (path, fields = '') => `GET ${path} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;
    const CLOSE = 'Connection: close\r\n';
";

fn ran(engine: Engine, program: &str) -> Finished {
    Launch::run(engine, "")
        .file("app.cjs", format!("{PRELUDE}(async () => {{{program}}})();"))
        .entry("app.cjs")
        .finish()
}
