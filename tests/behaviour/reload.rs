//! Reload: new code takes the place of old, and nobody notices but by the answers.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::support::{Connection, Engine, Launch, Server, eventually, request};

/// What is printed when all cores run new code.
const RELOADED: &str = "the new code serves on";

/// Answers with its version and the process's id; to a body with that.
fn application(version: &str) -> String {
    format!(
        "console.log('{version} is loaded');
        export default async (request: Request) => {{
            if (request.method === 'POST') return new Response(await request.text());
            return new Response(`{version} ${{process.pid}}`);
        }};"
    )
}

fn serving(engine: Engine, cores: &str) -> Server {
    let server = Launch::serve(engine, &application("one"))
        .options(["--cores", cores])
        .start();
    // A core that starts late would find the code of a later version.
    eventually("a program on each core", || {
        let loaded = server.stdout().matches("one is loaded").count();
        loaded.to_string() == cores
    });
    server
}

/// Puts `source` in the place of the application, and asks for a reload.
fn change(server: &Server, source: &str) {
    std::fs::write(server.folder().join("app.ts"), source).expect("a file");
    server.signal(libc::SIGHUP);
}

fn reloads(server: &Server) -> usize {
    server.stdout().matches(RELOADED).count()
}

/// Reloads, and waits until every core runs the new code.
#[track_caller]
fn reload(server: &Server, source: &str) {
    let before = reloads(server);
    change(server, source);
    eventually("a reload", || reloads(server) > before);
}

/// Asks on a connection that is kept.
#[track_caller]
fn ask(connection: &mut Connection, path: &str) -> String {
    connection.send(request("GET", path));
    let response = connection.response();
    assert!(response.status == 200 && !response.closes(), "{response:?}");
    response.text().to_owned()
}

/// An old core accepts until it has heard of the new one.
#[track_caller]
fn expect_served(server: &Server, version: &str) {
    eventually(version, || server.get("/").text().starts_with(version));
}

/// A connection goes on with the new core once it is idle.
#[track_caller]
fn expect_served_on(connection: &mut Connection, version: &str) {
    eventually(version, || ask(connection, "/").starts_with(version));
}

on_both_engines![
    new_code_serves_in_the_same_process,
    not_one_request_is_lost,
    what_cores_share_outlives_the_code,
    a_connection_is_kept,
    a_request_in_flight_is_finished_by_the_old_code,
    a_stream_in_flight_is_finished_by_the_old_code,
    code_that_fails_changes_nothing,
    code_that_is_not_well_changes_nothing,
    a_core_that_hears_nothing_keeps_nobody_from_the_new_code,
    a_reload_takes_the_place_of_one_that_gets_nowhere,
    a_signal_during_a_reload_ends_all_of_it,
    a_reload_during_a_drain_changes_nothing,
    a_program_may_go_to_another_port,
    a_program_may_take_back_all_cores_but_one,
    a_unix_domain_socket_is_kept,
    the_command_finds_the_process,
];

fn new_code_serves_in_the_same_process(engine: Engine) {
    let server = serving(engine, "2");
    let first = server.get("/").text().to_owned();
    reload(&server, &application("two"));
    expect_served(&server, &first.replace("one", "two"));
}

fn not_one_request_is_lost(engine: Engine) {
    reload_under_load(engine, 10, 300);
}

/// The same with a million requests: `cargo test --release --test behaviour -- --ignored a_million`, half a minute.
mod a_million_requests_over_ten_reloads {
    use crate::support::Engine;

    #[test]
    #[ignore = "takes the whole machine: a step of its own in .ci/run"]
    fn io_uring() {
        if let Some(engine) = Engine::io_uring() {
            super::reload_under_load(engine, 10, 100_000);
        }
    }

    #[test]
    #[ignore = "takes the whole machine: a step of its own in .ci/run"]
    fn portable() {
        super::reload_under_load(Engine::Portable, 10, 100_000);
    }
}

/// Counts requests that were answered, until told to stop.
struct Load {
    answered: AtomicU64,
    is_over: AtomicBool,
}

impl Load {
    fn repeat(&self, mut round: impl FnMut() -> u64) {
        while !self.is_over.load(Ordering::Relaxed) {
            self.answered.fetch_add(round(), Ordering::Relaxed);
        }
    }

    fn wait_for(&self, requests: u64) {
        let before = self.answered.load(Ordering::Relaxed);
        eventually("answers under load", || {
            self.answered.load(Ordering::Relaxed) >= before + requests
        });
    }
}

