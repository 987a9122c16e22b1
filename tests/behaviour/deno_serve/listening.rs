//! Calls of `Deno.serve`: their shapes, where they listen, what they give back, and how a server ends.

use std::os::unix::net::UnixStream;

use super::{PRELUDE, ran};
use crate::support::{Connection, Engine, Launch, eventually, printed, request};

on_both_engines![
    calls_have_three_shapes,
    what_is_wrong_with_a_call_is_said,
    where_it_listens_is_told,
    a_path_is_listened_on,
    several_servers_are_the_engines,
    shutdown_waits_for_what_was_asked,
    a_signal_breaks_off,
    a_server_that_is_not_counted_ends_with_the_program,
    denos_code_does_what_the_engine_cannot,
    tls_is_the_engines_with_http2,
];

fn calls_have_three_shapes(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const quiet = { port: 0, hostname: '127.0.0.1', onListen() {} };
        for (const serve of [
            () => Deno.serve(quiet, () => new Response('two')),
            () => Deno.serve({ ...quiet, handler: () => new Response('one') }),
            () => Deno.serve({ ...quiet, port: '0' as any }, () => new Response('text')),
        ]) {
            const server = serve();
            const { addr } = server;
            console.log(Object.keys(server).join(), addr.transport, (addr as Deno.NetAddr).hostname);
            await show(server, '/');
            await server[Symbol.asyncDispose]();
            console.log(await server.finished, await server.shutdown());
        }
        console.log(handled(), Deno.serve.name, Deno.serve.length);
        ",
    );
    let served = |text: &str| {
        format!(
            "addr,finished,shutdown,ref,unref tcp 127.0.0.1\n/ 200 text/plain;charset=UTF-8 \"{text}\"\nundefined undefined\n"
        )
    };
    printed(
        &finished,
        &format!("{}{}{}3 serve 2", served("two"), served("one"), served("text")),
    );
}

fn what_is_wrong_with_a_call_is_said(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const handler = () => new Response();
        const taken = Deno.listen({ port: 0, hostname: '127.0.0.1' });
        const { port } = taken.addr as Deno.NetAddr;
        const calls: Record<string, () => unknown> = {
            none: () => (Deno.serve as any)(),
            options: () => (Deno.serve as any)({}),
            handler: () => (Deno.serve as any)({ handler: 3 }),
            certFile: () => Deno.serve({ certFile: 'a', port: 0 } as any, handler),
            half: () => Deno.serve({ cert: 'a', port: 0 } as any, handler),
            unreadable: () => Deno.serve({ cert: 'a', key: 'b', port: 0 }, handler),
            large: () => Deno.serve({ port: 99999 }, handler),
            negative: () => Deno.serve({ port: -1 }, handler),
            boolean: () => Deno.serve({ port: true } as any, handler),
            word: () => Deno.serve({ port: 'http' } as any, handler),
            taken: () => Deno.serve({ port, hostname: '127.0.0.1' }, handler),
            name: () => Deno.serve({ port: 0, hostname: 'no-such-host.invalid' }, handler),
        };
        for (const [name, call] of Object.entries(calls)) {
            try { call(); console.log(name, 'listens'); } catch (error) { console.log(name, error.name, error instanceof Deno.errors.AddrInUse); }
        }
        taken.close();
        ",
    );
    printed(
        &finished,
        "none TypeError false\noptions TypeError false\nhandler TypeError false\ncertFile TypeError false\nhalf TypeError false\n\
         unreadable InvalidData false\n\
         large RangeError false\nnegative RangeError false\nboolean TypeError false\nword TypeError false\ntaken AddrInUse true\nname Error false",
    );
}

