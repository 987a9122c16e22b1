//! The JavaScript an application is written against: exports, `Howth.serve`, the handler's arguments.

use crate::support::{Engine, Launch, eventually, request};

on_both_engines![
    every_shape_of_an_export,
    every_shape_of_howth_serve,
    on_listen_is_told_the_address,
    the_server_tells_about_itself,
    a_browser_is_told_early_what_to_load,
    completed_tells_how_a_response_ended,
    reload_takes_another_handler,
    stop_lets_requests_finish,
    stop_can_close_at_once,
    a_signal_stops_the_server,
    a_server_that_is_let_go_does_not_keep_the_process,
    wrong_arguments_are_explained,
    requests_are_the_platforms_own,
    responses_are_the_platforms_own,
    a_request_outlives_its_response,
    a_worker_of_cloudflares_has_its_environment,
];

fn every_shape_of_an_export(engine: Engine) {
    for source in [
        "export default { fetch() { return new Response('hi'); } };",
        "export default { fetch: async () => new Response('hi') };",
        "export default () => new Response('hi');",
        "export default async function handler() { return new Response('hi'); }",
        "class App { text = 'hi'; fetch() { return new Response(this.text); } } export default new App();",
        "const app = { text: 'hi', fetch() { return new Response(this.text); } }; export { app as default };",
        "export default await Promise.resolve({ fetch: () => new Response('hi') });",
        "Howth.serve(() => new Response('hi'));",
    ] {
        let server = Launch::serve(engine, source).start();
        assert_eq!(server.get("/").text(), "hi", "{source}");
    }
}

fn every_shape_of_howth_serve(engine: Engine) {
    for call in [
        "Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response('hi'))",
        "Howth.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('hi') })",
        "Howth.serve({ port: '0', hostname: '127.0.0.1', fetch() { return new Response('hi'); } })",
        "Howth.serve({ port: 0, hostname: '127.0.0.1', handler: () => new Response('hi') })",
        "Howth.serve({ port: 0, hostname: '127.0.0.1', fetch: () => { throw 1; }, error: () => new Response('hi') })",
        "Howth.serve({ port: 0, hostname: '127.0.0.1', onError: () => new Response('hi') }, () => { throw 1; })",
    ] {
        let server = Launch::run(engine, &format!("{call};")).start();
        assert_eq!(server.get("/").text(), "hi", "{call}");
    }
}

fn on_listen_is_told_the_address(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        Howth.serve({ port: 0, hostname: '127.0.0.1', onListen({ hostname, port, transport }) {
            console.log(`listening on http://${hostname}:${port}/ by ${transport}`);
        } }, () => new Response('hi'));
    ",
    )
    .options(["--quiet"])
    .start();
    assert!(server.start_line().ends_with("by tcp"), "{}", server.start_line());
    assert_eq!(server.get("/").text(), "hi");
}

fn the_server_tells_about_itself(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default { fetch(request: Request, server: Howth.RequestServer) {
            return Response.json({
                port: server.port, hostname: server.hostname, url: String(server.url),
                pending: server.pendingRequests, development: server.development,
                ip: server.requestIP(request), remote: server.remoteAddr, addr: server.addr,
            });
        } };
    ",
    )
    .start();
    let port = server.address().port();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    let told = connection.response().json();
    assert_eq!(
        (&told["port"], &told["hostname"]),
        (&port.into(), &"127.0.0.1".into()),
        "{told}"
    );
    assert_eq!(told["url"], format!("http://127.0.0.1:{port}/"));
    assert_eq!(
        (&told["pending"], &told["development"]),
        (&1.into(), &false.into())
    );
    assert_eq!(
        (&told["ip"]["address"], &told["ip"]["family"]),
        (&"127.0.0.1".into(), &"IPv4".into())
    );
    assert!(told["ip"]["port"].as_u64().is_some_and(|port| port > 0), "{told}");
    assert_eq!(told["ip"]["port"], told["remote"]["port"]);
    assert_eq!(
        (&told["remote"]["transport"], &told["remote"]["hostname"]),
        (&"tcp".into(), &"127.0.0.1".into())
    );
    assert_eq!(told["addr"]["port"], port);
}

