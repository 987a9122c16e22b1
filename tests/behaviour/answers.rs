//! What responses are made of: those of `fetch` that are passed on, those of other makers, and what is said where one
//! cannot be sent.

use crate::support::{Engine, Launch, request};

on_both_engines![
    fetched_bodies_are_passed_on_as_they_are_sent,
    responses_of_other_makers_are_taken,
    another_class_may_stand_in_for_the_global_one,
    what_is_no_response_is_explained,
    connections_are_not_upgraded_in_silence,
    fields_that_cannot_be_sent_are_told,
    redirects_may_be_relative,
    an_elysia_application_has_a_server_when_it_starts,
];

fn fetched_bodies_are_passed_on_as_they_are_sent(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        import { gzipSync } from 'node:zlib';
        const text = 'many words '.repeat(500);
        const gzipped = gzipSync(text);
        const headers = { 'content-encoding': 'gzip', 'content-type': 'text/plain', etag: '\"1\"' };
        const ways = {
            as_it_is: (upstream) => upstream,
            clone: (upstream) => upstream.clone(),
            body: (upstream) => new Response(upstream.body, upstream),
            headers: (upstream) => new Response(upstream.body, { headers: upstream.headers }),
            copied_headers: (upstream) => new Response(upstream.body, { headers: new Headers(upstream.headers) }),
            entries: (upstream) => new Response(upstream.body, { headers: Object.fromEntries(upstream.headers) }),
            body_of_a_clone: (upstream) => new Response(upstream.clone().body, upstream),
            twice: (upstream) => {
                const first = new Response(upstream.body, upstream);
                return new Response(first.body, first);
            },
            piped: (upstream) => new Response(upstream.body.pipeThrough(new TransformStream()), upstream),
            text: async (upstream) => new Response(await upstream.text(), upstream),
            bytes: async (upstream) => new Response(await upstream.arrayBuffer(), upstream),
            copy: async (upstream) => new Response(await upstream.text(), upstream).clone(),
            encoded_again: async (upstream) => {
                const response = new Response(gzipSync(await upstream.text()), upstream);
                response.headers.set('content-encoding', 'gzip');
                return response;
            },
        };
        export default { async fetch(request, server) {
            const { pathname } = new URL(request.url);
            if (pathname === '/upstream') return new Response(gzipped, { headers });
            if (pathname === '/plain') return new Response(text, { headers: { etag: '\"1\"' } });
            const [, way, target] = pathname.split('/');
            return ways[way](await fetch(new URL(`/${target}`, server.url), { method: request.method }));
        } };
    ",
    )
    .options(["--cores", "1"])
    .start();
    let text = "many words ".repeat(500);
    for way in [
        "as_it_is",
        "clone",
        "body",
        "headers",
        "copied_headers",
        "entries",
        "body_of_a_clone",
        "twice",
        "piped",
        "text",
        "bytes",
        "copy",
    ] {
        for target in ["upstream", "plain"] {
            let response = server.get(&format!("/{way}/{target}"));
            let found = (
                response.status,
                response.field("content-encoding"),
                response.field("etag"),
            );
            let of_entries = (200, None, Some("\"1\""));
            assert_eq!(found, of_entries, "{way} {target}");
            assert!(
                response.text() == text,
                "{way} {target}: {:?}",
                response.text().get(..20)
            );
        }
    }
    let mut connection = server.connect();
    connection.send(request("GET", "/encoded_again/upstream"));
    let response = connection.response();
    assert_eq!(response.field("content-encoding"), Some("gzip"));
    assert!(response.body.starts_with(b"\x1f\x8b"), "{response:?}");
    // What has no body says what that of a GET would be.
    connection.send(request("HEAD", "/as_it_is/plain"));
    assert_eq!(connection.response_to("HEAD").content_length(), Some(text.len()));
}