fn where_it_listens_is_told(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen(addr) { console.log(Object.keys(addr).sort().join(), addr.port > 0); } }, () => new Response());
        await server.shutdown();
        for (const hostname of ['127.0.0.1', '0.0.0.0', 'localhost']) {
            const server = Deno.serve({ port: 0, hostname }, () => new Response());
            console.log((server.addr as Deno.NetAddr).port);
            await server.shutdown();
        }
        ",
    );
    let mut lines = finished.stdout.lines();
    assert_eq!(lines.next(), Some("hostname,port,transport true"), "{finished:?}");
    let ports: Vec<_> = lines.collect();
    let told: Vec<_> = finished.stderr.lines().collect();
    assert_eq!(told.len(), 3, "{finished:?}");
    assert_eq!(told[0], format!("Listening on http://127.0.0.1:{}/", ports[0]));
    assert_eq!(
        told[1],
        format!(
            "Listening on http://0.0.0.0:{0}/ (http://localhost:{0}/)",
            ports[1]
        )
    );
    let (v4, v6) = (
        format!("Listening on http://127.0.0.1:{}/", ports[2]),
        format!("Listening on http://[::1]:{}/", ports[2]),
    );
    assert!(told[2] == v4 || told[2] == v6, "{finished:?}");

    let quiet = Launch::run(
        engine,
        "const server = Deno.serve({ port: 0 }, () => new Response()); await server.shutdown();",
    )
    .options(["--quiet"])
    .finish();
    printed(&quiet, "");
}

fn a_path_is_listened_on(engine: Engine) {
    let program = r"
        const server = Deno.serve({ path: 'own.sock', onListen: (addr) => console.log(JSON.stringify(addr)) }, (request, info) => {
            if (new URL(request.url).pathname === '/end') setTimeout(() => server.shutdown(), 1);
            return Response.json(info.remoteAddr);
        });
        console.log(JSON.stringify(server.addr));
        await server.finished;
        console.log('listening on the end', handled());
    ";
    let launch = Launch::run(engine, "").file("app.ts", format!("{PRELUDE}{program}"));
    let path = launch.folder().join("own.sock");
    let client = std::thread::spawn(move || {
        eventually("a socket", || UnixStream::connect(&path).is_ok());
        let mut connection = Connection::unix(&path);
        connection.send(request("GET", "/"));
        let text = connection.response().text().to_owned();
        connection.send(request("GET", "/end"));
        connection.response();
        text
    });
    let finished = launch.finish();
    let text = client.join().expect("a client that does not panic");
    let addr = r#"{"path":"own.sock","transport":"unix"}"#;
    printed(&finished, &format!("{addr}\n{addr}\nlistening on the end 2"));
    assert_eq!(text, r#"{"transport":"unix","path":"own.sock"}"#);
}

fn several_servers_are_the_engines(engine: Engine) {
    let program = r"
        const first = start(() => new Response('first'));
        const second = start(() => new Response('second'));
        await show(first, '/');
        await show(second, '/');
        console.log(handled());
        await first.shutdown();
        await show(second, '/');
        // Its place is free.
        const third = start(() => new Response('third'));
        // What is over stays so.
        await first.shutdown();
        first.unref();
        await show(third, '/');
        console.log(handled());
        const own = Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response('own'));
        console.log(await (await fetch(own.url)).text());
        await own.stop();
        await Promise.all([second.shutdown(), third.shutdown()]);
        ";
    let finished = Launch::run(engine, "")
        .file("app.ts", format!("{PRELUDE}{program}"))
        .options(["--quiet"])
        .finish();
    let got = |text: &str| format!("/ 200 text/plain;charset=UTF-8 \"{text}\"\n");
    printed(
        &finished,
        &format!(
            "{}{}2\n{}{}4\nown",
            got("first"),
            got("second"),
            got("second"),
            got("third")
        ),
    );
}

fn shutdown_waits_for_what_was_asked(engine: Engine) {
    let finished = ran(
        engine,
        r"
        let asked = 0;
        let answer = () => {};
        const server = start(async () => { asked += 1; await new Promise<void>((resolve) => (answer = resolve)); return new Response('slow'); });
        const slow = show(server, '/');
        await until(() => asked === 1);
        let isOver = false;
        const ended = server.shutdown().then(() => (isOver = true));
        await show(server, '/refused');
        console.log(isOver);
        answer();
        await slow;
        await ended;
        await server.finished;
        console.log(asked, isOver);
        ",
    );
    printed(
        &finished,
        "/refused no response TypeError\nfalse\n/ 200 text/plain;charset=UTF-8 \"slow\"\n1 true",
    );
}

