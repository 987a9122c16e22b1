//! Programs around servers of node:https: `howth serve`, several servers, what is left to Deno's code.

use super::{PRELUDE, launch, ran};
use crate::support::tls::{ask, pair, trusting, write};
use crate::support::{Engine, Launch, printed};

on_both_engines![
    a_program_is_served,
    several_cores_where_asked,
    the_command_line_says_more,
    servers_stand_beside_each_other,
    who_watches_connections_is_served_by_the_engine,
    who_asks_for_certificates_is_served_by_the_engine,
    what_the_engine_does_not_do_is_denos,
    a_raw_connection_may_be_given,
];

const GET: &str = "GET /a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

const SERVED: &str = "https.createServer(own, ({ socket, url }, response) => response.end(`${url} ${engine(socket)}`)).listen(0);";

fn served(engine: Engine, program: &str) -> Launch {
    let pair = pair(|_| {});
    Launch::serve(engine, "")
        .file("app.cjs", format!("{PRELUDE}{program}"))
        .entry("app.cjs")
        .file("cert.pem", &pair.certificate)
        .file("key.pem", &pair.key)
}

fn a_program_is_served(engine: Engine) {
    let launch = served(engine, SERVED);
    let certificate = std::fs::read_to_string(launch.folder().join("cert.pem")).expect("a file");
    let mut server = launch.start();
    assert!(
        server.start_line().contains("listening on https://"),
        "{}",
        server.start_line()
    );
    let client = trusting(&certificate, None);
    let answer = ask(server.address(), &client, "localhost", GET).expect("an answer");
    assert!(answer.ends_with("\r\n\r\n/a true"), "{answer}");
    server.signal(libc::SIGTERM);
    assert!(server.wait().success());
}

fn several_cores_where_asked(engine: Engine) {
    let launch = served(engine, SERVED).options(["--cores", "2"]);
    let certificate = std::fs::read_to_string(launch.folder().join("cert.pem")).expect("a file");
    let server = launch.start();
    let client = trusting(&certificate, None);
    for _ in 0..20 {
        let answer = ask(server.address(), &client, "localhost", GET).expect("an answer");
        assert!(answer.ends_with("/a true"), "{answer}");
    }
}

fn the_command_line_says_more(engine: Engine) {
    let other = pair(|_| {});
    let launch = served(
        engine,
        "const server = https.createServer(own, ({ socket }, response) => {
            server.setSecureContext(own);
            response.end(`${engine(socket)}`);
        }).listen(0);",
    );
    let folder = launch.folder().join("other");
    std::fs::create_dir(&folder).expect("a folder");
    write(&folder, &other);
    let server = launch
        .options(["--tls-cert", "other/cert.pem", "--tls-key", "other/key.pem"])
        .start();
    let client = trusting(&other.certificate, None);
    for _ in 0..2 {
        let answer = ask(server.address(), &client, "localhost", GET).expect("an answer");
        assert!(answer.ends_with("\r\n\r\ntrue"), "{answer}");
    }
}

fn servers_stand_beside_each_other(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const http = require('node:http');
        const app = ({ socket, url }, response) => response.end(`${socket.encrypted ?? false} ${url}`);
        const secure = await start({}, app);
        const clear = http.createServer(app);
        await new Promise((resolve) => clear.listen(0, '127.0.0.1', resolve));
        console.log(await get(secure, { path: '/secure' }));
        const response = await fetch(`http://127.0.0.1:${clear.address().port}/clear`);
        console.log(await response.text());
        secure.close();
        clear.close();
        ",
    );
    printed(&finished, "200 true /secure\nfalse /clear");
}

// As packages do that end idle connections, or all of them, when a server stops.
fn who_watches_connections_is_served_by_the_engine(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const known = new Set();
        const told = [];
        const watch = (socket) => {
            known.add(socket);
            socket.setNoDelay(true).setKeepAlive(true).setTimeout(60_000);
            socket.on('error', () => {}).on('close', () => known.delete(socket));
        };
        const server = await start({}, ({ socket }, response) => response.end(`${engine(socket)} ${known.has(socket)} ${known.size}`), (made) => {
            made.on('connection', watch);
            made.on('connection', () => told.push('connection'));
            made.on('secureConnection', () => told.push('secure'));
        });
        const agent = new https.Agent({ keepAlive: true });
        console.log(await get(server, { agent }), told.join());
        const closed = new Promise((resolve) => server.close(resolve));
        for (const socket of known) socket.destroy();
        await closed;
        console.log('closed', known.size);
        agent.destroy();
        ",
    );
    printed(&finished, "200 true true 1 connection,secure\nclosed 0");
}

// Of whom nobody is named that is trusted to issue them, as of whom few fields are wanted.
fn who_asks_for_certificates_is_served_by_the_engine(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const client = { cert: own.cert, key: own.key };
        const answer = ({ headers, socket }, response) => response.end(`${engine(socket)} ${socket.authorized} ${socket.authorizationError} ${Object.keys(headers)}`);
        const server = await start({ requestCert: true, rejectUnauthorized: false }, answer, (made) => { made.maxHeadersCount = 1; });
        console.log(await get(server));
        console.log(await get(server, client));
        const strict = await start({ requestCert: true }, answer);
        const refused = await get(strict, client);
        console.log(refused.startsWith('200'));
        server.close();
        strict.close();
        ",
    );
    printed(
        &finished,
        "200 true false UNABLE_TO_GET_ISSUER_CERT host\n200 true false DEPTH_ZERO_SELF_SIGNED_CERT host\nfalse",
    );
}

// The same program is served, by the one or by the other.
fn what_the_engine_does_not_do_is_denos(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const answer = ({ socket }, response) => response.end(`${engine(socket)}`);
        const SNICallback = (name, callback) => callback(null, tls.createSecureContext(own));
        const servers = {
            SNICallback: await start({ SNICallback }, answer),
            ALPNProtocols: await start({ ALPNProtocols: ['h2', 'http/1.1'] }, answer),
            handshakeTimeout: await start({ handshakeTimeout: 5000 }, answer),
            tlsClientError: await start({}, answer, (server) => server.on('tlsClientError', (error, { encrypted }) => console.log('failed', encrypted))),
        };
        for (const [name, server] of Object.entries(servers)) console.log(name, await get(server));
        await get(servers.tlsClientError, { ca: undefined });
        for (const server of Object.values(servers)) server.close();
        ",
    );
    let answers: Vec<&str> = finished
        .stdout
        .lines()
        .filter(|line| !line.starts_with("failed"))
        .collect();
    assert_eq!(
        answers,
        [
            "SNICallback 200 false",
            "ALPNProtocols 200 false",
            "handshakeTimeout 200 false",
            "tlsClientError 200 false",
        ],
        "{finished:?}"
    );
    assert!(finished.stdout.contains("failed true\n"), "{finished:?}");
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

// What somebody else has accepted is not the engine's, also where that listens for the server.
fn a_raw_connection_may_be_given(engine: Engine) {
    let (launch, _) = launch(
        engine,
        r"
        const net = require('node:net');
        const server = await start({}, ({ socket }, response) => response.end(`${engine(socket)}`));
        const gate = net.createServer((socket) => server.emit('connection', socket));
        await new Promise((resolve) => gate.listen(0, '127.0.0.1', resolve));
        console.log(await get(server), await get(gate));
        server.close();
        gate.close();
        ",
    );
    printed(&launch.finish(), "200 true 200 false");
}