fn responses_of_other_makers_are_taken(engine: Engine) {
    let server = Launch::serve(
        engine,
        r#"
        import vm from 'node:vm';
        const Own = globalThis.Response;
        // As srvx and h3 make them: the platform's prototype, and an instance made when it is needed.
        class NodeResponse {
            #body; #init; #response;
            constructor(body, init) { this.#body = body; this.#init = init; }
            get status() { return this.#init?.status ?? 200; }
            get statusText() { return this.#init?.statusText ?? ''; }
            get headers() { return (this.#response ?? new Own(null, this.#init)).headers; }
            get body() { return (this.#response ??= new Own(this.#body, this.#init)).body; }
            get bodyUsed() { return this.#response?.bodyUsed ?? false; }
        }
        Object.setPrototypeOf(NodeResponse, Own);
        Object.setPrototypeOf(NodeResponse.prototype, Own.prototype);
        class Sub extends Response {
            constructor(body, init) { super(body, init); this.extra = 1; }
        }
        // As a polyfill makes them: no stream, and headers that can be gone through in one way only.
        const polyfill = (text) => ({
            status: 202, statusText: 'Fine', bodyUsed: false,
            headers: { forEach: (each) => each('b', 'x-a') },
            text: async () => text, arrayBuffer: async () => new TextEncoder().encode(text).buffer,
        });
        // As node-fetch makes them: an async iterable for a body; cookies joined, but for whoever knows.
        const iterated = () => ({
            status: 200, type: 'default', url: 'http://h/',
            headers: {
                *[Symbol.iterator]() { yield ['set-cookie', 'a=1, b=2']; yield ['content-encoding', 'gzip']; yield ['content-length', '1']; },
                getSetCookie: () => ['a=1', 'b=2'],
            },
            body: (async function* () { yield new Uint8Array([105]); yield new Uint8Array([116]); })(),
            text: async () => 'it',
        });
        const foreignStream = () => ({
            status: 200, headers: new Map([['x-a', 'b']]),
            body: { getReader() { let left = 2; return {
                read: async () => left-- > 0 ? { value: new Uint8Array([120]), done: false } : { value: undefined, done: true },
                cancel: async () => {},
            }; } },
        });
        const context = vm.createContext({ Response });
        const makers = {
            prototype: () => new NodeResponse('text', { status: 201, headers: { 'x-a': 'b' } }),
            sub: () => new Sub('text', { status: 201, headers: { 'x-a': 'b' } }),
            undici: () => ({ status: 201, statusText: '', headers: new Headers({ 'x-a': 'b' }), body: new Own('text').body, text: async () => 'text' }),
            polyfill: () => polyfill('text'),
            iterated,
            foreignStream,
            empty: () => ({ status: 204, headers: new Headers({ 'x-a': 'b' }), body: new Own('').body }),
            realm: () => vm.runInContext('(async () => new Response("text", { status: 201, headers: { "x-a": "b" } }))()', context),
            thenable: () => ({ then: (resolve) => resolve(new NodeResponse('text', { status: 201, headers: { 'x-a': 'b' } })) }),
            thrown: () => { throw new Error('it throws'); },
        };
        export default {
            fetch: (request) => makers[new URL(request.url).pathname.slice(1)](request),
            error: () => new NodeResponse('caught', { status: 500, headers: { 'x-a': 'b' } }),
        };
    "#,
    )
    .start();
    for (maker, status, text) in [
        ("prototype", 201, "text"),
        ("sub", 201, "text"),
        ("undici", 201, "text"),
        ("polyfill", 202, "text"),
        ("foreignStream", 200, "xx"),
        ("empty", 204, ""),
        ("realm", 201, "text"),
        ("thenable", 201, "text"),
        ("thrown", 500, "caught"),
    ] {
        let response = server.get(&format!("/{maker}"));
        let found = (response.status, response.field("x-a"), response.text());
        assert_eq!(found, (status, Some("b"), text), "{maker}: {}", server.stderr());
    }
    assert_eq!(
        server.get("/prototype").field("content-type"),
        Some("text/plain;charset=UTF-8")
    );
    let iterated = server.get("/iterated");
    assert_eq!(
        (iterated.text(), iterated.all("set-cookie")),
        ("it", vec!["a=1", "b=2"])
    );
    assert_eq!(iterated.field("content-encoding"), None);
}

/// As @hono/node-server does.
fn another_class_may_stand_in_for_the_global_one(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const Own = globalThis.Response;
        class Light {
            #given; #made;
            constructor(...given) { this.#given = given; }
            get made() { return (this.#made ??= new Own(...this.#given)); }
        }
        for (const name of ['body', 'bodyUsed', 'headers', 'status', 'statusText', 'type', 'url']) {
            Object.defineProperty(Light.prototype, name, { get() { return this.made[name]; } });
        }
        Object.setPrototypeOf(Light, Own);
        Object.setPrototypeOf(Light.prototype, Own.prototype);
        globalThis.Response = Light;
        globalThis.URL = class { constructor() { throw new Error('not this one'); } };
        export default { routes: {
            '/a': () => new Response('light', { status: 201, headers: { 'x-a': 'b' } }),
            '/b/../c': { POST: () => new Own('own') },
        } };
    ",
    )
    .start();
    let light = server.get("/a");
    let found = (
        light.status,
        light.text(),
        light.field("x-a"),
        light.content_length(),
    );
    assert_eq!(found, (201, "light", Some("b"), Some(5)), "{}", server.stderr());
    assert_eq!(server.get("/none").status, 404);
    assert_eq!(server.get("/c").status, 405);
    assert_eq!(server.fetch(request("POST", "/c")).text(), "own");
}

fn what_is_no_response_is_explained(engine: Engine) {
    for (value, complaint) in [
        ("undefined", "but returned undefined"),
        ("'text'", "but returned a string"),
        ("({ a: 1 })", "but returned an instance of Object"),
        (
            "Object.create(Response.prototype)",
            "returned an instance of Response, which could not be read",
        ),
        (
            "new (class NodeResponse { status = 200 })()",
            "an instance of NodeResponse, which has not what",
        ),
        ("({ status: 99, headers: {} })", "with the status 99"),
        (
            "({ status: 200, headers: {}, bodyUsed: true })",
            "was used already",
        ),
        (
            "({ status: 200, headers: {}, body: 7 })",
            "whose body is a number",
        ),
        ("({ setHeader() {} })", "a response of node:http"),
        ("Response.error()", "Response.error(), which cannot be sent"),
    ] {
        let server = Launch::serve(engine, &format!("export default () => {value};")).start();
        let response = server.get("/");
        assert_eq!(
            (response.status, response.text()),
            (500, "Internal Server Error"),
            "{value}"
        );
        server.wait_for_output(complaint);
        let told = server.stderr();
        let lines: Vec<_> = told
            .lines()
            .filter(|line| line.contains("the handler failed"))
            .collect();
        assert_eq!(lines.len(), 1, "{value}: {told}");
        assert!(lines[0].contains(complaint), "{value}: {told}");
    }
}

fn connections_are_not_upgraded_in_silence(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request) => {
            const { pathname } = new URL(request.url);
            if (pathname === '/later') return Promise.resolve(new Response(null, { status: 101 }));
            if (pathname === '/101') return new Response(null, { status: 101, headers: { upgrade: 'x' } });
            return new Response('served');
        };
    ",
    )
    .start();
    for (path, complaint) in [
        ("/101", "a Response with the status 101"),
        ("/later", "a Response with the status 101"),
    ] {
        let mut connection = server.connect();
        connection.send(format!(
            "GET {path} HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ));
        assert_eq!(connection.response().status, 500, "{path}");
        server.wait_for_output(complaint);
        connection.send(request("GET", "/"));
        assert_eq!(connection.response().text(), "served");
    }
}

/// The engines differ: `docs/http-conformance.md`. Neither is silent.
fn fields_that_cannot_be_sent_are_told(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default () => new Response(new Blob(['body']).stream(), { headers: { 'x-a': 'b\\u0001c' } });
    ",
    )
    .start();
    let response = server.get("/");
    match response.status {
        200 => assert_eq!(response.field("x-a"), Some("b\u{1}c")),
        500 => server.wait_for_output("a field value holds a control character"),
        other => panic!("{other}"),
    }
}

fn redirects_may_be_relative(engine: Engine) {
    let server = Launch::serve(
        engine,
        r#"
        const targets = ["/x", "x?y#z", "../up", "?q", "/a b/\u{fc}%20\"", " /trimmed\n", "//h/x", "http://H/../y", "mailto:a@b"];
        export default (request) => {
            const { pathname } = new URL(request.url);
            if (pathname === '/wrong') {
                return Response.json(["http://", "//[", "http://a b/"].map((target) => {
                    try { return Response.redirect(target).headers.get('location'); } catch (error) { return error.name; }
                }));
            }
            return Response.redirect(targets[Number(pathname.slice(1))], 307);
        };
    "#,
    )
    .start();
    let locations = [
        "/x",
        "x?y#z",
        "../up",
        "?q",
        "/a%20b/%C3%BC%20%22",
        "/trimmed",
        "//h/x",
        "http://h/y",
        "mailto:a@b",
    ];
    for (number, location) in locations.iter().enumerate() {
        let response = server.get(&format!("/{number}"));
        assert_eq!(
            (response.status, response.field("location")),
            (307, Some(*location))
        );
    }
    let wrong = serde_json::json!(["TypeError", "TypeError", "TypeError"]);
    assert_eq!(server.get("/wrong").json(), wrong);
}

/// A stand-in for the package: what it has of what matters here.
fn an_elysia_application_has_a_server_when_it_starts(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        class Elysia {
            '~adapter' = { name: 'web-standard' };
            server = null;
            event = { start: [{ fn: ({ server }) => console.log(`started on ${server.port}`) }] };
            fetch = (request) => new Response(this.server.requestIP(request).address);
        }
        export default new Elysia();
    ",
    )
    .options(["--cores", "1"])
    .start();
    assert_eq!(server.get("/").text(), "127.0.0.1");
    server.wait_for_output(&format!("started on {}", server.address().port()));
}
