//! Several servers of one process: all on the engine, each with an address, settings, connections and an end of its own.

use std::net::SocketAddr;

use crate::support::reloading::{ask, reload};
use crate::support::{Connection, Engine, Finished, Launch, Server, eventually, printed, request};

on_both_engines![
    servers_of_every_kind_stand_side_by_side,
    each_has_settings_of_its_own,
    each_ends_alone,
    a_server_listens_again_where_it_did,
    many_follow_each_other_at_one_port,
    one_that_is_not_waited_for_keeps_nobody,
    all_are_served_on_every_core,
    what_the_command_line_says_is_for_the_first,
    new_code_serves_all_of_them,
    new_code_without_one_closes_it,
];

fn ran(engine: Engine, program: &str) -> Finished {
    const PRELUDE: &str = r"
        import http from 'node:http';
        import net from 'node:net';
        import { setTimeout as sleep } from 'node:timers/promises';
        const listen = (server, port = 0) =>
            new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server.address().port)));
        const get = (port, options = {}) => new Promise((resolve) => {
            http.get({ port, host: '127.0.0.1', agent: false, ...options }, (response) => {
                let text = '';
                response.setEncoding('utf8').on('data', (data) => { text += data; });
                response.on('end', () => resolve(`${response.statusCode} ${text}`));
            }).on('error', (error) => resolve(error.code));
        });
        const connect = (port) => new Promise((resolve) => {
            const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
            socket.on('error', () => {});
        });
        const named = (name, options) => http.createServer(options ?? {}, (request, response) => {
            response.end(`${name} ${request.socket._handle.constructor.name} ${request.socket.localPort}`);
        });
    ";
    Launch::run(engine, "")
        .file("app.mjs", format!("{PRELUDE}{program}"))
        .entry("app.mjs")
        .finish()
}

fn servers_of_every_kind_stand_side_by_side(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const [a, b] = [named('a'), named('b')];
        const [first, second] = [await listen(a), await listen(b)];
        const deno = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, (request) => new Response(`deno ${new URL(request.url).port}`));
        const own = Howth.serve({ port: 0, hostname: '127.0.0.1', routes: { '/route': new Response('route') } }, () => new Response('own'));
        const arrays = Howth.serveArrays({ port: 0, hostname: '127.0.0.1' }, (requests) => requests.map(() => ({ status: 200, body: 'array' })));
        const is = (text, expected) => console.log(text === expected || text);
        is(await get(first), `200 a Handle ${first}`);
        is(await get(second), `200 b Handle ${second}`);
        is(await get(deno.addr.port), `200 deno ${deno.addr.port}`);
        is(await get(own.port), '200 own');
        is(await get(own.port, { path: '/route' }), '200 route');
        is(await get(first, { path: '/route' }), `200 a Handle ${first}`);
        is(await get(arrays.port), '200 array');
        // Two of one address are one too many.
        const again = named('c').on('error', (error) => console.log(error.code));
        again.listen(first, '127.0.0.1');
        await sleep(20);
        try { Howth.serve({ port: own.port, hostname: '127.0.0.1' }, () => new Response()); } catch (error) { console.log(error.name); }
        a.close(); b.close();
        await Promise.all([deno.shutdown(), own.stop(), arrays.stop()]);
        console.log(await get(first), await get(own.port ?? 1), await get(deno.addr.port));
        ",
    );
    let lines: Vec<&str> = finished
        .stdout
        .lines()
        .filter(|line| !line.starts_with("howth "))
        .collect();
    let refused = "ECONNREFUSED ECONNREFUSED ECONNREFUSED";
    let expected = [
        "true",
        "true",
        "true",
        "true",
        "true",
        "true",
        "true",
        "EADDRINUSE",
        "AddrInUse",
        refused,
    ];
    assert_eq!(lines, expected, "{finished:?}");
}

