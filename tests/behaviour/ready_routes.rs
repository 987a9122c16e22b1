//! Routes that are Responses: which bodies they may have, and how often they are given.

use crate::support::{Engine, Launch, request};

on_both_engines![
    ready_routes_take_every_whole_body,
    ready_routes_that_are_not_whole_are_named,
];

fn ready_routes_take_every_whole_body(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const form = new FormData();
        form.set('a', '1');
        form.set('file', new File(['content'], 'a.txt', { type: 'text/plain' }));
        const lookedAt = new Response('looked at');
        if (!lookedAt.body || lookedAt.bodyUsed) throw new Error('no body');
        const blob = new Blob(['<b>', new Blob(['in', 'ner']).slice(1), '</b>'], { type: 'text/html' });
        const blobLookedAt = new Response(blob);
        if (!blobLookedAt.body) throw new Error('no body');
        const cloned = new Response(blob);
        const clone = cloned.clone();
        const bodies = {
            text: new Response('text'),
            bytes: new Response(new Uint8Array([98, 121])),
            buffer: new Response(new Uint8Array([98, 117]).buffer),
            view: new Response(new DataView(new Uint8Array([97, 98, 99]).buffer, 1)),
            params: new Response(new URLSearchParams('a=1&b=2')),
            blob: new Response(blob),
            file: new Response(new File(['body{}'], 'a.css', { type: 'text/css' })),
            form: new Response(form),
            none: new Response(null, { status: 204, headers: { 'x-a': 'b' } }),
            lookedAt, blobLookedAt, cloned, clone,
            copied: new Response(new Response('copied').body),
            json: Response.json([1], { status: 201 }),
        };
        const routes = {};
        for (const [name, response] of Object.entries(bodies)) {
            routes[`/${name}`] = response;
            routes[`/any/${name}/:rest`] = response;
        }
        export default { routes, fetch: () => new Response('fetch', { status: 404 }) };
    ",
    )
    .options(["--cores", "1"])
    .start();
    let html = Some("text/html");
    let plain = Some("text/plain;charset=UTF-8");
    for (name, status, content_type, text) in [
        ("text", 200, plain, "text"),
        ("bytes", 200, None, "by"),
        ("buffer", 200, None, "bu"),
        ("view", 200, None, "bc"),
        (
            "params",
            200,
            Some("application/x-www-form-urlencoded;charset=UTF-8"),
            "a=1&b=2",
        ),
        ("blob", 200, html, "<b>nner</b>"),
        ("file", 200, Some("text/css"), "body{}"),
        ("none", 204, None, ""),
        ("lookedAt", 200, plain, "looked at"),
        ("blobLookedAt", 200, html, "<b>nner</b>"),
        ("cloned", 200, html, "<b>nner</b>"),
        ("clone", 200, html, "<b>nner</b>"),
        ("copied", 200, None, "copied"),
        ("json", 201, Some("application/json"), "[1]"),
    ] {
        for path in [format!("/{name}"), format!("/any/{name}/x")] {
            for _ in 0..3 {
                let response = server.get(&path);
                let found = (response.status, response.field("content-type"), response.text());
                assert_eq!(found, (status, content_type, text), "{path}");
            }
            let mut connection = server.connect();
            connection.send(request("HEAD", &path));
            let head = connection.response_to("HEAD");
            let length = (status != 204).then_some(text.len());
            assert_eq!((head.status, head.content_length()), (status, length), "{path}");
        }
    }
    let first = server.get("/form");
    let content_type = first.field("content-type").expect("a content type");
    let boundary = content_type.split_once("boundary=").expect("a boundary").1;
    assert!(
        first.text().contains(boundary) && first.text().contains("content"),
        "{first:?}"
    );
    for path in ["/form", "/any/form/x"] {
        let again = server.get(path);
        assert_eq!(
            (again.field("content-type"), again.text()),
            (Some(content_type), first.text())
        );
    }
}

fn ready_routes_that_are_not_whole_are_named(engine: Engine) {
    for (response, complaint) in [
        (
            "new Response(new ReadableStream())",
            "must have its whole body, not a stream",
        ),
        (
            "new Response(new Blob(['a']).stream())",
            "must have its whole body, not a stream",
        ),
        ("Response.error()", "cannot be sent"),
        ("new Response(null, { status: 101 })", "status 101"),
        ("used", "was used already"),
        ("read", "is being read already"),
    ] {
        for path in ["/exact", "/some/:pattern"] {
            let source = format!(
                "
                const used = new Response('used');
                await used.text();
                const read = new Response('read');
                read.body.getReader();
                export default {{ routes: {{ '{path}': {{ GET: {response} }} }} }};
            "
            );
            let finished = Launch::serve(engine, &source).finish();
            assert!(finished.code != Some(0), "{response}");
            let expected = format!("the route \"{path}\": ");
            assert!(
                finished.stderr.contains(&expected) && finished.stderr.contains(complaint),
                "{response}: {}",
                finished.stderr
            );
        }
    }
}