fn a_signal_breaks_off(engine: Engine) {
    let finished = ran(
        engine,
        r"
        let isAsked = false;
        const aborter = new AbortController();
        const server = start(() => { isAsked = true; return new Promise<Response>(() => {}); }, { signal: aborter.signal });
        const slow = show(server, '/');
        await until(() => isAsked);
        aborter.abort();
        console.log(await server.finished);
        await slow;
        // Another server is not meant.
        const next = start(() => new Response('next'));
        aborter.signal.dispatchEvent(new Event('abort'));
        await show(next, '/');
        await next.shutdown();
        ",
    );
    printed(
        &finished,
        "undefined\n/ no response TypeError\n/ 200 text/plain;charset=UTF-8 \"next\"",
    );
}

fn a_server_that_is_not_counted_ends_with_the_program(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const server = start(() => new Response('here'));
        server.unref();
        server.ref();
        server.unref();
        await show(server, '/');
        console.log('end');
        ",
    );
    printed(&finished, "/ 200 text/plain;charset=UTF-8 \"here\"\nend");
}

fn denos_code_does_what_the_engine_cannot(engine: Engine) {
    let finished = ran(
        engine,
        r"
        const text = 'compressible '.repeat(100);
        const compressing = start(() => new Response(text), { automaticCompression: true });
        await show(compressing, '/', { method: 'HEAD' });
        const response = await fetch(origin(compressing));
        console.log(response.headers.get('vary'), await response.text() === text);
        await compressing.shutdown();
        const shared = [1, 2].map((number) => start(() => new Response(String(number)), { port: 0, reusePort: true }));
        await Promise.all(shared.map((server) => show(server, '/')));
        await Promise.all(shared.map((server) => server.shutdown()));
        console.log(handled());
        ",
    );
    let mut lines: Vec<_> = finished.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "/ 200 text/plain;charset=UTF-8 \"\"",
            "/ 200 text/plain;charset=UTF-8 \"1\"",
            "/ 200 text/plain;charset=UTF-8 \"2\"",
            "0",
            "Accept-Encoding true",
        ],
        "{finished:?}"
    );
}

fn tls_is_the_engines_with_http2(engine: Engine) {
    let launch = Launch::run(
        engine,
        "
        import { once } from 'node:events';
        const [cert, key] = ['localhost.pem', 'localhost.key.pem'].map((path) => Deno.readTextFileSync(path));
        const server = Deno.serve({ port: 0, hostname: '127.0.0.1', cert, key }, (request) => {
            if (request.url.endsWith('/throw')) throw new Error('on purpose');
            return new Response(new URL(request.url).protocol);
        });
        const client = Deno.createHttpClient({ caCerts: [cert] });
        const { port } = server.addr as Deno.NetAddr;
        const session = (await import('node:http2')).connect(`https://localhost:${port}`, { ca: cert });
        const [head] = await once(session.request({ ':path': '/' }).resume(), 'response');
        console.log(session.alpnProtocol, head[':status']);
        session.close();
        const get = async (path: string) => {
            const response = await fetch(`https://localhost:${port}${path}`, { client });
            console.log(response.status, await response.text());
        };
        await get('/');
        await get('/throw');
        client.close();
        const old = Deno.createHttpClient({ caCerts: [cert], http2: false });
        console.log(await (await fetch(`https://localhost:${port}/`, { client: old })).text());
        old.close();
        await server.shutdown();
        console.log(port, Howth.metrics().cores[0].handled);
        ",
    )
    .file("localhost.pem", include_str!("localhost.pem"))
    .file("localhost.key.pem", include_str!("localhost.key.pem"));
    let finished = launch.finish();
    let (told, port) = finished
        .stdout
        .strip_suffix(" 4\n")
        .and_then(|told| told.rsplit_once('\n'))
        .expect("a port, and that the engine has handed on all");
    assert_eq!(
        told, "h2 200\n200 https:\n500 Internal Server Error\nhttps:",
        "{finished:?}"
    );
    let said = &finished.stderr;
    assert!(
        said.starts_with(&format!(
            "Listening on https://127.0.0.1:{port}/\nError: on purpose\n"
        )),
        "what Deno tells is not lost: {said}"
    );
}
