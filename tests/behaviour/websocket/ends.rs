//! How sockets end: by either side, by silence, with the server.

use std::time::Duration;

use super::ECHO;
use super::client::{CLOSE, Client, PING, PONG, TEXT, closing};
use crate::support::{Engine, Launch, eventually, raise_open_files_limit};

on_both_engines![
    either_side_closes,
    a_client_that_is_gone_is_told_as_such,
    a_client_that_does_not_close_is_ended,
    a_silent_client_is_asked_and_then_ended,
    a_client_that_answers_stays,
    a_drain_closes_sockets,
    a_reload_closes_sockets_and_the_next_are_the_new_codes,
    a_server_that_stops_closes_its_sockets,
    a_core_that_starts_again_closes_its_sockets,
    a_deadline_of_the_request_is_not_the_sockets,
    many_sockets_are_cheap,
];

const CLOSER: &str = "
    export default {
        fetch: (request, server) => server.upgrade(request) ? undefined : new Response('plain'),
        websocket: {
            idleTimeout: IDLE,
            sendPings: PINGS,
            message(socket, message) {
                if (message === 'close') socket.close(4001, 'enough');
                else if (message === 'plain') socket.close();
                else if (message === 'wrong') socket.close(1005);
                else if (message === 'terminate') socket.terminate();
                else socket.send(message);
                if (socket.readyState !== 1) console.log('sent', socket.send('late'), socket.readyState);
            },
            close: (socket, code, reason) => console.log(`closed ${code} '${reason}' ${socket.readyState}`),
        },
    };
";

fn closer(idle: &str, pings: &str) -> String {
    CLOSER.replace("IDLE", idle).replace("PINGS", pings)
}

fn either_side_closes(engine: Engine) {
    let server = Launch::serve(engine, &closer("120", "true")).start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "close");
    assert_eq!(client.expect_close(4001), "enough");
    server.wait_for_output("sent 0 2");
    // What comes before the answer is nobody's.
    client.send(TEXT, "more");
    client.send(CLOSE, closing(4001, ""));
    client.0.expect_closed();
    server.wait_for_output("closed 4001 'enough' 3");
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "plain");
    assert_eq!(client.expect_close(1000), "");
    client.send(CLOSE, "");
    client.0.expect_closed();
    server.wait_for_output("closed 1000 '' 3");
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "wrong");
    server.wait_for_output("the code 1005 must not be sent");
    client.send(CLOSE, "");
    assert_eq!(client.take(CLOSE), b"");
    client.0.expect_closed();
    server.wait_for_output("closed 1005 '' 3");
}

fn a_client_that_is_gone_is_told_as_such(engine: Engine) {
    let server = Launch::serve(engine, &closer("120", "true")).start();
    for end in ["finish", "reset", "drop", "terminate"] {
        let before = server.stdout().matches("closed 1006 '' 3").count();
        let mut client = Client::open(&server, "/");
        client.send(TEXT, "last");
        assert_eq!(client.text(), "last");
        match end {
            "finish" => {
                client.0.finish_sending();
                client.0.expect_closed();
            }
            "reset" => {
                client.0.reset_on_close();
                drop(client);
            }
            "drop" => drop(client),
            _ => {
                client.send(TEXT, "terminate");
                assert!(client.0.rest_until_closed().is_empty());
            }
        }
        eventually(end, || {
            server.stdout().matches("closed 1006 '' 3").count() > before
        });
    }
}

fn a_client_that_does_not_close_is_ended(engine: Engine) {
    let server = Launch::serve(engine, &closer("120", "true")).start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "close");
    client.expect_close(4001);
    // It goes on instead; after a while nobody listens.
    client.0.expect_closed();
    server.wait_for_output("closed 4001 'enough' 3");
}

fn a_silent_client_is_asked_and_then_ended(engine: Engine) {
    let server = Launch::serve(engine, &closer("0.3", "true")).start();
    let mut client = Client::open(&server, "/");
    assert_eq!(client.take(PING), b"");
    assert_eq!(client.expect_close(1001), "silent for too long");
    client.0.expect_closed();
    server.wait_for_output("closed 1006 'the client was silent for too long' 3");
    // Without being asked.
    let server = Launch::serve(engine, &closer("0.1", "false")).start();
    let mut client = Client::open(&server, "/");
    client.expect_close(1001);
    client.0.expect_closed();
}

fn a_client_that_answers_stays(engine: Engine) {
    let server = Launch::serve(engine, &closer("0.2", "true")).start();
    let mut client = Client::open(&server, "/");
    for _ in 0..5 {
        client.take(PING);
        client.send(PONG, "");
    }
    client.send(TEXT, "here");
    loop {
        match client.frame() {
            (0x89, _) => client.send(PONG, ""),
            (first, payload) => {
                assert_eq!((first, payload), (0x81, b"here".to_vec()));
                break;
            }
        }
    }
    let server = Launch::serve(engine, &closer("0", "true")).start();
    let mut client = Client::open(&server, "/");
    client.0.expect_silence(Duration::from_millis(300));
    client.send(TEXT, "for ever");
    assert_eq!(client.text(), "for ever");
}

