//! Handlers that do not give the core back: what is answered meanwhile, and how they end.

use std::collections::HashSet;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::{Connection, Engine, Launch, Server, eventually, request};

/// `/burn` computes for a second, `/who` says which core answers, `/loop` never ends.
const APPLICATION: &str = r#"
    const core = crypto.randomUUID();
    let requests = 0;
    function burn(ms: number) {
        const end = performance.now() + ms;
        while (performance.now() < end);
    }
    function stream() {
        let left = 40;
        return new ReadableStream({
            async pull(controller) {
                await new Promise((resolve) => setTimeout(resolve, 1));
                controller.enqueue(new Uint8Array(20_000));
                if (--left === 0) controller.close();
            },
        });
    }
    export default {
        routes: { "/fixed": new Response("fixed") },
        async fetch(request: Request) {
            requests++;
            const { pathname } = new URL(request.url);
            switch (pathname) {
                case "/burn": burn(1000); return new Response("burned");
                case "/loop": for (;;);
                case "/later": await 1; setTimeout(() => { for (;;); }, 1); return new Response("soon");
                case "/await": await 1; for (;;);
                case "/slow": await new Promise((resolve) => setTimeout(resolve, 1000)); return new Response("slow");
                case "/many": return new Response(String(requests));
                case "/stream": return new Response(stream());
                case "/echo": return new Response(await request.text(), {
                    headers: { core, "x-agent": request.headers.get("user-agent") ?? "" },
                });
                case "/little": burn(10); return new Response(core);
                case "/some": burn(0.3); return new Response(core);
                case "/metrics": return Response.json(Howth.metrics());
                case "/fail": throw new Error("on purpose");
                default: return new Response(core);
            }
        },
    };
"#;

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
    another_core_answers_while_a_handler_computes,
    bodies_and_headers_cross_to_another_core,
    streams_cross_from_another_core,
    a_handler_may_fail_on_another_core,
    without_exchange_requests_wait_for_their_core,
    requests_of_one_user_are_answered_by_one_core,
    a_client_may_leave_while_another_core_answers,
    connections_move_to_a_core_that_is_less_busy,
    new_clients_go_to_a_core_that_has_time,
    no_core_is_given_more_clients_than_it_may_have,
    who_would_wait_too_long_is_refused_at_once,
    a_core_that_is_flooded_does_not_hold_the_others_up,
];

fn serve<const N: usize>(engine: Engine, options: [&str; N]) -> Server {
    Launch::serve(engine, APPLICATION).options(options).start()
}

/// Asks for something and does not wait.
fn ask(connection: &mut Connection, path: &str) {
    connection.send(request("GET", path));
}

#[track_caller]
fn answer(connection: &mut Connection, path: &str) -> String {
    ask(connection, path);
    let response = connection.response();
    assert_eq!(response.status, 200, "{response:?}");
    response.text().to_owned()
}

