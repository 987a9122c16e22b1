//! Where servers of node:http listen, and who accepts: paths, a bound on connections, workers of node:cluster.

use super::{PRELUDE, ran};
use crate::support::{Engine, Launch, printed};

on_both_engines![
    a_path_is_listened_on,
    connections_beyond_the_bound_are_dropped,
    workers_of_a_cluster_are_served_by_the_engine,
    a_worker_that_disconnects_answers_what_was_asked,
    a_worker_whose_program_ends_is_replaced,
    a_server_closes_in_its_own_way,
    a_server_that_keeps_nothing_alive_is_closed,
];

fn a_path_is_listened_on(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const path = require('node:path').resolve('app.sock');
        const server = http.createServer((request, response) => {
            const { remoteAddress, localAddress } = request.socket;
            response.end(`${request.url} ${remoteAddress} ${localAddress} ${request.socket._handle.constructor.name}`);
        });
        await new Promise((resolve) => server.listen('app.sock', resolve));
        console.log(server.address());
        const ask = () => new Promise((resolve) => http.get({ socketPath: path, path: '/a', agent: false }, (response) => {
            response.setEncoding('utf8').on('data', resolve);
        }));
        console.log(await ask());
        const second = http.createServer().on('error', (error) => {
            console.log(error.code, error.address);
            server.close(() => {
                console.log(require('node:fs').existsSync(path));
                server.listen({ path, backlog: 5 }, async () => {
                    console.log(server.address() === path, await ask());
                    server.close();
                });
            });
        });
        second.listen(path);
        ",
    );
    let path = "app.sock";
    let lines: Vec<&str> = finished.stdout.lines().collect();
    let [address, asked, error, exists, again] = lines[..] else {
        panic!("{finished:?}");
    };
    assert_eq!(address, path, "{finished:?}");
    assert_eq!(asked, "/a undefined undefined Handle", "{finished:?}");
    assert!(error.starts_with("EADDRINUSE /"), "{finished:?}");
    assert_eq!(exists, "false", "{finished:?}");
    assert_eq!(again, "true /a undefined undefined Handle", "{finished:?}");
}

fn connections_beyond_the_bound_are_dropped(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = await start((request, response) => response.end('x'), (server) => { server.maxConnections = 2; });
        const dropped = [];
        server.on('drop', (data) => dropped.push(data));
        const connect = () => new Promise((resolve) => { const socket = net.connect(server.address().port, '127.0.0.1', () => resolve(socket)); });
        const answered = (socket) => new Promise((resolve) => {
            socket.on('error', () => resolve('')).on('close', () => resolve('')).on('data', (data) => resolve(String(data).split('\r\n')[0]));
            socket.write(get('/'));
        });
        const sockets = await Promise.all([connect(), connect(), connect(), connect()]);
        const answers = await Promise.all(sockets.map(answered));
        console.log(answers.filter((answer) => answer === 'HTTP/1.1 200 OK').length, dropped.length);
        const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = dropped[0];
        console.log(localAddress, localPort === server.address().port, localFamily, remoteAddress, remotePort > 0, remoteFamily);
        for (const socket of sockets) socket.destroy();
        // Where one has gone there is room again.
        for (let answer = ''; answer !== 'HTTP/1.1 200 OK'; ) {
            const socket = await connect();
            answer = await answered(socket);
            socket.destroy();
        }
        console.log('room');
        server.close();
        ",
    );
    printed(&finished, "2 2\n127.0.0.1 true IPv4 127.0.0.1 true IPv4\nroom");
}

/// A program whose primary runs `primary`, and whose workers run `worker`.
fn cluster(engine: Engine, primary: &str, worker: &str) -> Launch {
    let uring = engine.option().trim_start_matches("--uring=");
    let program = format!(
        "{PRELUDE}
        const cluster = require('node:cluster');
        (async () => {{
            if (cluster.isPrimary) {{ {primary} }} else {{ {worker} }}
        }})();"
    );
    // A worker is a process of its own, which has none of howth's options.
    Launch::run(engine, "")
        .file("app.cjs", program)
        .entry("app.cjs")
        .environment("WORKERS_URING", uring)
}

