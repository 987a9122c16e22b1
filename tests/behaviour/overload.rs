//! Handlers that do not give the core back: what is answered meanwhile, and how they end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::busy::{answer, ask, burning, serve, two_of_one_core};
use crate::support::{Connection, Engine, Launch, eventually, request};

on_both_engines![
    a_fixed_route_is_answered_while_a_handler_computes,
    health_is_told_while_a_handler_computes,
    health_is_told_during_a_drain,
    a_handler_that_never_returns_is_ended,
    a_timer_that_never_returns_is_ended,
    the_rest_of_a_batch_survives_a_handler_that_is_ended,
    nobody_waits_for_ever_when_a_handler_is_ended_after_an_await,
    nobody_waits_for_ever_when_a_batch_is_ended,
    a_client_that_has_left_is_not_served,
    who_would_wait_too_long_is_refused_at_once,
    a_core_that_is_flooded_does_not_hold_the_others_up,
];

fn a_fixed_route_is_answered_while_a_handler_computes(engine: Engine) {
    let server = serve(engine, []);
    let mut kept = server.connect();
    assert_eq!(answer(&mut kept, "/fixed"), "fixed");
    let mut burning = burning(&server);
    for _ in 0..3 {
        assert_eq!(answer(&mut kept, "/fixed"), "fixed");
        assert_eq!(server.get("/fixed").text(), "fixed", "on a new connection");
    }
    assert!(!burning.is_readable(), "the handler has not returned");
    assert_eq!(burning.response().text(), "burned");
}

fn health_is_told_while_a_handler_computes(engine: Engine) {
    let server = serve(engine, ["--health", "/healthz"]);
    let mut burning = burning(&server);
    let response = server.get("/healthz?verbose");
    assert_eq!((response.status, response.text()), (200, "ready"));
    let mut asking = server.connect();
    asking.send(request("HEAD", "/healthz"));
    assert_eq!(asking.response_to("HEAD").status, 200);
    assert!(!burning.is_readable(), "the handler has not returned");
    assert_eq!(burning.response().text(), "burned");
    // Another method is the application's.
    let response = server.fetch("POST /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(response.text().len(), 36, "{response:?}");
}

fn health_is_told_during_a_drain(engine: Engine) {
    let mut server = serve(engine, ["--health", "/healthz"]);
    let mut kept = server.connect();
    assert_eq!(answer(&mut kept, "/healthz"), "ready");
    let mut slow = server.connect();
    ask(&mut slow, "/slow");
    let mut asked = 0;
    eventually("the slow one is being answered", || {
        asked += 1;
        answer(&mut kept, "/many") == (asked + 1).to_string()
    });
    server.signal(libc::SIGTERM);
    server.expect_refused();
    ask(&mut kept, "/healthz");
    let response = kept.response();
    assert_eq!((response.status, response.text()), (503, "draining"));
    assert_eq!(slow.response().text(), "slow");
    assert!(server.wait().success());
}

fn a_handler_that_never_returns_is_ended(engine: Engine) {
    let server = serve(engine, ["--handler-cpu-limit", "300ms"]);
    let mut other = server.connect();
    other.expect_open();
    for _ in 0..2 {
        let response = server.get("/loop");
        assert_eq!(response.status, 503, "{response:?}");
        assert_eq!(response.field("retry-after"), Some("1"));
    }
    assert_eq!(answer(&mut other, "/who").len(), 36, "the core goes on");
    server.wait_for_output("--handler-cpu-limit");
    let stderr = server.stderr();
    assert!(
        stderr.contains("at fetch (") && stderr.contains("app.ts:"),
        "{stderr}"
    );
}

fn a_timer_that_never_returns_is_ended(engine: Engine) {
    let server = serve(engine, ["--handler-cpu-limit", "300ms"]);
    assert_eq!(server.get("/later").text(), "soon");
    server.wait_for_output("--handler-cpu-limit");
    assert_eq!(server.get("/who").status, 200);
}

fn the_rest_of_a_batch_survives_a_handler_that_is_ended(engine: Engine) {
    let server = serve(engine, ["--handler-cpu-limit", "300ms"]);
    let mut connection = server.connect();
    connection.send(
        ["/many", "/loop", "/many", "/many"]
            .map(|path| request("GET", path))
            .concat(),
    );
    let answers: Vec<_> = (0..4).map(|_| connection.response()).collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 503, 200, 200]);
    let counts = [0, 2, 3].map(|at| answers[at].text());
    assert_eq!(counts, ["1", "3", "4"], "each request was handled once");
}