/// Asks for `/burn`, and returns when the handler runs.
fn burning(server: &Server) -> Connection {
    let mut connection = server.connect();
    connection.expect_open();
    ask(&mut connection, "/burn");
    // The request is on the core's desk when this has passed; the handler takes a second.
    std::thread::sleep(Duration::from_millis(100));
    connection
}

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
    eventually("no new connections", || {
        TcpStream::connect(server.address()).is_err()
    });
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
        Howth.serveBatch({ batchSize: 2 }, (requests) => requests.map((request) => {
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
    let server = serve(engine, ["--timeout-handler", "300ms"]);
    let mut burning = burning(&server);
    let mut waiting = server.connect();
    ask(&mut waiting, "/many");
    // Its deadline passes while the handler before it computes.
    assert_eq!(waiting.response().status, 503);
    burning.rest_until_closed();
    std::thread::sleep(Duration::from_millis(1100));
    // The first request of `burning`'s connection, the one that computes, and this one.
    assert_eq!(server.get("/many").text(), "3");
}

/// Two connections of one core, and which one that is.
fn neighbours(server: &Server) -> (Connection, Connection, String) {
    let mut known: Vec<(String, Connection)> = Vec::new();
    for _ in 0..64 {
        let mut connection = server.connect();
        let core = answer(&mut connection, "/who");
        if let Some(at) = known.iter().position(|(other, _)| *other == core) {
            // The second core has started as well when it has answered something.
            if known.iter().any(|(other, _)| *other != core) {
                let (core, first) = known.swap_remove(at);
                return (first, connection, core);
            }
        }
        known.push((core, connection));
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("one core got all connections");
}

fn another_core_answers_while_a_handler_computes(engine: Engine) {
    let server = serve(engine, ["--cores", "2"]);
    let (mut burning, mut other, core) = neighbours(&server);
    ask(&mut burning, "/burn");
    std::thread::sleep(Duration::from_millis(100));
    for _ in 0..10 {
        assert_ne!(answer(&mut other, "/who"), core);
    }
    assert!(!burning.is_readable(), "the handler has not returned");
    assert_eq!(burning.response().text(), "burned");
    assert_eq!(answer(&mut other, "/who"), core, "its own core has time again");
}

fn bodies_and_headers_cross_to_another_core(engine: Engine) {
    let server = serve(engine, ["--cores", "2"]);
    let (mut burning, mut other, core) = neighbours(&server);
    ask(&mut burning, "/burn");
    std::thread::sleep(Duration::from_millis(100));
    for length in [0, 1, 5000, 100_000] {
        let body = "b".repeat(length);
        let head =
            format!("POST /echo HTTP/1.1\r\nhost: a\r\nuser-agent: me\r\ncontent-length: {length}\r\n\r\n");
        other.send(head + &body);
        let response = other.response();
        assert_eq!(response.field("x-agent"), Some("me"));
        assert_eq!(response.text(), body);
        // A long one may still have been arriving, and stays then.
        assert!(length > 5000 || response.field("core") != Some(core.as_str()));
    }
    other.send(request("HEAD", "/echo"));
    assert_eq!(other.response_to("HEAD").status, 200);
    assert_eq!(burning.response().text(), "burned");
}

fn streams_cross_from_another_core(engine: Engine) {
    let server = serve(engine, ["--cores", "2"]);
    let (mut burning, mut other, _) = neighbours(&server);
    ask(&mut burning, "/burn");
    std::thread::sleep(Duration::from_millis(100));
    ask(&mut other, "/stream");
    let response = other.response();
    assert_eq!(response.body.len(), 800_000);
    assert!(!burning.is_readable(), "the handler has not returned");
    assert_eq!(answer(&mut other, "/who").len(), 36, "the connection is kept");
    assert_eq!(burning.response().text(), "burned");
}

fn a_handler_may_fail_on_another_core(engine: Engine) {
    let server = serve(engine, ["--cores", "2"]);
    let (mut burning, mut other, _) = neighbours(&server);
    ask(&mut burning, "/burn");
    std::thread::sleep(Duration::from_millis(100));
    ask(&mut other, "/fail");
    assert_eq!(other.response().status, 500);
    assert!(!burning.is_readable(), "the handler has not returned");
    assert_eq!(burning.response().text(), "burned");
}

fn without_exchange_requests_wait_for_their_core(engine: Engine) {
    let server = serve(engine, ["--cores", "2", "--no-exchange"]);
    let (mut burning, mut other, core) = neighbours(&server);
    ask(&mut burning, "/burn");
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(answer(&mut other, "/who"), core);
    assert!(burning.is_readable(), "it was answered before");
    assert_eq!(burning.response().text(), "burned");
}

fn requests_of_one_user_are_answered_by_one_core(engine: Engine) {
    for exchange in [&[][..], &["--no-exchange"]] {
        let options = ["--cores", "2", "--affinity", "cookie:user"];
        let launch = Launch::serve(engine, APPLICATION).options(options);
        let server = launch.options(exchange.iter().copied()).start();
        let (mut one, _, core) = neighbours(&server);
        let mut other = server.connect();
        while answer(&mut other, "/who") == core {
            other = server.connect();
        }
        let mut cores = HashSet::new();
        for user in 0..20 {
            let body = "b".repeat(50_000);
            let head = format!(
                "POST /echo HTTP/1.1\r\nhost: a\r\ncookie: user={user}\r\ncontent-length: 50000\r\n\r\n"
            );
            let answers = [&mut one, &mut other].map(|connection| {
                // The body comes in two parts.
                connection.send(head.clone() + &body[..20_000]);
                std::thread::sleep(Duration::from_millis(5));
                connection.send(&body[20_000..]);
                let response = connection.response();
                assert_eq!(response.body.len(), 50_000, "{:?}", response.status);
                response.field("core").expect("a core").to_owned()
            });
            assert_eq!(answers[0], answers[1]);
            cores.extend(answers);
        }
        assert_eq!(cores.len(), 2, "users are spread over the cores");
        // Who is nobody's stays.
        assert_eq!(answer(&mut one, "/who"), core);
    }
}

fn a_client_may_leave_while_another_core_answers(engine: Engine) {
    let server = serve(engine, ["--cores", "2"]);
    let (mut burning, mut other, _) = neighbours(&server);
    ask(&mut burning, "/burn");
    std::thread::sleep(Duration::from_millis(100));
    ask(&mut other, "/stream");
    std::thread::sleep(Duration::from_millis(20));
    drop(other);
    assert_eq!(burning.response().text(), "burned");
    assert_eq!(server.get("/who").status, 200);
}

/// Few connections, whose requests never wait long enough to be handed over, but keep their core busy.
fn connections_move_to_a_core_that_is_less_busy(engine: Engine) {
    let server = serve(engine, ["--cores", "2"]);
    let mut connections = of_one_core(&server, 3);
    let core = answer(&mut connections[0], "/who");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let clients: Vec<_> = connections
            .iter_mut()
            .map(|connection| {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        answer(connection, "/some");
                    }
                })
            })
            .collect();
        // Of the other core, so that it does not move itself.
        let mut asking = server.connect();
        while answer(&mut asking, "/who") == core {
            asking = server.connect();
        }
        eventually("a connection moves", || {
            let metrics = json(&mut asking, "/metrics");
            let cores = metrics["cores"].as_array().expect("a list of cores");
            cores
                .iter()
                .any(|core| core["connectionsTaken"].as_u64() > Some(0))
        });
        is_over.store(true, Ordering::Relaxed);
        clients
            .into_iter()
            .for_each(|client| client.join().expect("answers"));
    });
    let cores: Vec<String> = connections
        .iter_mut()
        .map(|connection| answer(connection, "/who"))
        .collect();
    assert!(cores.iter().any(|other| *other != core), "{cores:?}");
}

