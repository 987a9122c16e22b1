//! Reload: new code takes the place of old, and nobody notices but by the answers.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::reloading::{
    application, ask, change, expect_served, expect_served_on, reload, reloads, serving,
};
use crate::support::{Connection, Engine, Launch, Server, eventually, request};

on_both_engines![
    new_code_serves_in_the_same_process,
    what_cores_share_outlives_the_code,
    a_connection_is_kept,
    a_request_in_flight_is_finished_by_the_old_code,
    a_stream_in_flight_is_finished_by_the_old_code,
    code_that_fails_changes_nothing,
    code_that_is_not_well_changes_nothing,
    code_that_does_not_answer_changes_nothing,
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

/// Ten seconds are left to it.
fn code_that_does_not_answer_changes_nothing(engine: Engine) {
    let server = Launch::serve(engine, &application("one"))
        .options(["--reload-check", "/healthz"])
        .start();
    let start = Instant::now();
    change(&server, "export default () => new Promise(() => {});");
    server.wait_for_output("howth: not reloaded, the old code serves on: ");
    assert!(start.elapsed() > Duration::from_secs(9), "{}", server.stderr());
    expect_served(&server, "one");
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
    server.expect_refused();
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