/// Clients of several kinds ask without a pause; each of them panics when an answer is missing, wrong or the last.
fn reload_under_load(engine: Engine, times: u64, requests_each: u64) {
    let server = serving(engine, "2");
    let load = Load {
        answered: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
    };
    let (address, last) = (server.address(), format!("v{} ", times - 1));
    std::thread::scope(|scope| {
        let one_by_one = || {
            let mut connection = Connection::tcp(address);
            load.repeat(|| {
                ask(&mut connection, "/");
                1
            });
            expect_served_on(&mut connection, &last);
        };
        let pipelined = || {
            let mut connection = Connection::tcp(address);
            load.repeat(|| {
                connection.send(request("GET", "/").repeat(3));
                for _ in 0..3 {
                    assert!(!connection.response().closes());
                }
                3
            });
            expect_served_on(&mut connection, &last);
        };
        let with_bodies = || {
            let (mut connection, body) = (Connection::tcp(address), "x".repeat(50_000));
            load.repeat(|| {
                connection.send(format!(
                    "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                ));
                assert_eq!(connection.response().text(), body);
                1
            });
            expect_served_on(&mut connection, &last);
        };
        let on_new_connections = || {
            load.repeat(|| {
                let mut connection = Connection::tcp(address);
                connection.send("GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
                assert_eq!(connection.response().status, 200);
                1
            });
            expect_served(&server, &last);
        };
        let clients = [
            scope.spawn(one_by_one),
            scope.spawn(one_by_one),
            scope.spawn(pipelined),
            scope.spawn(with_bodies),
            scope.spawn(on_new_connections),
        ];
        let reloaded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for version in 0..times {
                reload(&server, &application(&format!("v{version}")));
                load.wait_for(requests_each);
            }
        }));
        load.is_over.store(true, Ordering::Relaxed);
        for client in clients {
            client
                .join()
                .expect("a client all of whose requests were answered");
        }
        reloaded.expect("a reload each time");
    });
    assert!(load.answered.load(Ordering::Relaxed) >= times * requests_each);
    assert_eq!(server.stderr(), "");
}

fn what_cores_share_outlives_the_code(engine: Engine) {
    let counting = |version: &str| {
        format!(
            "console.log('{version} is loaded');
            export default () => new Response(`{version} ${{Howth.kv.increment('count')}}`);"
        )
    };
    let server = Launch::serve(engine, &counting("one")).start();
    assert_eq!(server.get("/").text(), "one 1");
    reload(&server, &counting("two"));
    assert_eq!(server.get("/").text(), "two 2");
}

fn a_connection_is_kept(engine: Engine) {
    let server = serving(engine, "1");
    let (mut asked, mut silent) = (server.connect(), server.connect());
    expect_served_on(&mut asked, "one");
    for version in ["two", "three"] {
        reload(&server, &application(version));
        expect_served_on(&mut asked, version);
    }
    expect_served_on(&mut silent, "three");
}

/// Answers `/slow` once `/release` is asked for on the same core, whatever becomes of its code.
fn slow() -> &'static str {
    "
    import { existsSync } from 'node:fs';
    export default async (request: Request) => {
        if (!request.url.endsWith('/slow')) return new Response('old');
        console.log('in flight');
        while (!existsSync('release')) await new Promise((resolve) => setTimeout(resolve, 10));
        return new Response('old, and slow');
    };
    "
}

fn release(server: &Server) {
    std::fs::write(server.folder().join("release"), "").expect("a file");
}

fn a_request_in_flight_is_finished_by_the_old_code(engine: Engine) {
    let server = Launch::serve(engine, slow()).start();
    let mut connection = server.connect();
    connection.send(request("GET", "/slow"));
    server.wait_for_output("in flight");
    reload(&server, &application("new"));
    expect_served(&server, "new");
    // What is sent behind it is for whoever goes on with the connection.
    connection.send(request("GET", "/"));
    release(&server);
    let response = connection.response();
    assert_eq!((response.text(), response.closes()), ("old, and slow", false));
    let behind = connection.response();
    assert!(matches!(behind.text(), "old") || behind.text().starts_with("new"));
    expect_served_on(&mut connection, "new");
}