/// Not only their requests: the connections are the other core's, also when this one has time again.
fn new_clients_go_to_a_core_that_has_time(engine: Engine) {
    let server = serve(engine, ["--cores", "2"]);
    let (mut burning, _other, core) = neighbours(&server);
    ask(&mut burning, "/burn");
    std::thread::sleep(Duration::from_millis(100));
    let mut clients: Vec<Connection> = (0..16).map(|_| server.connect()).collect();
    for client in &mut clients {
        assert_ne!(answer(client, "/who"), core);
    }
    assert!(!burning.is_readable(), "the handler has not returned");
    assert_eq!(burning.response().text(), "burned");
    for client in &mut clients {
        assert_ne!(answer(client, "/who"), core);
    }
    let metrics = json(&mut burning, "/metrics");
    let of_all = |name: &str| -> u64 {
        let cores = metrics["cores"].as_array().expect("a list of cores");
        cores.iter().filter_map(|core| core[name].as_u64()).sum()
    };
    assert!(of_all("connectionsSteered") > 0, "{metrics}");
    assert_eq!(
        of_all("connectionsSteered"),
        of_all("connectionsTaken"),
        "{metrics}"
    );
    assert_eq!(of_all("handedOver"), 0, "{metrics}");
}

fn no_core_is_given_more_clients_than_it_may_have(engine: Engine) {
    let server = serve(engine, ["--cores", "2", "--max-connections", "40"]);
    let (mut burning, _other, core) = neighbours(&server);
    ask(&mut burning, "/burn");
    std::thread::sleep(Duration::from_millis(100));
    // Each core has dealt about thirty of these; what one has no room for waits, or stays with the other.
    let mut clients: Vec<Connection> = (0..60).map(|_| server.connect()).collect();
    clients.iter_mut().for_each(|client| ask(client, "/who"));
    let answers: Vec<String> = clients
        .iter_mut()
        .map(|client| client.response().text().to_owned())
        .collect();
    assert!(answers.iter().any(|answer| *answer != core), "{answers:?}");
    assert_eq!(burning.response().text(), "burned");
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
        eventually("somebody is refused", || {
            std::thread::sleep(Duration::from_millis(50));
            refused(&mut asking) > Some(0)
        });
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
    let server = serve(engine, ["--cores", "2", "--no-exchange"]);
    let (mut flooding, _, core) = neighbours(&server);
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

/// So many connections, all of the same core of two.
fn of_one_core(server: &Server, count: usize) -> Vec<Connection> {
    let (first, second, core) = neighbours(server);
    let mut connections = vec![first, second];
    eventually("connections of one core", || {
        let mut connection = server.connect();
        if answer(&mut connection, "/who") == core {
            connections.push(connection);
        }
        connections.len() >= count
    });
    connections
}

#[track_caller]
fn json(connection: &mut Connection, path: &str) -> serde_json::Value {
    ask(connection, path);
    connection.response().json()
}