fn completed_tells_how_a_response_ended(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request: Request, { completed }: Howth.RequestServer) => {
            completed.then(() => console.log('completed'), () => console.log('not completed'));
            if (request.url.endsWith('/ok')) return new Response('hi');
            return new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65536)) }));
        };
    ",
    )
    .start();
    assert_eq!(server.get("/ok").text(), "hi");
    eventually("completed", || {
        server.stdout().contains("completed\n") && !server.stdout().contains("not completed")
    });
    let mut connection = server.connect();
    connection.send(request("GET", "/endless"));
    connection.chunk_after_head();
    drop(connection);
    server.wait_for_output("not completed");
}

fn reload_takes_another_handler(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1', fetch(request) {
            if (request.url.endsWith('/reload')) server.reload({ fetch: () => new Response('new') });
            return new Response('old');
        } });
    ",
    )
    .start();
    let mut connection = server.connect();
    for (path, text) in [("/", "old"), ("/reload", "old"), ("/", "new"), ("/reload", "new")] {
        connection.send(request("GET", path));
        assert_eq!(connection.response().text(), text);
    }
}

fn stop_lets_requests_finish(engine: Engine) {
    let mut server = Launch::run(
        engine,
        "
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, async () => {
            setTimeout(() => server.stop().then(() => console.log('stopped')), 50);
            await new Promise((resolve) => setTimeout(resolve, 500));
            return new Response('finished');
        });
        await server.finished;
        console.log('end of the file');
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    assert_eq!(connection.response().text(), "finished");
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for_output("stopped");
    server.wait_for_output("end of the file");
}

fn stop_can_close_at_once(engine: Engine) {
    let mut server = Launch::run(
        engine,
        "
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => {
            setTimeout(() => server.stop(true), 50);
            return new Promise(() => {});
        });
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    assert!(connection.rest_until_closed().is_empty());
    assert_eq!(server.wait().code(), Some(0));
}

fn a_signal_stops_the_server(engine: Engine) {
    let mut server = Launch::run(
        engine,
        "
        const controller = new AbortController();
        Howth.serve({ port: 0, hostname: '127.0.0.1', signal: controller.signal }, () => {
            setTimeout(() => controller.abort(), 20);
            return new Response('last');
        });
    ",
    )
    .start();
    assert_eq!(server.get("/").text(), "last");
    assert_eq!(server.wait().code(), Some(0));
}