fn a_stream_in_flight_is_finished_by_the_old_code(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        import { existsSync } from 'node:fs';
        export default () => new Response(new ReadableStream({
            async start(controller) {
                controller.enqueue(new TextEncoder().encode('begun'));
                while (!existsSync('release')) await new Promise((resolve) => setTimeout(resolve, 10));
                controller.enqueue(new TextEncoder().encode('ended'));
                controller.close();
            },
        }));
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    assert_eq!(connection.chunk_after_head(), b"begun");
    reload(&server, &application("new"));
    release(&server);
    assert_eq!(connection.chunk(), b"ended");
    connection.end_of_chunks();
    expect_served_on(&mut connection, "new");
}

fn code_that_fails_changes_nothing(engine: Engine) {
    let mut server = serving(engine, "2");
    let mut kept = server.connect();
    let before = ask(&mut kept, "/");
    for (source, complaint) in [
        ("export default {{{", "app.ts:1:"),
        ("throw new Error('no database');", "no database"),
        ("console.log('no server');", "has no handler"),
        ("process.exitCode = 3; await new Promise(() => {});", "app.ts"),
        (
            "import './missing.ts'; export default () => new Response();",
            "missing.ts",
        ),
    ] {
        let printed = server.stderr().len();
        change(&server, source);
        eventually(complaint, || {
            let stderr = server.stderr();
            let new = &stderr[printed..];
            new.contains("howth: not reloaded, the old code serves on: ") && new.contains(complaint)
        });
        assert_eq!(ask(&mut kept, "/"), before);
        assert_eq!(server.get("/").text(), before);
    }
    assert!(server.is_running());
    assert_eq!(reloads(&server), 0);
    reload(&server, &application("two"));
    expect_served_on(&mut kept, "two");
}

fn code_that_is_not_well_changes_nothing(engine: Engine) {
    let server = Launch::serve(engine, &application("one"))
        .options(["--reload-check", "/healthz"])
        .start();
    change(
        &server,
        "export default () => new Response('ill', { status: 503 });",
    );
    server.wait_for_output(
        "howth: not reloaded, the old code serves on: GET /healthz answered 503; the new code is not well",
    );
    expect_served(&server, "one");
    reload(
        &server,
        "
        let isAsked = false;
        export default (request: Request) => {
            isAsked ||= request.url.endsWith('/healthz');
            return new Response(String(isAsked));
        };
    ",
    );
    assert_eq!(server.get("/").text(), "true");
}

fn a_core_that_hears_nothing_keeps_nobody_from_the_new_code(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default () => { console.log('stuck'); for (;;); };",
    )
    .options(["--drain", "10m"])
    .start();
    let mut stuck = server.connect();
    stuck.send(request("GET", "/"));
    server.wait_for_output("stuck");
    let mut waiting = server.connect();
    reload(&server, &application("new"));
    waiting.send(request("GET", "/"));
    assert!(waiting.response().text().starts_with("new"));
    expect_served(&server, "new");
}

fn a_reload_takes_the_place_of_one_that_gets_nowhere(engine: Engine) {
    let server = serving(engine, "2");
    let endless = "console.log('begun'); await new Promise((resolve) => setTimeout(resolve, 1e9));";
    change(&server, endless);
    server.wait_for_output("begun");
    expect_served(&server, "one");
    reload(&server, &application("two"));
    expect_served(&server, "two");
    // One after the other, without waiting for any.
    for version in ["three", "four", "five"] {
        change(&server, &application(version));
    }
    expect_served(&server, "five");
}

fn a_signal_during_a_reload_ends_all_of_it(engine: Engine) {
    let mut server = Launch::serve(engine, slow()).start();
    let mut connection = server.connect();
    connection.send(request("GET", "/slow"));
    server.wait_for_output("in flight");
    // One core hands over, one serves, one starts.
    reload(&server, &application("two"));
    let mut other = server.connect();
    expect_served_on(&mut other, "two");
    change(
        &server,
        "console.log('begun'); await new Promise((resolve) => setTimeout(resolve, 1e9));",
    );
    server.wait_for_output("begun");
    server.signal(libc::SIGTERM);
    other.expect_closed();
    release(&server);
    let response = connection.response();
    assert_eq!((response.text(), response.closes()), ("old, and slow", true));
    assert_eq!(server.wait().code(), Some(0));
}

fn a_reload_during_a_drain_changes_nothing(engine: Engine) {
    let mut server = Launch::serve(engine, slow()).start();
    let mut connection = server.connect();
    connection.send(request("GET", "/slow"));
    server.wait_for_output("in flight");
    server.signal(libc::SIGTERM);
    eventually("a refused connection", || {
        std::net::TcpStream::connect_timeout(&server.address(), Duration::from_secs(1)).is_err()
    });
    change(&server, &application("new"));
    release(&server);
    assert_eq!(connection.response().text(), "old, and slow");
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(reloads(&server), 0);
}