const FORK: &str = "
    const fork = () => cluster.fork({ HOWTH_URING: process.env.WORKERS_URING });
    const listening = (worker) => new Promise((resolve) => worker.once('listening', resolve));
    const at = (address) => ({ address: () => address });
";

const WORKER: &str = "
    const server = http.createServer((request, response) => {
        const { socket } = request;
        const facts = [socket._handle.constructor.name, socket.remoteAddress, socket.localPort === server.address().port];
        setTimeout(() => response.end(`worker ${cluster.worker.id} ${facts.join(' ')}`), request.url === '/slow' ? 50 : 0);
    });
    server.listen(0, '127.0.0.1');
";

fn workers_of_a_cluster_are_served_by_the_engine(engine: Engine) {
    let primary = format!(
        "{FORK}
        const workers = [fork(), fork()];
        const [address] = await Promise.all(workers.map(listening));
        const answers = [];
        for (let i = 0; i < 6; i++) {{
            const got = await send(at(address), get('/') + get('/', CLOSE));
            answers.push(...got.match(/worker .*/g).map((answer) => answer.replace(/HTTP.*/, '')));
        }}
        console.log(answers.length, [...new Set(answers)].sort().join(', '));
        for (const worker of workers) worker.disconnect();
        cluster.on('exit', (worker, code, signal) => console.log('exit', code, signal));
        "
    );
    let finished = cluster(engine, &primary, WORKER).finish();
    let facts = "Handle 127.0.0.1 true";
    printed(
        &finished,
        &format!("12 worker 1 {facts}, worker 2 {facts}\nexit 0 null\nexit 0 null"),
    );
}

fn a_worker_that_disconnects_answers_what_was_asked(engine: Engine) {
    let primary = format!(
        "{FORK}
        const worker = fork();
        const address = await listening(worker);
        const answer = send(at(address), get('/') + get('/slow'), {{ until: 'worker' , then: () => worker.disconnect() }});
        console.log((await answer).match(/worker 1/g).length);
        worker.once('exit', (code) => console.log('exit', code));
        "
    );
    let finished = cluster(engine, &primary, WORKER).finish();
    printed(&finished, "2\nexit 0");
}

fn a_worker_whose_program_ends_is_replaced(engine: Engine) {
    let primary = format!(
        "{FORK}
        let worker = fork();
        const address = await listening(worker);
        cluster.once('exit', async (_, code) => {{
            console.log('exit', code);
            worker = fork();
            const next = await listening(worker);
            console.log((await send(at(next), get('/', CLOSE))).match(/worker \\d/)[0]);
            process.exit(0);
        }});
        await send(at(address), get('/exit'));
        "
    );
    let worker =
        format!("{WORKER} server.on('request', (request) => request.url === '/exit' && process.exit(3));");
    let finished = cluster(engine, &primary, &worker).finish();
    printed(&finished, "exit 3\nworker 2");
}

/// A program may take what closes idle connections in its own hands, and what Node adds to a server stays on it.
fn a_server_closes_in_its_own_way(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = http.createServer((request, response) => response.end());
        const count = () => `${server.listenerCount('listening')} ${server.listenerCount('connection')}`;
        const before = count();
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        console.log(count() === before);
        server.closeIdleConnections = function () {
            console.log('own');
            http.Server.prototype.closeIdleConnections.call(this);
        };
        server.close(() => console.log('closed', count() === before));
        ",
    );
    printed(&finished, "true\nown\nclosed true");
}

/// The end of a server is told, though it kept nothing from ending.
fn a_server_that_keeps_nothing_alive_is_closed(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = http.createServer((request, response) => response.end());
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        server.unref();
        server.close(() => console.log('closed'));
        ",
    );
    printed(&finished, "closed");
}
