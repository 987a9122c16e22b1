//! What a constructed Response becomes on the wire, however it crosses from JavaScript.
//!
//! V8 calls an op another way once the code around it is optimised: every response is asked for often.

use crate::support::{Engine, Launch, request};

on_both_engines![
    fields_arrive_as_they_were_given,
    texts_arrive_whatever_v8_makes_of_them,
    bytes_arrive_with_and_without_fields,
    the_engine_keeps_what_is_its_own,
    responses_without_a_body,
    a_response_is_sent_once,
    headers_of_a_request_are_iterated_over_in_order,
    a_content_type_may_be_empty,
    copied_fields_do_not_keep_their_request,
];

/// Enough for V8 to optimise what answers.
const OFTEN: usize = 3_000;

const FIELDS: &str = "
    const field = (number, kind) => [`x-field-${number}`, `value ${number}, long enough to be no ${kind} string`];
    export default (request) => {
        const [, count, kind] = new URL(request.url).pathname.split('/');
        const fields = Array.from({ length: Number(count) }, (_, number) => field(number, kind));
        return new Response('hi', { headers: Object.fromEntries(fields) });
    };
";

fn fields_arrive_as_they_were_given(engine: Engine) {
    let server = Launch::serve(engine, FIELDS).start();
    let mut connection = server.connect();
    for round in 0..OFTEN {
        let (count, kind) = (round % 12, ["small", "short", "other"][round / 24 % 3]);
        connection.send(request("GET", &format!("/{count}/{kind}")));
        let response = connection.response();
        assert_eq!(response.text(), "hi");
        assert_eq!(response.field("content-type"), Some("text/plain;charset=UTF-8"));
        let given: Vec<_> = response
            .fields
            .iter()
            .filter(|(name, _)| name.starts_with("x-field-"))
            .cloned()
            .collect();
        let expected: Vec<_> = (0..count)
            .map(|number| {
                let value = format!("value {number}, long enough to be no {kind} string");
                (format!("x-field-{number}"), value)
            })
            .collect();
        assert_eq!(given, expected);
    }
}