fn a_program_may_go_to_another_port(engine: Engine) {
    let at = |port: u16, name: &str| {
        format!(
            "export default {{ port: {port}, hostname: '127.0.0.1', fetch: () => new Response('{name}') }};"
        )
    };
    let free = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("it is bound")
    };
    let (before, after) = (free(), free());
    let server = Launch::serve(engine, &at(before.port(), "before"))
        .own_address()
        .options(["--cores", "2"])
        .start();
    let mut kept = server.connect();
    assert_eq!(ask(&mut kept, "/"), "before");
    reload(&server, &at(after.port(), "after"));
    let mut new = Connection::tcp(after);
    assert_eq!(ask(&mut new, "/"), "after");
    expect_served_on(&mut kept, "after");
    eventually("the end of the old port", || {
        std::net::TcpStream::connect_timeout(&before, Duration::from_secs(1)).is_err()
    });
}

fn a_program_may_take_back_all_cores_but_one(engine: Engine) {
    let server = serving(engine, "2");
    let mut kept: Vec<_> = (0..10).map(|_| server.connect()).collect();
    for connection in &mut kept {
        expect_served_on(connection, "one");
    }
    reload(
        &server,
        "
        const core = crypto.randomUUID();
        Howth.serveLocal(() => new Response(core));
    ",
    );
    // Whichever core had them before.
    let only = kept
        .iter_mut()
        .map(|connection| {
            let mut answer = String::new();
            eventually("the answer of the only core", || {
                answer = ask(connection, "/");
                !answer.starts_with("one")
            });
            answer
        })
        .collect::<std::collections::HashSet<_>>();
    assert_eq!(only.len(), 1, "{only:?}");
    reload(&server, &application("two"));
    expect_served(&server, "two");
}

fn a_unix_domain_socket_is_kept(engine: Engine) {
    let launch = Launch::serve(engine, &application("one")).own_address().options([
        "--cores",
        "2",
        "--unix",
        "howth.sock",
    ]);
    let server = launch.start();
    let path = server.folder().join("howth.sock");
    let mut kept = Connection::unix(&path);
    expect_served_on(&mut kept, "one");
    for version in ["two", "three"] {
        reload(&server, &application(version));
        expect_served_on(&mut kept, version);
        for _ in 0..10 {
            assert!(ask(&mut Connection::unix(&path), "/").starts_with(version));
        }
    }
}

fn the_command_finds_the_process(engine: Engine) {
    let mut server = Launch::serve(engine, &application("one"))
        .options(["--pid-file", "howth.pid"])
        .start();
    let file = server.folder().join("howth.pid");
    eventually("a process id", || file.exists());
    let number = std::fs::read_to_string(&file).expect("a process id");
    for (version, arguments) in [
        ("two", ["--pid-file", file.to_str().expect("a path")].as_slice()),
        ("three", &[number.trim()]),
    ] {
        std::fs::write(server.folder().join("app.ts"), application(version)).expect("a file");
        let before = reloads(&server);
        let told = Command::new(env!("CARGO_BIN_EXE_howth"))
            .arg("reload")
            .args(arguments)
            .status();
        assert!(told.expect("howth starts").success());
        eventually("a reload", || reloads(&server) > before);
        expect_served(&server, version);
    }
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(!file.exists());
}

#[test]
fn the_command_says_why_it_told_nobody() {
    let own = std::process::id().to_string();
    for (arguments, complaint) in [
        ([own.as_str()].as_slice(), "is no `howth serve`"),
        (&["--pid-file", "missing.pid"], "cannot read missing.pid"),
        (&["2147483647"], "cannot tell process 2147483647 to reload"),
    ] {
        let finished = Launch::bare("reload")
            .entry("")
            .options(arguments.iter().copied())
            .finish();
        assert_eq!(finished.code, Some(1));
        assert!(finished.complaint().contains(complaint), "{finished:?}");
    }
    for arguments in [["no-number"].as_slice(), &["0"], &["1", "--pid-file", "a"]] {
        let finished = Launch::bare("reload")
            .entry("")
            .options(arguments.iter().copied())
            .finish();
        assert_eq!(finished.code, Some(2), "{finished:?}");
    }
}
