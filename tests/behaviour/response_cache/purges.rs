//! What is purged is forgotten, on all cores at once; what outlives the code, and what does not.

use super::{HIT, MISS, SETUP, STORED, ask, calls, counted, expect, get, serve, serve_with};
use crate::support::reloading::reload;
use crate::support::{Connection, Engine, Launch, eventually};

on_both_engines![
    purges_forget_what_they_name,
    all_cores_see_a_purge_at_once,
    what_is_being_made_is_not_kept,
    what_cannot_be_purged_is_named,
    new_code_does_not_give_what_old_code_made,
    a_core_that_starts_again_finds_what_was_kept,
];

const ROUTES: &str = r#"
    "/purge": async (request) => {
        await cache.purge(await request.json());
        return new Response();
    },
    "/clear": () => { cache.clear(); return new Response(); },
    "/pages/:name": cache((request) => {
        const { name } = request.params;
        return new Response(`${name} ${called(name)}`, { headers: { "cache-tag": `page, of-${name}` } });
    }, { ttl: 60, tags: ["all"], query: ["page"] }),
    "/held": cache(async () => {
        const number = called("held");
        if (number === 1) await released;
        return new Response(`call ${number}`);
    }, { ttl: 60, tags: ["all"] }),
"#;

fn purge(connection: &mut Connection, what: &str) {
    let length = what.len();
    connection.send(format!(
        "POST /purge HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n{what}"
    ));
    let response = connection.response();
    assert_eq!(response.status, 200, "{what}");
}