fn a_drain_closes_sockets(engine: Engine) {
    let mut server = Launch::serve(engine, &closer("120", "true"))
        .options(["--drain", "20s"])
        .start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "before");
    assert_eq!(client.text(), "before");
    let mut deaf = Client::open(&server, "/");
    server.signal(libc::SIGTERM);
    server.expect_refused();
    // What is on its way is still answered.
    client.send(TEXT, "within the grace");
    assert_eq!(client.text(), "within the grace");
    assert_eq!(client.expect_close(1001), "");
    client.send(CLOSE, closing(1001, ""));
    client.0.expect_closed();
    server.wait_for_output("closed 1001 '' 3");
    // One that does not answer holds the end up for a while only.
    deaf.expect_close(1001);
    assert!(server.wait().success());
    deaf.0.expect_closed();
}

fn a_reload_closes_sockets_and_the_next_are_the_new_codes(engine: Engine) {
    let source = |answer: &str| {
        format!(
            "export default {{
                fetch: (request, server) => server.upgrade(request) ? undefined : new Response('{answer}'),
                websocket: {{ message: (socket) => void socket.send('{answer}') }},
            }};"
        )
    };
    let server = Launch::serve(engine, &source("old"))
        .options(["--cores", "1"])
        .start();
    let mut old = Client::open(&server, "/");
    std::fs::write(server.folder().join("app.ts"), source("new")).expect("a file to write");
    server.signal(libc::SIGHUP);
    assert_eq!(old.expect_close(1001), "");
    old.send(CLOSE, closing(1001, ""));
    old.0.expect_closed();
    eventually("the new code", || server.get("/").text() == "new");
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "which?");
    assert_eq!(client.text(), "new");
}

fn a_server_that_stops_closes_its_sockets(engine: Engine) {
    let source = "
        const server = Howth.serve({
            port: 0,
            hostname: '127.0.0.1',
            fetch: (request, server) => void server.upgrade(request),
            websocket: {
                async message() {
                    await server.stop();
                    console.log('stopped');
                },
                close: (_, code) => console.log('closed', code),
            },
        });
    ";
    let mut server = Launch::run(engine, source).start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "stop");
    client.expect_close(1001);
    client.send(CLOSE, closing(1001, ""));
    client.0.expect_closed();
    server.wait_for_output("closed 1001");
    server.wait_for_output("stopped");
    assert!(server.wait().success());
}

fn a_core_that_starts_again_closes_its_sockets(engine: Engine) {
    let source = "
        export default {
            fetch: (request, server) => server.upgrade(request) ? undefined : new Response('served'),
            websocket: {
                message(socket, message) {
                    socket.send(message);
                    if (message === 'throw') setTimeout(() => { throw new Error('of the program'); });
                },
            },
        };
    ";
    let server = Launch::serve(engine, source)
        .options(["--cores", "1", "--uncaught-exceptions", "restart"])
        .start();
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "throw");
    assert_eq!(client.text(), "throw");
    assert_eq!(client.expect_close(1012), "");
    client.0.expect_closed();
    eventually("the new core", || server.get("/").text() == "served");
    let mut client = Client::open(&server, "/");
    client.send(TEXT, "again");
    assert_eq!(client.text(), "again");
}

fn a_deadline_of_the_request_is_not_the_sockets(engine: Engine) {
    let source = "
        export default {
            fetch(request, server) {
                server.timeout(request, 1);
                server.upgrade(request);
            },
            websocket: { message: (socket, message) => void socket.send(message) },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut client = Client::open(&server, "/");
    client.0.expect_silence(Duration::from_millis(1_500));
    client.send(TEXT, "still");
    assert_eq!(client.text(), "still");
}

/// Silent sockets take little, and what they took is given back.
fn many_sockets_are_cheap(engine: Engine) {
    const SOCKETS: usize = 2_000;
    raise_open_files_limit();
    let server = Launch::serve(engine, ECHO).options(["--cores", "1"]).start();
    let open = || -> Vec<Client> {
        let mut clients: Vec<Client> = (0..SOCKETS).map(|_| Client::open(&server, "/")).collect();
        for client in &mut clients {
            client.send(TEXT, "hello");
            assert_eq!(client.text(), "hello");
        }
        clients
    };
    let before = server.resident_bytes();
    let clients = open();
    let each = server.resident_bytes().saturating_sub(before) / SOCKETS as u64;
    assert!(each < 16_000, "{each} bytes a socket");
    drop(clients);
    eventually("all are gone", || {
        server.stdout().matches("closed 1006").count() == SOCKETS
    });
    let once = server.resident_bytes();
    drop(open());
    eventually("all are gone again", || {
        server.stdout().matches("closed 1006").count() == 2 * SOCKETS
    });
    let twice = server.resident_bytes();
    assert!(twice < once + 16_000_000, "{once} {twice}");
}