fn a_server_that_is_let_go_does_not_keep_the_process(engine: Engine) {
    let finished = Launch::run(
        engine,
        "Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response()).unref();",
    )
    .finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

fn wrong_arguments_are_explained(engine: Engine) {
    for call in [
        "Howth.serve()",
        "Howth.serve({})",
        "Howth.serve({ port: 70000 }, () => new Response())",
        "Howth.serve({ port: 1 }, 'text')",
    ] {
        let finished = Launch::run(
            engine,
            &format!("try {{ {call}; }} catch (e) {{ console.log(e.name, e.message); }} process.exit(0);"),
        )
        .finish();
        assert!(
            finished.stdout.contains("Error") && finished.stdout.len() > 20,
            "{call}: {finished:?}"
        );
    }
}

fn requests_are_the_platforms_own(engine: Engine) {
    let server = Launch::serve(engine, "
        export default async (request: Request) => {
            class Extended extends Request { get shout() { return this.url.toUpperCase(); } }
            const copy = new Request(request.clone(), { headers: { 'x-new': '1' } });
            const tagged = Object.assign(request, { tag: 'tagged' }) as Request & { tag: string };
            const other = new Request('http://elsewhere/', request.clone());
            return Response.json([
                request instanceof Request, Object.prototype.toString.call(request), request.constructor === Request,
                tagged.tag, copy.headers.get('x-new'), copy.method, new Extended(request.clone()).shout.startsWith('HTTP://'),
                request.headers instanceof Headers, request.headers.get('X-One'), request.headers.has('nothing'),
                await other.text(), await request.text(), request.bodyUsed, request.signal instanceof AbortSignal,
                request.redirect, request.cache, typeof request.arrayBuffer,
            ]);
        };
    ").start();
    let seen = server.fetch("POST /x HTTP/1.1\r\nhost: a\r\nx-one: 1\r\ncontent-length: 2\r\n\r\nhi");
    assert_eq!(
        seen.text(),
        "[true,\"[object Request]\",true,\"tagged\",\"1\",\"POST\",true,true,\"1\",false,\"hi\",\"hi\",true,true,\
         \"follow\",\"default\",\"function\"]"
    );
}

fn responses_are_the_platforms_own(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        class Page extends Response {
            constructor(text: string) { super(`<p>${text}`, { headers: { 'content-type': 'text/html' } }); }
        }
        export default (request: Request) => {
            const page = new Page('hi');
            if (!(page instanceof Response) || page.status !== 200) throw new Error('not a response');
            page.headers.set('x-later', 'yes');
            return page;
        };
    ",
    )
    .start();
    let response = server.get("/");
    assert_eq!(
        (response.text(), response.field("content-type")),
        ("<p>hi", Some("text/html"))
    );
    assert_eq!(response.field("x-later"), Some("yes"));
}

fn a_request_outlives_its_response(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        let kept: Request | undefined;
        export default (request: Request) => {
            if (request.url.endsWith('/between')) return new Response();
            const before = kept && [kept.method, new URL(kept.url).pathname, kept.headers.get('x-one')];
            kept = request;
            return Response.json(before ?? null);
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send("PUT /first HTTP/1.1\r\nhost: a\r\nx-one: 1\r\n\r\n");
    assert_eq!(connection.response().text(), "null");
    for _ in 0..3 {
        assert_eq!(server.get("/between").status, 200);
    }
    connection.send(request("GET", "/second"));
    assert_eq!(connection.response().text(), "[\"PUT\",\"/first\",\"1\"]");
}

/// `env` is the server here; what it has not, the process's environment has.
fn a_worker_of_cloudflares_has_its_environment(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default {
            async fetch(request, env, ctx) {
                ctx.passThroughOnException();
                ctx.waitUntil(Promise.resolve());
                const { SECRET, MISSING } = env;
                return Response.json([SECRET, MISSING, 'SECRET' in env, 'MISSING' in env, env.port > 0, String(env)]);
            },
        };
        ",
    )
    .environment("SECRET", "kept")
    .start();
    assert_eq!(
        server.get("/").text(),
        r#"["kept",null,true,false,true,"[object Object]"]"#
    );
}

fn a_browser_is_told_early_what_to_load(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const links = ['</a.css>; rel=preload; as=style', '</b.js>; rel=\"modulepreload\"; crossorigin'];
        export default async (request: Request, server: Howth.RequestServer) => {
            const told = [server.earlyHints(request, links), server.earlyHints(request, '<https://a.example>; rel=preconnect')];
            await null;
            const wrong = ['/a.css', '<a', '</a>\\r\\nx: y', '</a>; rel=\u{e9}', 7].map((link) => {
                try { return server.earlyHints(request, [link as string]); } catch (error) { return (error as Error).name; }
            });
            const response = Response.json({ told, none: server.earlyHints(request, []), wrong });
            return response;
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    let first = connection.head();
    assert_eq!(first.status, 103);
    assert_eq!(
        first.field("link"),
        Some("</a.css>; rel=preload; as=style, </b.js>; rel=\"modulepreload\"; crossorigin")
    );
    let second = connection.head();
    assert_eq!(second.field("link"), Some("<https://a.example>; rel=preconnect"));
    let said = connection.response().json();
    assert_eq!(said["told"], serde_json::json!([true, true]));
    assert_eq!(said["none"], false);
    assert!(
        said["wrong"]
            .as_array()
            .is_some_and(|all| all.iter().all(|name| name == "TypeError")),
        "{said}"
    );
    // A client of HTTP/1.0 is told nothing (RFC 9110 section 15.2).
    let mut old = server.connect();
    old.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(old.response().status, 200);
}
