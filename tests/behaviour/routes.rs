//! Routes, and the other ways to serve: `Howth.serveArrays`, `serveLocal`, `serveRustOnly`.

use crate::support::{Engine, Launch, request};

on_both_engines![
    routes_of_every_kind,
    fixed_routes_never_reach_javascript,
    head_has_a_handler_of_its_own,
    routes_fall_through_to_fetch,
    routes_without_fetch,
    reload_takes_other_routes,
    reload_that_fails_changes_nothing,
    routes_that_are_wrong_are_explained,
    wrong_routes_leave_the_server_to_be_started,
    batches_are_handed_over_together,
    batches_answer_with_plain_objects,
    batches_take_fixed_routes_alone,
    batches_that_are_collected_survive_a_reload,
    a_batch_that_fails_costs_500s,
    rust_only_answers_everything,
    local_serves_on_one_core,
];

const ROUTES: &str = "
    export default {
        routes: {
            '/fixed': new Response('fixed', { status: 201, headers: { 'x-kind': 'fixed' } }),
            '/json': Response.json({ a: 1 }),
            '/handler': (request) => new Response(`${request.method} ${new URL(request.url).search}`),
            '/methods': { GET: new Response('get'), POST: async (request) => new Response(await request.text()) },
            '/users/:id': (request) => Response.json(request.params),
            '/users/me': () => new Response('me'),
            '/users/:id/posts/:post': ({ params }) => new Response(`${params.id} ${params.post}`),
            '/files/*': (request) => new Response(`file ${request.url.split('/files/')[1]}`),
            '/files/:name': ({ params }) => new Response(`one ${params.name}`),
            '/copies/:n': new Response('copy'),
        },
        fetch: (request) => new Response(`other ${new URL(request.url).pathname}`, { status: 404 }),
    };
";

fn routes_of_every_kind(engine: Engine) {
    let server = Launch::serve(engine, ROUTES).start();
    let fixed = server.get("/fixed");
    assert_eq!(
        (fixed.status, fixed.text(), fixed.field("x-kind")),
        (201, "fixed", Some("fixed"))
    );
    assert_eq!(fixed.field("content-type"), Some("text/plain;charset=UTF-8"));
    let json = server.get("/json");
    assert_eq!(
        (json.text(), json.field("content-type")),
        (r#"{"a":1}"#, Some("application/json"))
    );
    for (path, text) in [
        ("/fixed?a=b", "fixed"),
        ("/handler?q", "GET ?q"),
        ("/methods", "get"),
        ("/users/7", r#"{"id":"7"}"#),
        ("/users/a%20b", r#"{"id":"a b"}"#),
        ("/users/%zz", r#"{"id":"%zz"}"#),
        ("/users/me", "me"),
        ("/users/7/posts/8?x", "7 8"),
        ("/files/a/b.txt", "file a/b.txt"),
        ("/files/a", "one a"),
        ("/copies/1", "copy"),
        ("/copies/2", "copy"),
    ] {
        assert_eq!(server.get(path).text(), text, "{path}");
    }
    let mut connection = server.connect();
    connection.send("HEAD /fixed HTTP/1.1\r\nhost: a\r\n\r\n");
    let head = connection.response_to("HEAD");
    assert_eq!((head.status, head.content_length()), (201, Some(5)));
    connection.send("POST /methods HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody");
    assert_eq!(connection.response().text(), "body");
    // The body of a request that has a fixed answer is drained.
    connection.send("GET /fixed HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody");
    assert_eq!(connection.response().text(), "fixed");
    connection.send(request("GET", "/fixed").repeat(20));
    for _ in 0..20 {
        assert_eq!(connection.response().text(), "fixed");
    }
}

fn fixed_routes_never_reach_javascript(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        // JavaScript sends a route's Response as a copy.
        let copies = 0;
        const { clone } = Response.prototype;
        Response.prototype.clone = function () {
            copies++;
            return clone.call(this);
        };
        export default {
            routes: {
                '/fixed': new Response('fixed'),
                '/methods': { POST: new Response('posted') },
                '/pattern/:any': new Response('pattern'),
            },
            fetch: () => new Response(`${copies} copies`),
        };
    ",
    )
    .options(["--cores", "1"])
    .start();
    let mut connection = server.connect();
    for _ in 0..10 {
        for (method, path, text) in [
            ("GET", "/fixed", "fixed"),
            ("HEAD", "/fixed", ""),
            ("POST", "/methods", "posted"),
        ] {
            connection.send(request(method, path));
            assert_eq!(connection.response_to(method).text(), text, "{method} {path}");
        }
    }
    assert_eq!(server.get("/count").text(), "0 copies");
    assert_eq!(server.get("/pattern/a").text(), "pattern");
    assert_eq!(server.get("/count").text(), "0 copies");
}

fn head_has_a_handler_of_its_own(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default {
            routes: {
                '/own': { GET: new Response('get'), HEAD: () => new Response(null, { headers: { 'x-by': 'head' } }) },
                '/shared': { GET: new Response('get', { headers: { 'x-by': 'get' } }) },
                '/fixed': { GET: new Response('get'), HEAD: new Response(null, { headers: { 'x-by': 'fixed' } }) },
            },
        };
    ",
    )
    .start();
    for (path, by) in [("/own", "head"), ("/shared", "get"), ("/fixed", "fixed")] {
        assert_eq!(server.get(path).text(), "get", "{path}");
        let mut connection = server.connect();
        connection.send(request("HEAD", path));
        assert_eq!(connection.response_to("HEAD").field("x-by"), Some(by), "{path}");
    }
}

fn routes_fall_through_to_fetch(engine: Engine) {
    let server = Launch::serve(engine, ROUTES).start();
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/users"),
        ("GET", "/users/"),
        ("GET", "/fixed/"),
        ("POST", "/fixed"),
        ("DELETE", "/methods"),
    ] {
        let response = server.fetch(request(method, path));
        assert_eq!(
            (response.status, response.text()),
            (404, format!("other {path}").as_str()),
            "{method} {path}"
        );
    }
}

fn routes_without_fetch(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        Howth.serve({ port: 0, hostname: '127.0.0.1', routes: {
            '/a': new Response('a'),
            '/b': { POST: () => new Response('b') },
        } });
    ",
    )
    .start();
    assert_eq!(server.get("/a").text(), "a");
    assert_eq!(server.get("/c").status, 404);
    let refused = server.get("/b");
    assert_eq!((refused.status, refused.field("allow")), (405, Some("POST")));
    let refused = server.fetch(request("POST", "/a"));
    assert_eq!((refused.status, refused.field("allow")), (405, Some("GET, HEAD")));
}

