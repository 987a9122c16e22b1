//! Responses that are no longer fresh: who is given them, and who waits for another.

use super::{HIT, ask, calls, expect, get, serve};
use crate::support::{Connection, Engine, eventually};

on_both_engines![
    one_waits_for_the_new_response_and_others_do_not,
    an_error_is_not_given_while_there_is_another,
    what_must_be_revalidated_is_not_given_stale,
];

/// Asks until what is kept is no longer fresh.
fn is_stale(status: Option<&str>) -> bool {
    status.is_some_and(|status| status.starts_with("howth; hit; ttl=-"))
}

fn one_waits_for_the_new_response_and_others_do_not(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/a": cache(async () => {
            const number = called("a");
            if (number === 2) await released;
            return new Response(`call ${number}`);
        }, { ttl: 0.2, staleWhileRevalidate: 60 }),
    "#,
    );
    let mut connection = server.connect();
    assert_eq!(ask(&mut connection, "/a", "").text(), "call 1");
    // One of these requests makes the second call, and waits for it; all before are hits.
    let mut waiting: Connection;
    loop {
        waiting = server.connect();
        waiting.send(get("/a", ""));
        let mut is_held = false;
        eventually("a response or a call", || {
            is_held = calls(&server, "a") == 2;
            is_held || waiting.is_readable()
        });
        if is_held && !waiting.is_readable() {
            break;
        }
        expect(&waiting.response(), HIT, "call 1");
    }
    for _ in 0..5 {
        let stale = ask(&mut connection, "/a", "");
        assert!(is_stale(stale.field("cache-status")), "{stale:?}");
        assert_eq!(stale.text(), "call 1");
    }
    server.get("/release");
    expect(&waiting.response(), "howth; fwd=stale; stored", "call 2");
    assert_eq!(calls(&server, "a"), 2);
    assert_ne!(ask(&mut connection, "/a", "").text(), "call 1");
}

fn an_error_is_not_given_while_there_is_another(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/a": cache(() => {
            if (called("a") === 1) return new Response("well", { headers: { etag: '"a"' } });
            throw new Error("on purpose");
        }, { ttl: 0.05, staleIfError: 60 }),
        "/b": cache(() => {
            if (called("b") === 1) return new Response("well");
            return new Response(new Blob(["unwell"]).stream(), { status: 503 });
        }, { ttl: 0.05, staleIfError: 60 }),
        "/c": cache(() => new Response("unwell", { status: called("c") === 1 ? 200 : 503 }), { ttl: 0.05 }),
    "#,
    );
    let mut connection = server.connect();
    for path in ["/a", "/b"] {
        assert_eq!(ask(&mut connection, path, "").text(), "well");
        eventually("an error", || {
            let response = ask(&mut connection, path, "");
            assert_eq!((response.status, response.text()), (200, "well"));
            response.field("cache-status") == Some("howth; fwd=stale; detail=error")
        });
    }
    eventually("an error that is given", || {
        ask(&mut connection, "/c", "").status == 503
    });
}

fn what_must_be_revalidated_is_not_given_stale(engine: Engine) {
    let server = serve(
        engine,
        r#"
        "/a": cache(() => new Response(String(called("a")), { headers: { "cache-control": "must-revalidate" } }), {
            ttl: 0.05, staleWhileRevalidate: 60, staleIfError: 60,
        }),
    "#,
    );
    let mut connection = server.connect();
    eventually("a third call", || {
        let response = ask(&mut connection, "/a", "");
        assert!(!is_stale(response.field("cache-status")), "{response:?}");
        response.text() == "3"
    });
}