fn texts_arrive_whatever_v8_makes_of_them(engine: Engine) {
    let source = "
        const long = 'a text of some length, '.repeat(4);
        const texts = {
            '/flat': () => 'plain',
            '/joined': () => long + new Date(0).getTime(),
            '/part': () => long.slice(2, 22),
            '/latin': () => 'é'.repeat(20),
            '/wide': () => '€ and 😀',
            '/half': () => 'half of 😀: ' + '😀'[0],
            '/empty': () => '',
        };
        export default (request) => {
            const text = texts[new URL(request.url).pathname]();
            return new Response(text, { headers: { 'x-kind': text.slice(0, 0) + 'kind' } });
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut connection = server.connect();
    let long = "a text of some length, ".repeat(4);
    let expected = [
        ("/flat", "plain".to_owned()),
        ("/joined", format!("{long}0")),
        ("/part", long[2..22].to_owned()),
        ("/latin", "é".repeat(20)),
        ("/wide", "€ and 😀".to_owned()),
        ("/half", "half of 😀: \u{fffd}".to_owned()),
        ("/empty", String::new()),
    ];
    for (path, text) in expected.iter().cycle().take(OFTEN) {
        connection.send(request("GET", path));
        let response = connection.response();
        assert_eq!(
            (response.text(), response.field("x-kind")),
            (text.as_str(), Some("kind"))
        );
    }
}

fn bytes_arrive_with_and_without_fields(engine: Engine) {
    let source = "
        const sizes = { '/none': 0, '/few': 3, '/many': 5000 };
        export default (request) => {
            const { pathname, search } = new URL(request.url);
            const bytes = new Uint8Array(sizes[pathname]).fill(65);
            const response = new Response(bytes, search === '' ? undefined : { headers: { 'x-a': '1', 'x-b': '2' } });
            bytes.fill(66);
            return response;
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut connection = server.connect();
    let paths = ["/none", "/few", "/many", "/none?f", "/few?f", "/many?f"];
    for path in paths.iter().cycle().take(OFTEN) {
        connection.send(request("GET", path));
        let response = connection.response();
        let size = match &path[..4] {
            "/non" => 0,
            "/few" => 3,
            _ => 5000,
        };
        assert_eq!(response.body, vec![b'A'; size]);
        assert_eq!(response.field("x-b"), path.ends_with('f').then_some("2"));
        assert_eq!(response.field("content-type"), None);
    }
}

fn the_engine_keeps_what_is_its_own(engine: Engine) {
    let source = "
        export default () => new Response('hi', { headers: {
            'Content-Length': '99', 'Transfer-Encoding': 'chunked', 'Keep-Alive': 'x', 'Upgrade': 'y',
        } });
    ";
    let server = Launch::serve(engine, source).start();
    let response = server.get("/");
    assert_eq!(response.text(), "hi");
    for name in ["transfer-encoding", "keep-alive", "upgrade"] {
        assert_eq!(response.field(name), None, "{name}");
    }
    let closing = "export default () => new Response('hi', { headers: { connection: 'close' } });";
    let server = Launch::serve(engine, closing).start();
    assert_eq!(server.get("/").field("connection"), Some("close"));
}

fn responses_without_a_body(engine: Engine) {
    let source = "
        const responses = {
            '/204': () => new Response(null, { status: 204, headers: { 'x-a': '1' } }),
            '/302': () => Response.redirect('http://test/there'),
            '/200': () => new Response(undefined, { headers: [['set-cookie', 'a'], ['set-cookie', 'b']] }),
            '/299': () => new Response('hi', { status: 299, statusText: 'Of its own', headers: { 'x-a': '1' } }),
        };
        export default (request) => responses[new URL(request.url).pathname]();
    ";
    let server = Launch::serve(engine, source).start();
    let response = server.get("/204");
    assert_eq!((response.status, response.field("x-a")), (204, Some("1")));
    let response = server.get("/302");
    assert_eq!(
        (response.status, response.field("location")),
        (302, Some("http://test/there"))
    );
    let response = server.get("/200");
    assert_eq!((response.status, response.text()), (200, ""));
    assert_eq!(response.all("set-cookie"), ["a", "b"]);
    let response = server.get("/299");
    assert_eq!((response.status, response.reason.as_str()), (299, "Of its own"));
    assert_eq!((response.text(), response.field("x-a")), ("hi", Some("1")));
}

fn a_response_is_sent_once(engine: Engine) {
    for response in [
        "new Response('hi')",
        "new Response('hi', { headers: { 'x-a': '1' } })",
        "new Response(new Uint8Array([104, 105]))",
        "Response.json('hi')",
    ] {
        let source = format!("const response = {response}; export default () => response;");
        let server = Launch::serve(engine, &source).start();
        assert_eq!(server.get("/").status, 200, "{response}");
        assert_eq!(server.get("/").status, 500, "{response}");
    }
    let source = "const response = new Response('hi'); export default () => response.clone();";
    let server = Launch::serve(engine, source).start();
    for _ in 0..3 {
        assert_eq!(server.get("/").text(), "hi");
    }
}

fn headers_of_a_request_are_iterated_over_in_order(engine: Engine) {
    let source = "
        let kept;
        export default (request) => {
            const { pathname } = new URL(request.url);
            if (pathname === '/keep') kept = request;
            const { headers } = pathname === '/kept' ? kept : request;
            const seen = [...headers];
            const again = [];
            headers.forEach((value, name) => again.push([name, value]));
            const copy = [...new Headers(headers)];
            if (JSON.stringify(seen) !== JSON.stringify(again)) throw new Error('forEach differs');
            if (JSON.stringify(seen) !== JSON.stringify(copy)) throw new Error('a copy differs');
            if ([...headers.keys()].join() !== seen.map((pair) => pair[0]).join()) throw new Error('keys differ');
            if (seen.some(([name, value]) => name !== 'set-cookie' && headers.get(name) !== value)) throw new Error('get differs');
            return Response.json(seen);
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut connection = server.connect();
    let mut ask = |path: &str, fields: &str| {
        connection.send(format!("GET {path} HTTP/1.1\r\nhost: h\r\n{fields}\r\n"));
        connection.response().text().to_owned()
    };
    let fields = "x-z: 1\r\nVIA:\t2 \r\nSet-Cookie: b\r\nAccept-Encoding: gzip\r\nX-A:\r\nvia: 3\r\nset-cookie: a\r\nx-a: \u{e9}\r\n";
    let expected = r#"[["accept-encoding","gzip"],["host","h"],["set-cookie","b"],["set-cookie","a"],["via","2, 3"],["x-a",", Ã©"],["x-z","1"]]"#;
    for _ in 0..OFTEN {
        assert_eq!(ask("/", fields), expected);
    }
    assert_eq!(ask("/keep", fields), expected);
    assert_eq!(ask("/kept", "x-other: 1\r\n"), expected);
    // More than there is room for at first.
    let many: String = (10..90)
        .map(|number| format!("n-{number}: {number}\r\n"))
        .collect();
    let listed: Vec<String> = (10..90)
        .map(|number| format!(r#"["n-{number}","{number}"]"#))
        .collect();
    assert_eq!(ask("/", &many), format!(r#"[["host","h"],{}]"#, listed.join(",")));
    assert_eq!(ask("/", fields), expected);
}

fn a_content_type_may_be_empty(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const bodies = { '/text': 'hi', '/bytes': new Uint8Array([104, 105]) };
        export default (request) =>
            new Response(bodies[new URL(request.url).pathname], { headers: { 'content-type': '' } });
    ",
    )
    .start();
    for path in ["/text", "/bytes"] {
        let response = server.get(path);
        assert_eq!(
            (response.text(), response.field("content-type")),
            ("hi", Some("")),
            "{path}"
        );
    }
}

fn copied_fields_do_not_keep_their_request(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request) => {
            if (request.url.endsWith('/heap')) {
                gc();
                return new Response(String(process.memoryUsage().heapUsed));
            }
            const headers = new Headers();
            for (const [name, value] of request.headers) headers.set(name, value);
            return new Response(null, { headers: { 'x-copied': headers.get('x-value') } });
        };
    ",
    )
    .options(["--cores", "1", "--v8-flags=--expose-gc"])
    .start();
    let heap = || server.get("/heap").text().parse::<usize>().expect("a number");
    let padding = "p".repeat(30_000);
    let mut connection = server.connect();
    let before = heap();
    for number in 0..500 {
        let value = format!("a value of some length {number}");
        connection.send(format!(
            "GET / HTTP/1.1\r\nhost: a\r\nx-name-of-some-length-{number}: {value}\r\nx-value: {value}\r\nx-padding: {padding}\r\n\r\n"
        ));
        assert_eq!(connection.response().field("x-copied"), Some(value.as_str()));
    }
    // All the requests together have fifteen million bytes.
    let grown = heap().saturating_sub(before);
    assert!(grown < 5_000_000, "{grown} bytes");
}
