//! What an application does wrong: clients learn nothing, the log learns everything, the server lives on.

use crate::support::{Engine, Launch, Server, request};

/// Types above the faults, so that only a source map finds their lines again.
const FAULTY: &str = "interface Shape {
    side: number;
}
type Numbers = Array<
    number
>;
export default {
    async fetch(request: Request): Promise<Response> {
        const { pathname } = new URL(request.url);
        if (pathname === '/throw') { throw new TypeError('secret cause'); } // line 10
        if (pathname === '/reject') { await later(); }
        if (pathname === '/string') { throw 'secret string'; }
        if (pathname === '/null') { throw null; }
        if (pathname === '/undefined') { return undefined as unknown as Response; }
        if (pathname === '/text') { return 'text' as unknown as Response; }
        if (pathname === '/object') { return { status: 200 } as Response; }
        if (pathname === '/used') { const r = new Response('x'); await r.text(); return r; }
        return new Response('fine');
    },
};
async function later(): Promise<void> {
    await Promise.resolve();
    throw new Error('secret rejection'); // line 23
}
";

fn expect_500(server: &Server, path: &str) {
    let mut connection = server.connect();
    connection.send(request("GET", path));
    let response = connection.response();
    assert_eq!(response.status, 500, "{path}");
    let text = String::from_utf8_lossy(&response.body);
    for secret in ["secret", "app.ts", "TypeError", "    at ", "undefined"] {
        assert!(!text.contains(secret), "{path}: {text}");
    }
}

on_both_engines![
    clients_learn_nothing,
    stacks_name_the_lines_of_the_source,
    what_is_no_response_is_named,
    an_error_hook_makes_the_answer,
    a_response_head_that_cannot_be_sent_is_an_error,
    unhandled_rejections_are_printed_and_survived,
    unhandled_rejections_can_end_the_process,
    unhandled_rejections_can_be_ignored,
    a_failure_in_wait_until_is_printed_and_survived,
];

fn clients_learn_nothing(engine: Engine) {
    let server = Launch::serve(engine, FAULTY).start();
    for path in [
        "/throw",
        "/reject",
        "/string",
        "/null",
        "/undefined",
        "/text",
        "/object",
        "/used",
    ] {
        expect_500(&server, path);
        assert_eq!(server.get("/").text(), "fine");
    }
}

fn stacks_name_the_lines_of_the_source(engine: Engine) {
    let server = Launch::serve(engine, FAULTY).start();
    expect_500(&server, "/throw");
    server.wait_for_output("secret cause");
    server.wait_for_output("app.ts:10:");
    expect_500(&server, "/reject");
    server.wait_for_output("secret rejection");
    server.wait_for_output("app.ts:23:");
    expect_500(&server, "/string");
    server.wait_for_output("secret string");
    // And not those of our own.
    assert!(!server.stderr().contains("ext:howth/"), "{}", server.stderr());
}

fn what_is_no_response_is_named(engine: Engine) {
    let server = Launch::serve(engine, FAULTY).start();
    for (path, what) in [
        ("/undefined", "undefined"),
        ("/text", "string"),
        ("/object", "Object"),
    ] {
        let before = server.stderr().len();
        expect_500(&server, path);
        crate::support::eventually("a message", || {
            let printed = server.stderr();
            printed[before..].contains("Response") && printed[before..].contains(what)
        });
    }
}

fn an_error_hook_makes_the_answer(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default {
            fetch(request: Request) { throw new Error(new URL(request.url).pathname); },
            error(error: Error) {
                if (error.message === '/again') throw new Error('the hook failed as well');
                if (error.message === '/nothing') return undefined;
                return new Response(`caught ${error.message}`, { status: 418 });
            },
        };
    ",
    )
    .start();
    let response = server.get("/x");
    assert_eq!((response.status, response.text()), (418, "caught /x"));
    assert_eq!(server.get("/again").status, 500);
    server.wait_for_output("the hook failed as well");
    assert_eq!(server.get("/nothing").status, 500);
}

fn a_response_head_that_cannot_be_sent_is_an_error(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request: Request) => request.url.endsWith('/bad')
            ? new Response('x', { headers: { 'x': 'a\\r\\nset-cookie: b' } }) : new Response('hi');
    ",
    )
    .start();
    let response = server.get("/bad");
    assert_eq!(response.status, 500);
    assert_eq!(response.field("set-cookie"), None);
    assert_eq!(server.get("/").text(), "hi");
}

fn unhandled_rejections_are_printed_and_survived(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        setTimeout(() => Promise.reject(new Error('lost promise')), 100);
        export default () => new Response('hi');
    ",
    )
    .start();
    server.wait_for_output("lost promise");
    assert_eq!(server.get("/").text(), "hi");
}

fn unhandled_rejections_can_end_the_process(engine: Engine) {
    let mut server = Launch::serve(
        engine,
        "
        setTimeout(() => Promise.reject(new Error('lost promise')), 500);
        export default () => new Response('hi');
    ",
    )
    .options(["--unhandled-rejections", "throw"])
    .start();
    assert_eq!(server.wait().code(), Some(1));
    server.wait_for_output("lost promise");
}

fn unhandled_rejections_can_be_ignored(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        let rejected = false;
        setTimeout(() => { rejected = true; Promise.reject(new Error('lost promise')); }, 50);
        export default () => new Response(`${rejected}`);
    ",
    )
    .options(["--unhandled-rejections", "none"])
    .start();
    crate::support::eventually("the rejection", || server.get("/").text() == "true");
    assert_eq!(server.get("/").text(), "true");
    assert!(!server.stderr().contains("lost promise"), "{}", server.stderr());
}

fn a_failure_in_wait_until_is_printed_and_survived(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request: Request, server: unknown, context: Howth.Context) => {
            context.waitUntil(Promise.reject(new Error('background failure')));
            return new Response('hi');
        };
    ",
    )
    .start();
    assert_eq!(server.get("/").text(), "hi");
    server.wait_for_output("background failure");
    assert_eq!(server.get("/").text(), "hi");
}