fn each_has_settings_of_its_own(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const small = named('small', { maxHeaderSize: 500, keepAliveTimeout: 1 });
        const large = named('large');
        const refusing = named('refusing').on('clientError', (error, socket) => socket.end('HTTP/1.1 418 Own\r\nConnection: close\r\n\r\n'));
        small.maxConnections = 2;
        let connections = '';
        large.on('connection', () => { connections += 'large '; });
        refusing.on('connection', () => { connections += 'refusing '; });
        small.on('drop', () => console.log('dropped'));
        const ports = [await listen(small), await listen(large), await listen(refusing)];
        const long = { headers: { long: 'x'.repeat(1000) } };
        console.log((await get(ports[0], long)).slice(0, 3), (await get(ports[1], long)).slice(0, 3));
        const status = async (port, text) => {
            const socket = await connect(port);
            socket.write(text);
            return new Promise((resolve) => socket.on('data', (data) => { resolve(String(data).slice(9, 12)); socket.destroy(); }));
        };
        console.log(await status(ports[1], 'BAD\r\n\r\n'), await status(ports[2], 'BAD\r\n\r\n'));
        console.log(connections);
        const held = [await connect(ports[1]), await connect(ports[1]), await connect(ports[1])];
        await sleep(50);
        const counts = await Promise.all([small, large, refusing].map((server) => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))));
        console.log(counts.join());
        // Three are no bound for others.
        const two = [await connect(ports[0]), await connect(ports[0])];
        await sleep(50);
        const third = await connect(ports[0]);
        await new Promise((resolve) => third.on('close', resolve));
        console.log((await get(ports[1])).slice(0, 9));
        for (const socket of [...held, ...two]) socket.destroy();
        for (const server of [small, large, refusing]) server.close();
        ",
    );
    printed(
        &finished,
        "431 200\n400 418\nlarge large refusing \n0,3,0\ndropped\n200 large",
    );
}

fn each_ends_alone(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const [a, b] = [named('a'), named('b')];
        const ports = [await listen(a), await listen(b)];
        const agent = new http.Agent({ keepAlive: true });
        await get(ports[0], { agent });
        await get(ports[1], { agent });
        const open = await connect(ports[0]);
        const other = await connect(ports[1]);
        let ends = '';
        other.on('close', () => { ends += 'other '; });
        await sleep(50);
        a.on('close', () => { ends += 'a '; });
        b.on('close', () => { ends += 'b '; });
        // An idle connection ends; one that has said nothing does as well, and no other server's.
        const closed = new Promise((resolve) => a.close(resolve));
        await closed;
        console.log(ends.trim(), a.listening, b.listening, open.destroyed || await new Promise((resolve) => open.on('close', () => resolve(true))));
        console.log(await get(ports[0]), (await get(ports[1], { agent })).slice(0, 5));
        b.closeAllConnections();
        await new Promise((resolve) => other.destroyed ? resolve() : other.on('close', resolve));
        console.log(ends.trim(), (await get(ports[1])).slice(0, 5));
        agent.destroy();
        b.close(() => console.log(ends.trim()));
        ",
    );
    printed(
        &finished,
        "a false true true\nECONNREFUSED 200 b\na other 200 b\na other b",
    );
}

fn a_server_listens_again_where_it_did(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const [stays, changes] = [named('stays'), named('changes')];
        await listen(stays);
        const port = await listen(changes);
        for (let i = 0; i < 40; i++) {
            await get(port);
            await new Promise((resolve) => changes.close(resolve));
            if (await get(port) !== 'ECONNREFUSED') console.log('not closed');
            if (await listen(changes, port) !== port) console.log('elsewhere');
        }
        // A connection of the first time goes on, and is not the second's.
        const socket = await connect(port);
        socket.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\nGET /');
        await new Promise((resolve) => socket.once('data', resolve));
        changes.close();
        await listen(changes, port);
        console.log(await new Promise((resolve) => changes.getConnections((_, count) => resolve(count))));
        socket.write(' HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
        console.log(String(await new Promise((resolve) => socket.once('data', resolve))).split('\r\n')[0]);
        console.log((await get(port)).slice(0, 11));
        stays.close();
        changes.close(() => console.log('closed'));
        ",
    );
    printed(&finished, "0\nHTTP/1.1 200 OK\n200 changes\nclosed");
}

