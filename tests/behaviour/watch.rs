//! `--watch`: the application is started again, the socket stays.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Connection, Engine, Launch, Server, eventually, request};

fn application(version: &str) -> String {
    format!(
        "import {{ suffix }} from './suffix.ts';\nexport default () => new Response('{version}' + suffix);\n"
    )
}

fn watching(engine: Engine) -> Server {
    Launch::serve(engine, &application("one"))
        .file("suffix.ts", "export const suffix: string = '-a';")
        .options(["--watch"])
        .start()
}

/// Waits until this is served.
fn expect_served(server: &Server, expected: &str) {
    eventually(expected, || server.get("/").text() == expected);
}

on_both_engines![
    a_change_is_served_soon,
    a_mistake_is_printed_and_can_be_mended,
    no_connection_is_refused_meanwhile,
    an_endless_loop_does_not_outlive_a_change,
    a_program_that_listens_for_signals_is_not_waited_for,
    a_signal_during_a_restart_lets_requests_finish,
    signals_still_end_it,
];

fn a_change_is_served_soon(engine: Engine) {
    let server = watching(engine);
    assert_eq!(server.get("/").text(), "one-a");
    std::fs::write(server.folder().join("app.ts"), application("two")).expect("a file");
    expect_served(&server, "two-a");
    std::fs::write(server.folder().join("suffix.ts"), "export const suffix = '-b';").expect("a file");
    expect_served(&server, "two-b");
}

fn a_mistake_is_printed_and_can_be_mended(engine: Engine) {
    let mut server = watching(engine);
    std::fs::write(server.folder().join("app.ts"), "export default {{{").expect("a file");
    server.wait_for_output("app.ts:1:");
    assert!(server.is_running());
    std::fs::write(server.folder().join("app.ts"), application("mended")).expect("a file");
    expect_served(&server, "mended-a");
}

fn no_connection_is_refused_meanwhile(engine: Engine) {
    let server = watching(engine);
    let (address, stop) = (server.address(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut connections = 0;
            while !stop.load(Ordering::Relaxed) {
                // Panics when the connection is refused, or ends without an answer.
                let mut connection = Connection::tcp(address);
                connection.send(request("GET", "/").replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"));
                let response = connection.response();
                assert!(
                    response.status == 200 && response.text().ends_with("-a"),
                    "{response:?}"
                );
                connection.expect_closed();
                connections += 1;
            }
            connections
        });
        for version in ["two", "three", "four"] {
            std::fs::write(server.folder().join("app.ts"), application(version)).expect("a file");
            expect_served(&server, &format!("{version}-a"));
        }
        stop.store(true, Ordering::Relaxed);
        assert!(client.join().expect("no refused connection") > 0);
    });
}

fn an_endless_loop_does_not_outlive_a_change(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default () => { console.log('stuck'); for (;;); };",
    )
    .options(["--watch", "--drain", "200ms"])
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    server.wait_for_output("stuck");
    std::fs::write(
        server.folder().join("app.ts"),
        "export default () => new Response('mended');",
    )
    .expect("a file");
    server.wait_for_output("howth: core 0 still ran JavaScript after the drain; it was ended there");
    expect_served(&server, "mended");
}

fn a_program_that_listens_for_signals_is_not_waited_for(engine: Engine) {
    let listening = "process.on('SIGTERM', () => process.exit()); setInterval(() => {}, 1000);\n";
    let server = Launch::serve(engine, &format!("{listening}{}", application("one")))
        .file("suffix.ts", "export const suffix: string = '-a';")
        .options(["--watch", "--drain", "10m"])
        .start();
    assert_eq!(server.get("/").text(), "one-a");
    std::fs::write(server.folder().join("app.ts"), application("two")).expect("a file");
    expect_served(&server, "two-a");
}

fn a_signal_during_a_restart_lets_requests_finish(engine: Engine) {
    let source = "
        let release = () => {};
        process.on('SIGUSR2', () => release());
        export default async () => {
            console.log('in flight');
            await new Promise<void>((resolve) => { release = resolve; });
            return new Response('done');
        };
    ";
    let mut server = Launch::serve(engine, source)
        .file("suffix.ts", "export const suffix: string = '-a';")
        .options(["--watch", "--drain", "20s"])
        .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    server.wait_for_output("in flight");
    let new = format!("{}console.log('two is loaded');", application("two"));
    std::fs::write(server.folder().join("app.ts"), new).expect("a file");
    server.wait_for_output("two is loaded");
    server.signal(libc::SIGTERM);
    server.expect_refused();
    server.signal(libc::SIGUSR2);
    assert_eq!(connection.response().text(), "done");
    assert_eq!(server.wait().code(), Some(0));
}

fn signals_still_end_it(engine: Engine) {
    let mut server = watching(engine);
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
}