fn reload_takes_other_routes(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1', routes: {
            '/': new Response('before'),
            '/reload': () => {
                server.reload({ fetch: () => new Response('after') });
                return new Response('reloaded');
            },
        } });
    ",
    )
    .start();
    assert_eq!(server.get("/").text(), "before");
    assert_eq!(server.get("/reload").text(), "reloaded");
    assert_eq!(server.get("/").text(), "after");
}

fn reload_that_fails_changes_nothing(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        const used = new Response('used');
        await used.text();
        const server = Howth.serve({ port: 0, hostname: '127.0.0.1', routes: {
            '/fixed': new Response('before'),
            '/reload': () => {
                try {
                    server.reload({ routes: { '/fixed': new Response('after'), '/used': used }, fetch: () => new Response('after') });
                } catch (error) {
                    return new Response(error.message);
                }
            },
        } });
    ",
    )
    .start();
    let complaint = server.get("/reload");
    assert!(complaint.text().contains("was used already"), "{complaint:?}");
    assert_eq!(server.get("/fixed").text(), "before");
    assert_eq!(server.get("/other").status, 404);
}

fn routes_that_are_wrong_are_explained(engine: Engine) {
    for (routes, complaint) in [
        ("{ 'a': new Response() }", "the route \"a\" must begin with \"/\""),
        ("{ '/a': 1 }", "the route \"/a\" must have a Response, a handler"),
        ("{ '/a': { FETCH: () => 1 } }", "FETCH must be a method"),
        ("{ '/a/*/b': () => 1 }", "the \"*\" must be the last segment"),
        (
            "{ '/a': new Response(new ReadableStream()) }",
            "must have its whole body, not a stream",
        ),
        ("'/a'", "`routes` must be an object"),
    ] {
        let call = format!("Howth.serve({{ port: 0, routes: {routes} }});");
        let finished = Launch::run(engine, &call).finish();
        assert!(finished.stderr.contains(complaint), "{routes}: {finished:?}");
    }
}

fn wrong_routes_leave_the_server_to_be_started(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        const address = { port: 0, hostname: '127.0.0.1' };
        try {
            Howth.serve({ ...address, routes: { '/first': new Response('first'), '/a': new Response(new ReadableStream()) } });
        } catch {
            Howth.serve({ ...address, fetch: () => new Response('second') });
        }
    ",
    )
    .start();
    assert_eq!(server.get("/first").text(), "second");
}

fn batches_are_handed_over_together(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        Howth.serveArrays({ port: 0, hostname: '127.0.0.1', batchSize: 8 }, (requests) =>
            requests.map((request) => new Response(`${request.url.split('/').at(-1)} of ${requests.length}`)));
    ",
    )
    .start();
    let mut connection = server.connect();
    let all: String = (0..20)
        .map(|number| request("GET", &format!("/{number}")))
        .collect();
    connection.send(all);
    let mut largest = 0;
    for number in 0..20 {
        let response = connection.response();
        let (own, size) = response.text().split_once(" of ").expect("a number of a size");
        assert_eq!(own, number.to_string());
        largest = largest.max(size.parse::<usize>().expect("a size"));
    }
    // Requests that arrive in one packet are one batch, as far as the size allows.
    assert_eq!(largest, 8);
}