fn many_follow_each_other_at_one_port(engine: Engine) {
    let finished = ran(
        engine,
        r"
        // Each client comes while the server before is about to close the same socket.
        let served = 0;
        for (let i = 0; i < 40; i++) {
            const server = http.createServer();
            const port = await listen(server);
            const asked = get(port);
            const [, response] = await new Promise((resolve) => server.once('request', (...given) => resolve(given)));
            response.on('close', () => { served += 1; });
            response.socket.destroy();
            server.close();
            asked.catch(() => {});
        }
        await sleep(20);
        console.log(served);
        ",
    );
    printed(&finished, "40");
}

fn one_that_is_not_waited_for_keeps_nobody(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const [a, b] = [named('a'), named('b')];
        await listen(a);
        await listen(b);
        a.unref();
        process.on('exit', () => console.log('exit', a.listening, b.listening));
        setTimeout(() => { console.log('waited'); b.unref(); }, 200);
        ",
    );
    printed(&finished, "waited\nexit true true");
}

/// Two servers, the first of which says where the second is.
fn two(version: &str) -> String {
    format!(
        "
        const second = Howth.serve({{ port: 0, hostname: '127.0.0.1' }}, () => new Response('{version} second'));
        console.log('{version} is loaded');
        "
    )
}

fn first(version: &str) -> String {
    format!("Howth.serve(() => new Response(`{version} ${{globalThis.port}}`));")
}

fn both(version: &str) -> String {
    format!("{}{}globalThis.port = second.port;", first(version), two(version))
}

/// A client of the second server.
fn of_second(server: &Server) -> SocketAddr {
    let port = server.get("/").text().split(' ').nth(1).map(str::to_owned);
    let port = port.and_then(|port| port.parse().ok()).expect("a port");
    SocketAddr::new(server.address().ip(), port)
}

fn all_are_served_on_every_core(engine: Engine) {
    let server = Launch::serve(engine, &both("one"))
        .options(["--cores", "2"])
        .start();
    eventually("both cores", || {
        server.stdout().matches("one is loaded").count() == 2
    });
    let second = of_second(&server);
    assert_ne!(second, server.address());
    for _ in 0..40 {
        assert_eq!(of_second(&server), second, "each core listens at the same ports");
        let mut connection = Connection::tcp(second);
        assert_eq!(ask(&mut connection, "/"), "one second");
    }
    let told = server.stdout().matches("listening on").count();
    assert_eq!(told, 2, "{}", server.stdout());
}

fn what_the_command_line_says_is_for_the_first(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        const first = Howth.serve({ port: 1 }, () => new Response(`first ${second.port}`));
        const second = Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response('second'));
        ",
    )
    .options(["--port", "0", "--host", "127.0.0.1"])
    .start();
    let second = of_second(&server);
    assert!(second.port() != server.address().port() && second.port() > 1);
    assert_eq!(ask(&mut Connection::tcp(second), "/"), "second");
}

fn new_code_serves_all_of_them(engine: Engine) {
    let server = Launch::serve(engine, &both("one"))
        .options(["--cores", "2"])
        .start();
    eventually("both cores", || {
        server.stdout().matches("one is loaded").count() == 2
    });
    let second = of_second(&server);
    let mut kept: Vec<Connection> = (0..6).map(|_| Connection::tcp(second)).collect();
    let mut silent: Vec<Connection> = (0..6).map(|_| Connection::tcp(second)).collect();
    for connection in &mut kept {
        assert_eq!(ask(connection, "/"), "one second");
    }
    reload(&server, &both("two"));
    assert_eq!(of_second(&server), second);
    // Each connection goes on where it was, with what serves there now.
    for connection in kept.iter_mut().chain(&mut silent) {
        assert_eq!(ask(connection, "/"), "two second");
    }
}

fn new_code_without_one_closes_it(engine: Engine) {
    let server = Launch::serve(engine, &both("one")).start();
    let second = of_second(&server);
    reload(
        &server,
        &format!(
            "console.log('two is loaded'); globalThis.port = 0; {}",
            first("two")
        ),
    );
    assert_eq!(server.fetch(request("GET", "/")).text(), "two 0");
    eventually("nobody listens there", || {
        std::net::TcpStream::connect(second).is_err()
    });
}