fn nobody_waits_for_ever_when_a_handler_is_ended_after_an_await(engine: Engine) {
    let server = serve(engine, ["--handler-cpu-limit", "300ms"]);
    let mut connection = server.connect();
    let paths = ["/who", "/await", "/who", "/who"];
    connection.send(paths.map(|path| request("GET", path)).concat());
    let statuses: Vec<u16> = paths.iter().map(|_| connection.response().status).collect();
    // Whose continuation it was nobody knows: those behind it may have been lost with it.
    assert!(
        statuses.iter().all(|status| matches!(status, 200 | 503)),
        "{statuses:?}"
    );
    assert!(statuses.contains(&503), "{statuses:?}");
    assert_eq!(answer(&mut connection, "/who").len(), 36, "the core goes on");
}

fn nobody_waits_for_ever_when_a_batch_is_ended(engine: Engine) {
    let source = r#"
        Howth.serveArrays({ batchSize: 2 }, (requests) => requests.map((request) => {
            if (request.url.endsWith("/loop")) for (;;);
            return { body: "ok" };
        }));
    "#;
    let server = Launch::serve(engine, source)
        .options(["--handler-cpu-limit", "300ms"])
        .start();
    let mut connection = server.connect();
    let paths = ["/a", "/b", "/c", "/loop", "/e", "/f"];
    connection.send(paths.map(|path| request("GET", path)).concat());
    let statuses: Vec<u16> = paths.iter().map(|_| connection.response().status).collect();
    assert_eq!(statuses[3], 503);
    assert!(
        statuses.iter().all(|status| matches!(status, 200 | 503)),
        "{statuses:?}"
    );
    assert_eq!(answer(&mut connection, "/g"), "ok");
}

fn a_client_that_has_left_is_not_served(engine: Engine) {
    let server = serve(engine, ["--timeout-handler", "300ms", "--max-queue-delay", "off"]);
    let mut burning = burning(&server);
    let mut waiting = server.connect();
    ask(&mut waiting, "/many");
    // Its deadline passes while the handler before it computes.
    assert_eq!(waiting.response().status, 503);
    burning.rest_until_closed();
    server.wait_for_output("burned\n");
    // The first request of `burning`'s connection, the one that computes, and this one.
    assert_eq!(server.get("/many").text(), "3");
}

fn who_would_wait_too_long_is_refused_at_once(engine: Engine) {
    let server = serve(engine, ["--max-queue-delay", "100ms"]);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let client = || {
            let mut connection = server.connect();
            let mut statuses = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                ask(&mut connection, "/little");
                let response = connection.response();
                if response.status == 503 {
                    assert_eq!(response.field("retry-after"), Some("1"));
                    std::thread::sleep(Duration::from_millis(50));
                }
                statuses.push(response.status);
            }
            statuses
        };
        let clients: Vec<_> = (0..40).map(|_| scope.spawn(client)).collect();
        let mut asking = server.connect();
        eventually("somebody is refused", || refused(&mut asking) > Some(0));
        is_over.store(true, Ordering::Relaxed);
        let statuses: Vec<u16> = clients
            .into_iter()
            .flat_map(|client| client.join().expect("answers"))
            .collect();
        assert!(statuses.contains(&200) && statuses.contains(&503));
        assert!(statuses.iter().all(|status| matches!(status, 200 | 503)));
    });
    // The queue is empty, and so nobody is refused any more.
    eventually("it is over", || server.get("/who").status == 200);
}

/// What the core has refused; `None`: this was refused as well.
fn refused(connection: &mut Connection) -> Option<u64> {
    ask(connection, "/metrics");
    let response = connection.response();
    let metrics = (response.status == 200).then(|| response.json())?;
    metrics["cores"][0]["refused"].as_u64()
}

fn a_core_that_is_flooded_does_not_hold_the_others_up(engine: Engine) {
    let server = serve(engine, ["--cores", "2", "--no-work-sharing"]);
    let (mut flooding, _, core) = two_of_one_core(&server);
    let mut other = server.connect();
    while answer(&mut other, "/who") == core {
        other = server.connect();
    }
    // More than one core is ever going to answer here.
    let flood = request("GET", "/burn").repeat(60);
    flooding.send(flood);
    for _ in 0..20 {
        assert_ne!(answer(&mut other, "/who"), core);
    }
    assert_eq!(flooding.response().text(), "burned");
}