fn batches_answer_with_plain_objects(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        const answers = {
            '/text': { body: 'text' },
            '/status': { status: 418, headers: { 'X-Kind': 'teapot' }, body: 'short' },
            '/bytes': { headers: { 'content-type': 'application/x-bytes' }, body: new Uint8Array([104, 105]) },
            '/empty': { status: 204 },
            '/response': new Response('response'),
            '/injected': { headers: { a: 'b\\r\\nset-cookie: c' } },
            '/name': { headers: { 'a b': 'c' } },
            '/number': 1,
            '/invalid': { status: 99 },
        };
        Howth.serveArrays({ port: 0, hostname: '127.0.0.1' }, async (requests) => {
            await null;
            return requests.map((request) => answers[new URL(request.url).pathname]);
        });
    ",
    )
    .start();
    assert_eq!(server.get("/text").text(), "text");
    assert_eq!(
        server.get("/text").field("content-type"),
        Some("text/plain;charset=UTF-8")
    );
    let teapot = server.get("/status");
    assert_eq!(
        (teapot.status, teapot.field("x-kind"), teapot.text()),
        (418, Some("teapot"), "short")
    );
    assert_eq!(server.get("/bytes").text(), "hi");
    assert_eq!(server.get("/empty").status, 204);
    assert_eq!(server.get("/response").text(), "response");
    for path in ["/injected", "/name", "/number", "/invalid", "/missing"] {
        let response = server.get(path);
        assert_eq!(
            (response.status, response.field("set-cookie")),
            (500, None),
            "{path}"
        );
    }
}

fn batches_take_fixed_routes_alone(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        const answer = (requests) => requests.map(() => ({ body: 'batch' }));
        for (const routes of [{ '/a': () => new Response() }, { '/b': { PUT: () => 1 } }, { '/c/:d': new Response() }]) {
            try { Howth.serveArrays({ routes }, answer); } catch (error) { console.log(error.name, error.message); }
        }
        Howth.serveArrays({ port: 0, hostname: '127.0.0.1', routes: { '/fixed': new Response('fixed') } }, answer);
    ",
    )
    .start();
    for path in ["/a", "/b", "/c/:d"] {
        server.wait_for_output(&format!("TypeError Howth.serveArrays: the route \"{path}\""));
    }
    assert_eq!(server.get("/fixed").text(), "fixed");
    assert_eq!(server.get("/").text(), "batch");
}

fn batches_that_are_collected_survive_a_reload(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        const server = Howth.serveArrays({ port: 0, hostname: '127.0.0.1' }, (requests) => {
            const [{ signal, url }] = requests;
            if (url.endsWith('/wait')) {
                signal.onabort = () => server.reload({ fetch: () => new Response('reloaded') });
                console.log('waits');
                return new Promise(() => {});
            }
            if (url.endsWith('/busy')) {
                console.log('busy');
                for (const end = Date.now() + 300; Date.now() < end; );
            }
            return requests.map(() => ({ body: 'batch' }));
        });
    ",
    )
    .options(["--cores", "1"])
    .start();
    let mut waiting = server.connect();
    waiting.send(request("GET", "/wait"));
    server.wait_for_output("waits");
    let mut busy = server.connect();
    busy.send(request("GET", "/busy"));
    server.wait_for_output("busy");
    // Both are there when JavaScript is called next: a request, and the end of the connection that reloads.
    let mut other = server.connect();
    other.send(request("GET", "/"));
    drop(waiting);
    assert_eq!(busy.response().text(), "batch");
    assert_eq!(other.response().status, 200);
    assert_eq!(server.get("/").text(), "reloaded");
}

fn a_batch_that_fails_costs_500s(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        Howth.serveArrays({ port: 0, hostname: '127.0.0.1' }, (requests) => {
            switch (new URL(requests[0].url).pathname) {
                case '/throw': throw new Error('thrown');
                case '/reject': return Promise.reject(new Error('rejected'));
                case '/few': return [];
                case '/nothing': return undefined;
                default: return requests.map(() => ({ body: 'fine' }));
            }
        });
    ",
    )
    .start();
    for path in ["/throw", "/reject", "/few", "/nothing"] {
        assert_eq!(server.get(path).status, 500, "{path}");
    }
    assert_eq!(server.get("/").text(), "fine");
    server.wait_for_output("must return an array with an answer for each of its 1 requests");
}

fn rust_only_answers_everything(engine: Engine) {
    let server = Launch::run(
        engine,
        "Howth.serveRustOnly({ port: 0, hostname: '127.0.0.1', body: 'rust', headers: { 'x-a': 'b' } });",
    )
    .start();
    for line in [
        request("GET", "/"),
        request("DELETE", "/any?thing"),
        request("OPTIONS", "*"),
    ] {
        let response = server.fetch(&line);
        assert_eq!(
            (response.status, response.text(), response.field("x-a")),
            (200, "rust", Some("b"))
        );
    }
}

fn local_serves_on_one_core(engine: Engine) {
    let server = Launch::serve(
        engine,
        "Howth.serveLocal((request) => new Response(request.method));",
    )
    .options(["--cores", "3"])
    .start();
    assert_eq!(server.get("/").text(), "GET");
    assert!(
        server.start_line().contains("(1 core, "),
        "{}",
        server.start_line()
    );
}
