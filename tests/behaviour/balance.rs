//! Requests and connections that go to a core with more time, or more room.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::busy::{APPLICATION, answer, ask, burn, of_one_core, said, serve, two_of_one_core};
use crate::support::{self, Connection, Engine, Launch, eventually, request};

on_both_engines![
    another_core_answers_while_a_handler_computes,
    bodies_and_headers_cross_to_another_core,
    streams_cross_from_another_core,
    a_handler_may_fail_on_another_core,
    without_work_sharing_requests_wait_for_their_core,
    requests_of_one_user_are_answered_by_one_core,
    a_client_may_leave_while_another_core_answers,
    connections_move_to_a_core_that_is_less_busy,
    new_clients_go_to_a_core_that_has_time,
    no_core_is_given_more_clients_than_it_may_have,
    nobody_waits_for_a_core_that_is_starting,
];

fn another_core_answers_while_a_handler_computes(engine: Engine) {
    let server = serve(engine, ["--cores", "2"]);
    let (mut burning, mut other, core) = two_of_one_core(&server);
    burn(&server, &mut burning);
    for _ in 0..10 {
        assert_ne!(answer(&mut other, "/who"), core);
    }
    assert!(!burning.is_readable(), "the handler has not returned");
    assert_eq!(burning.response().text(), "burned");
    assert_eq!(answer(&mut other, "/who"), core, "its own core has time again");
}

fn bodies_and_headers_cross_to_another_core(engine: Engine) {
    let server = serve(engine, ["--cores", "2"]);
    let (mut burning, mut other, core) = two_of_one_core(&server);
    burn(&server, &mut burning);
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
    let (mut burning, mut other, _) = two_of_one_core(&server);
    burn(&server, &mut burning);
    ask(&mut other, "/stream");
    let response = other.response();
    assert_eq!(response.body.len(), 800_000);
    assert!(!burning.is_readable(), "the handler has not returned");
    assert_eq!(answer(&mut other, "/who").len(), 36, "the connection is kept");
    assert_eq!(burning.response().text(), "burned");
}

fn a_handler_may_fail_on_another_core(engine: Engine) {
    let server = serve(engine, ["--cores", "2"]);
    let (mut burning, mut other, _) = two_of_one_core(&server);
    burn(&server, &mut burning);
    ask(&mut other, "/fail");
    assert_eq!(other.response().status, 500);
    assert!(!burning.is_readable(), "the handler has not returned");
    assert_eq!(burning.response().text(), "burned");
}

fn without_work_sharing_requests_wait_for_their_core(engine: Engine) {
    for name in ["--no-work-sharing", "--no-exchange"] {
        let server = serve(engine, ["--cores", "2", name]);
        let (mut burning, mut other, core) = two_of_one_core(&server);
        burn(&server, &mut burning);
        assert_eq!(answer(&mut other, "/who"), core);
        assert!(burning.is_readable(), "it was answered before");
        assert_eq!(burning.response().text(), "burned");
        let is_told = server
            .stderr()
            .contains("--no-exchange is called --no-work-sharing now");
        assert_eq!(is_told, name == "--no-exchange", "{}", server.stderr());
    }
}

fn requests_of_one_user_are_answered_by_one_core(engine: Engine) {
    for sharing in [&[][..], &["--no-work-sharing"]] {
        let options = ["--cores", "2", "--affinity", "cookie:user"];
        let launch = Launch::serve(engine, APPLICATION).options(options);
        let server = launch.options(sharing.iter().copied()).start();
        let (mut one, _, core) = two_of_one_core(&server);
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
                connection.send_apart(&body[20_000..]);
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
    let (mut burning, mut other, _) = two_of_one_core(&server);
    burn(&server, &mut burning);
    ask(&mut other, "/stream");
    assert_eq!(other.head().status, 200);
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
            let metrics = support::ask(&mut asking, "/metrics");
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
    let (mut burning, _other, core) = two_of_one_core(&server);
    burn(&server, &mut burning);
    let mut clients: Vec<Connection> = (0..16).map(|_| server.connect()).collect();
    for client in &mut clients {
        assert_ne!(answer(client, "/who"), core);
    }
    assert!(!burning.is_readable(), "the handler has not returned");
    assert_eq!(burning.response().text(), "burned");
    for client in &mut clients {
        assert_ne!(answer(client, "/who"), core);
    }
    let metrics = support::ask(&mut burning, "/metrics");
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

/// Twenty connections at once on two cores. Most clients meet the socket of the core that computes, or of one that is
/// full.
fn no_core_is_given_more_clients_than_it_may_have(engine: Engine) {
    let server = serve(engine, ["--cores", "2", "--max-connections", "10"]);
    let (mut burning, _other, _) = two_of_one_core(&server);
    burn(&server, &mut burning);
    let mut waiting: Vec<Connection> = (0..30).map(|_| server.connect()).collect();
    waiting.iter_mut().for_each(|client| ask(client, "/who"));
    let mut served: Vec<Connection> = Vec::new();
    eventually("an answer to as many as there is room for", || {
        served.extend(waiting.extract_if(.., |client| client.is_readable()));
        served.len() >= 18
    });
    assert_eq!(burning.response().text(), "burned");
    for client in &mut served {
        assert_eq!(client.response().status, 200);
    }
    // Both cores have time now, and turn often enough to take more if they did.
    for _ in 0..10 {
        for client in &mut served {
            answer(client, "/who");
        }
    }
    served.extend(waiting.extract_if(.., |client| client.is_readable()));
    assert_eq!((served.len(), waiting.len()), (18, 12));
    drop(served);
    for client in &mut waiting {
        assert_eq!(client.response().status, 200);
    }
}

/// The second core is on the mesh long before it serves.
fn nobody_waits_for_a_core_that_is_starting(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        await new Promise((resolve) => setTimeout(resolve, 500));
        console.log('a core');
        export default () => new Response('hi');
    ",
    )
    .options(["--cores", "2", "--affinity", "header:user"])
    .start();
    let mut connection = server.connect();
    let mut users = 0..;
    let mut ask_for_all = |count: usize| {
        for user in users.by_ref().take(count) {
            connection.send(format!("GET / HTTP/1.1\r\nhost: a\r\nuser: {user}\r\n\r\n"));
            assert_eq!(connection.response().text(), "hi");
        }
    };
    eventually("the second core", || {
        ask_for_all(10);
        said(&server, "a core") == 2
    });
    ask_for_all(200);
}
