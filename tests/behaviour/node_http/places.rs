//! What programs say of where servers of node:http listen beside an address: a socket that they were given, a family, a signal; and
//! whose requests they take.

use std::net::TcpListener;

use rustix::io::{FdFlags, fcntl_setfd};

use super::{PRELUDE, ran};
use crate::support::tls::pair;
use crate::support::{Engine, Launch, printed};

on_both_engines![
    a_socket_that_was_given_is_listened_on,
    what_is_no_socket_is_an_error,
    one_family_alone_is_listened_on,
    a_signal_closes_the_server,
    a_signal_closes_a_server_that_speaks_tls,
    how_many_wait_is_the_programs,
    a_host_is_required_unless_the_program_says_otherwise,
    more_field_lines_are_taken_where_the_program_says_so,
    who_reads_connections_itself_is_given_them,
];

fn a_socket_that_was_given_is_listened_on(engine: Engine) {
    let given = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = given.local_addr().expect("it is bound").port();
    fcntl_setfd(&given, FdFlags::empty()).expect("it is inherited");
    let program = format!(
        "{PRELUDE}(async () => {{
            const fd = Number(process.env.SOCKET);
            const server = http.createServer((request, response) => response.end(request.socket._handle.constructor.name));
            const answer = async () => (await send(server, get('/', CLOSE))).split('\\r\\n\\r\\n')[1];
            await new Promise((resolve) => server.listen({{ fd }}, resolve));
            console.log(server.address().port, await answer());
            await new Promise((resolve) => server.close(resolve));
            // It is the program's, and may be listened on again.
            await new Promise((resolve) => server.listen({{ fd, backlog: 5 }}, resolve));
            console.log(server.address().port, await answer());
            server.close(() => console.log('closed'));
        }})();"
    );
    let number = std::os::fd::AsRawFd::as_raw_fd(&given);
    let finished = Launch::run(engine, "")
        .file("app.cjs", program)
        .entry("app.cjs")
        .environment("SOCKET", number.to_string())
        .finish();
    printed(&finished, &format!("{port} Handle\n{port} Handle\nclosed"));
}

fn what_is_no_socket_is_an_error(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const fs = require('node:fs');
        for (const fd of [fs.openSync('app.cjs'), 9999]) {
            const server = http.createServer();
            const error = await new Promise((resolve) => server.on('error', resolve).listen({ fd }));
            console.log(error.syscall, server.listening);
        }
        ",
    );
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout.lines().count(), 2, "{finished:?}");
    assert!(!finished.stdout.contains("true"), "{finished:?}");
}

fn one_family_alone_is_listened_on(engine: Engine) {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let finished = ran(
        engine,
        r"
        const server = http.createServer((request, response) => response.end(request.socket._handle.constructor.name));
        const ask = (host) => new Promise((resolve) => {
            const asked = http.get({ host, port: server.address().port, agent: false }, (response) => response.setEncoding('utf8').on('data', resolve));
            asked.on('error', (error) => resolve(error.code));
        });
        for (const options of [{ host: '::', ipv6Only: true }, { ipv6Only: true }, { host: '::' }]) {
            await new Promise((resolve) => server.listen({ port: 0, ...options }, resolve));
            console.log(await ask('::1'), await ask('127.0.0.1'));
            await new Promise((resolve) => server.close(resolve));
        }
        ",
    );
    printed(
        &finished,
        "Handle ECONNREFUSED\nHandle ECONNREFUSED\nHandle Handle",
    );
}

const SIGNALS: &str = r"
    const answered = http.createServer((request, response) => response.end());
    const abort = new AbortController();
    answered.on('close', () => console.log('closed'));
    answered.listen({ port: 0, host: '127.0.0.1', signal: abort.signal }, () => {
        console.log(answered._handle.constructor.name);
        abort.abort();
        http.createServer().on('close', () => console.log('closed at once')).listen({ port: 0, signal: abort.signal });
        try { http.createServer().listen({ port: 0, signal: 'none' }); } catch (error) { console.log(error.code); }
    });
";

fn a_signal_closes_the_server(engine: Engine) {
    let finished = ran(engine, SIGNALS);
    printed(
        &finished,
        "ListeningHandle\nERR_INVALID_ARG_TYPE\nclosed\nclosed at once",
    );
}

fn a_signal_closes_a_server_that_speaks_tls(engine: Engine) {
    let pair = pair(|_| {});
    let finished = Launch::run(engine, "")
        .file("app.cjs", format!("{PRELUDE}{SIGNALS}"))
        .entry("app.cjs")
        .file("cert.pem", &pair.certificate)
        .file("key.pem", &pair.key)
        .options(["--tls-cert", "cert.pem", "--tls-key", "key.pem"])
        .finish();
    printed(
        &finished,
        "ListeningHandle\nERR_INVALID_ARG_TYPE\nclosed\nclosed at once",
    );
}

// How many the kernel keeps is not to be seen from outside: the engine serves whatever the program says of it.
fn how_many_wait_is_the_programs(engine: Engine) {
    let finished = ran(
        engine,
        r"
        for (const given of [[0, '127.0.0.1', 1], [0, 1], [{ port: 0, host: '127.0.0.1', backlog: 1 }], ['app.sock', 1], [{ port: 0, exclusive: true }]]) {
            const server = http.createServer();
            await new Promise((resolve) => server.listen(...given, resolve));
            console.log(server._handle.constructor.name);
            server.close();
        }
        ",
    );
    printed(&finished, "ListeningHandle\n".repeat(5).trim_end());
}

fn a_host_is_required_unless_the_program_says_otherwise(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const served = (request, response) => response.end(`${request.headers.host} ${request.socket._handle.constructor.name}`);
        for (const requireHostHeader of [true, false]) {
            const server = http.createServer({ requireHostHeader }, served);
            await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
            for (const host of ['', 'Host: h\r\n']) {
                const got = await send(server, `GET / HTTP/1.1\r\n${host}${CLOSE}\r\n`);
                console.log(got.slice(9, 12), got.split('\r\n\r\n')[1]);
            }
            server.close();
        }
        ",
    );
    printed(
        &finished,
        "400 \n200 h Handle\n200 undefined Handle\n200 h Handle",
    );
}

fn more_field_lines_are_taken_where_the_program_says_so(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const answer = (request, response) => response.end(`${request.rawHeaders.length / 2} ${request.socket._handle.constructor.name}`);
        const lines = (count) => Array.from({ length: count }, (_, number) => `x-${number}: y\r\n`).join('');
        for (const count of [null, 50, 300]) {
            const server = await start(answer, (made) => { made.maxHeadersCount = count; });
            console.log((await send(server, get('/', CLOSE + lines(200)))).match(/\d+ Handle$|\d\d\d /g).join(''));
            server.close();
        }
        ",
    );
    printed(&finished, "431 \n431 \n200 202 Handle");
}

// As programs do that read another protocol in front of the requests.
fn who_reads_connections_itself_is_given_them(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = http.createServer((request, response) => response.end(request.url));
        const [read] = server.listeners('connection');
        server.removeAllListeners('connection');
        server.on('connection', (socket) => {
            socket.once('data', (data) => {
                console.log(String(data).slice(0, 5));
                socket.unshift(data.subarray(5));
                read.call(server, socket);
            });
        });
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        console.log((await send(server, 'FIRST' + get('/a', CLOSE))).split('\r\n\r\n')[1]);
        server.close();
        ",
    );
    printed(&finished, "FIRST\n/a");
}