fn purges_forget_what_they_name(engine: Engine) {
    let server = serve(engine, ROUTES);
    let mut connection = server.connect();
    let mut number = 0;
    for (what, is_forgotten) in [
        (r#"{"tag":"page"}"#, true),
        (r#"{"tag":"of-a"}"#, true),
        (r#"{"tag":"OF-A"}"#, true),
        (r#"{"tag":"all"}"#, true),
        (r#"{"tag":"of-b"}"#, false),
        (r#"{"url":"/pages/a?page=1"}"#, true),
        (r#"{"url":"http://elsewhere/pages/a?utm=2&page=1"}"#, true),
        (r#"{"url":"/pages/a?page=2"}"#, false),
        (r#"{"url":"/pages/a"}"#, false),
        (r#"{"path":"/pages/a"}"#, true),
        (r#"{"path":"/pages"}"#, false),
    ] {
        let before = ask(&mut connection, "/pages/a?page=1", "");
        if before.field("cache-status") == Some(STORED) {
            number += 1;
        }
        expect(
            &ask(&mut connection, "/pages/a?page=1", ""),
            HIT,
            &format!("a {number}"),
        );
        purge(&mut connection, what);
        let after = ask(&mut connection, "/pages/a?page=1", "");
        let status = if is_forgotten { STORED } else { HIT };
        assert_eq!(after.field("cache-status"), Some(status), "{what}");
        number += u64::from(is_forgotten);
    }
    server.get("/clear");
    assert_eq!(counted(&server, "entries"), 0);
    let after = ask(&mut connection, "/pages/a?page=1", "");
    expect(&after, STORED, &format!("a {}", number + 1));
}

fn all_cores_see_a_purge_at_once(engine: Engine) {
    let server = serve_with(
        engine,
        &["--cores", "2", "--max-heap", "64M"],
        r#"
        "/purge/:number": async () => { await cache.purge({ tag: "a" }); return new Response(); },
        "/a": cache(() => new Response(String(Howth.kv.increment("a"))), { ttl: 60, tags: ["a"] }),
    "#,
    );
    let mut before = 0;
    for number in 0..50 {
        // Each on a core of the kernel's choice.
        let response = server.get("/a");
        let made: u64 = response.text().parse().expect("a number");
        assert!(made > before, "{made} was purged");
        server.get(&format!("/purge/{number}"));
        before = made;
    }
}

fn what_is_being_made_is_not_kept(engine: Engine) {
    let server = serve(engine, ROUTES);
    let mut connection = server.connect();
    let mut first = server.connect();
    first.send(get("/held", ""));
    eventually("a call", || calls(&server, "held") == 1);
    let mut second = server.connect();
    second.send(get("/held", ""));
    eventually("one that waits", || counted(&server, "waited") == 1);
    purge(&mut connection, r#"{"tag":"all"}"#);
    server.get("/release");
    // Who has asked before the purge may be given what was made before it, and nobody else.
    expect(&first.response(), MISS, "call 1");
    expect(&second.response(), MISS, "call 2");
    expect(&ask(&mut connection, "/held", ""), STORED, "call 3");
    expect(&ask(&mut connection, "/held", ""), HIT, "call 3");
}

fn what_cannot_be_purged_is_named(engine: Engine) {
    let finished = Launch::run(
        engine,
        r#"
        const { purge } = Howth.cache;
        for (const what of [undefined, {}, { tag: "a", url: "/" }, { tag: "a b" }, { url: "a" }, { path: 1 }]) {
            await purge(what as never).then(() => console.log("purged"), (error) => console.log(String(error)));
        }
        await purge({ url: new URL("https://a/b?c") });
        await new Promise((resolve) => new Worker(new URL("data:text/javascript," + encodeURIComponent(
            "await Howth.cache.purge({ tag: 'a' }); postMessage(Howth.cache.stats().entries);",
        )), { type: "module" }).onmessage = ({ data }) => { console.log(data); resolve(undefined); });
        process.exit();
    "#,
    )
    .finish();
    let expected = "\
TypeError: Howth.cache.purge takes one of { url }, { path } and { tag }
TypeError: Howth.cache.purge takes one of { url }, { path } and { tag }
TypeError: Howth.cache.purge takes one of { url }, { path } and { tag }
TypeError: Howth.cache: the tag \"a b\" must be of visible ASCII characters, without a comma
TypeError: Howth.cache.purge: give a path that begins with \"/\", or a URL
TypeError: Howth.cache.purge: give a path that begins with \"/\", or a URL
0
";
    assert_eq!(finished.stdout, expected, "{finished:?}");
}

fn new_code_does_not_give_what_old_code_made(engine: Engine) {
    let code = |version: &str| {
        format!(
            "console.log('{version} is loaded');
            export default {{ routes: {{ '/': Howth.cache(() => new Response('{version}'), {{ ttl: 60 }}) }} }};"
        )
    };
    let server = Launch::serve(engine, &code("one"))
        .options(["--cores", "1"])
        .start();
    assert_eq!(server.get("/").text(), "one");
    let again = server.get("/");
    expect(&again, HIT, "one");
    reload(&server, &code("two"));
    eventually("the new code", || server.get("/").text() == "two");
    expect(&server.get("/"), HIT, "two");
    // Nor the same code: what it reads may be new.
    reload(&server, &code("two"));
    eventually("a response of its own", || {
        let response = server.get("/");
        assert_eq!(response.text(), "two");
        response.field("cache-status") == Some(STORED)
    });
}

fn a_core_that_starts_again_finds_what_was_kept(engine: Engine) {
    let source = format!(
        "{SETUP} console.log('loaded');
        export default {{ routes: {{ ...common,
            '/a': cache(() => new Response(String(called('a'))), {{ ttl: 60 }}),
            '/fail': () => {{ setTimeout(() => {{ throw new Error('on purpose'); }}, 1); return new Response(); }},
        }} }};"
    );
    let server = Launch::serve(engine, &source)
        .options(["--cores", "1", "--uncaught-exceptions=restart"])
        .start();
    expect(&server.get("/a"), STORED, "1");
    server.get("/fail");
    eventually("another start", || server.stdout().matches("loaded").count() == 2);
    expect(&server.get("/a"), HIT, "1");
}
