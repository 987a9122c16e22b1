//! From the command line to the start-up line, and what stops it.

use std::net::TcpListener;

use crate::support::{Connection, Engine, Finished, Launch, request};

const HELLO: &str = "export default () => new Response('hi');";

/// Runs `howth serve` with this option alone, which ends it.
fn refused(option: &str) -> Finished {
    let launch = Launch::serve(Engine::Portable, HELLO).any_engine().own_address();
    launch.options([option]).finish()
}

on_both_engines![
    the_start_up_line_says_what_serves_and_where,
    several_cores_share_the_port,
    a_unix_domain_socket,
    a_socket_nobody_listens_on_is_replaced,
    a_port_in_use,
    a_port_in_use_by_another_howth,
    flag_over_module_over_environment,
    env_files,
    env_files_configure_howth_itself,
    quiet_prints_no_start_up_line,
    a_syntax_error,
    an_error_while_the_module_runs,
    a_module_that_exports_no_application,
    an_import_that_is_not_there,
    a_heap_that_is_given,
    trace_tells_where_time_goes,
];

fn the_start_up_line_says_what_serves_and_where(engine: Engine) {
    let server = Launch::serve(engine, HELLO).start();
    let line = server.start_line();
    assert!(
        line.starts_with(&format!(
            "howth {} listening on http://127.0.0.1:",
            env!("CARGO_PKG_VERSION")
        )),
        "{line}"
    );
    assert!(line.contains("1 core") && line.contains("V8 "), "{line}");
    let name = if engine == Engine::IoUring {
        "io_uring"
    } else {
        "portable"
    };
    assert!(line.contains(name), "{line}");
    assert_eq!(server.get("/").text(), "hi");
}

fn several_cores_share_the_port(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const core = crypto.randomUUID();
        export default () => new Response(core);
    ",
    )
    .options(["--cores", "2"])
    .start();
    assert!(server.start_line().contains("2 cores"), "{}", server.start_line());
    let mut cores = std::collections::HashSet::new();
    crate::support::eventually("an answer from both cores", || {
        cores.insert(server.get("/").text().to_owned());
        cores.len() == 2
    });
}

fn a_unix_domain_socket(engine: Engine) {
    let launch = Launch::serve(
        engine,
        "
        export default (request: Request, server: Howth.RequestServer) => Response.json({
            url: request.url, ip: server.requestIP(request), port: server.port ?? null,
        });
    ",
    )
    .own_address()
    .options(["--unix", "howth.sock"]);
    let path = launch.folder().join("howth.sock");
    let mut server = launch.start();
    for _ in 0..2 {
        let mut connection = Connection::unix(&path);
        connection.send(request("GET", "/x"));
        let seen = connection.response().json();
        assert!(
            seen["url"].as_str().is_some_and(|url| url.ends_with("/x")),
            "{seen}"
        );
        assert!(seen["ip"].is_null() && seen["port"].is_null(), "{seen}");
    }
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(!path.exists(), "the socket was left behind");
}

fn a_socket_nobody_listens_on_is_replaced(engine: Engine) {
    let launch = Launch::serve(engine, HELLO)
        .own_address()
        .options(["--unix", "howth.sock"]);
    let path = launch.folder().join("howth.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    let _server = launch.start();
    let mut connection = Connection::unix(&path);
    connection.send(request("GET", "/"));
    assert_eq!(connection.response().text(), "hi");
}

fn a_port_in_use(engine: Engine) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let finished = Launch::serve(engine, HELLO)
        .own_address()
        .options(["--host", "127.0.0.1", "--port", &port])
        .finish();
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.complaint().contains(&port) && finished.complaint().contains("in use"),
        "{finished:?}"
    );
}

/// Two servers do not share a port by accident.
fn a_port_in_use_by_another_howth(engine: Engine) {
    let server = Launch::serve(engine, HELLO).start();
    let port = server.address().port().to_string();
    let finished = Launch::serve(engine, HELLO)
        .own_address()
        .options(["--host", "127.0.0.1", "--port", &port])
        .finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.complaint().contains("in use"), "{finished:?}");
}

fn flag_over_module_over_environment(engine: Engine) {
    let exports = "export default { port: 0, hostname: '127.0.0.2', fetch: () => new Response('hi') };";
    let server = Launch::serve(engine, exports)
        .own_address()
        .environment("PORT", "1")
        .environment("HOST", "127.0.0.3")
        .start();
    assert_eq!(server.address().ip().to_string(), "127.0.0.2");
    let server = Launch::serve(engine, exports)
        .own_address()
        .options(["--host", "127.0.0.4"])
        .environment("HOST", "127.0.0.3")
        .start();
    assert_eq!(server.address().ip().to_string(), "127.0.0.4");
    let server = Launch::serve(engine, HELLO)
        .own_address()
        .environment("PORT", "0")
        .environment("HOST", "127.0.0.3")
        .start();
    assert_eq!(server.address().ip().to_string(), "127.0.0.3");
}

fn env_files(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const { FIRST, SECOND, THIRD, QUOTED } = process.env;
        export default () => Response.json([FIRST, SECOND, THIRD, QUOTED]);
    ",
    )
    .file(
        "a.env",
        "FIRST=a\nSECOND=a\nTHIRD=a\n# a comment\nQUOTED=\"two words\"\n",
    )
    .file("b.env", "SECOND=b\nTHIRD=b\n")
    .environment("THIRD", "set before")
    .options(["--env-file", "a.env", "--env-file", "b.env"])
    .start();
    assert_eq!(
        server.get("/").text(),
        "[\"a\",\"b\",\"set before\",\"two words\"]"
    );
}

fn env_files_configure_howth_itself(engine: Engine) {
    let server = Launch::serve(engine, HELLO)
        .own_address()
        .file(".env", "PORT=0\nHOST=127.0.0.5\n")
        .options(["--env-file", ".env"])
        .start();
    assert_eq!(server.address().ip().to_string(), "127.0.0.5");
}

fn quiet_prints_no_start_up_line(engine: Engine) {
    let socket = "quiet.sock";
    let launch = Launch::run(
        engine,
        "
        const server = Howth.serve({ unix: 'quiet.sock' }, () => new Response('hi'));
        await server.stop();
    ",
    )
    .options(["--quiet"]);
    let finished = launch.finish();
    assert_eq!(
        (finished.code, finished.stdout.as_str(), finished.stderr.as_str()),
        (Some(0), "", ""),
        "{socket}"
    );
}

fn a_syntax_error(engine: Engine) {
    let finished = Launch::serve(engine, "const x: number = 1;\nexport default { fetch( };\n").finish();
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("app.ts:2:"), "{finished:?}");
    assert!(finished.stderr.starts_with("howth: "), "{finished:?}");
}

fn an_error_while_the_module_runs(engine: Engine) {
    let finished = Launch::serve(engine, "type T = {\n};\nthrow new Error('broken at start');\n").finish();
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stderr.contains("broken at start") && finished.stderr.contains("app.ts:3:"),
        "{finished:?}"
    );
}

fn a_module_that_exports_no_application(engine: Engine) {
    for source in [
        "export const x = 1;",
        "export default 42;",
        "export default {};",
        "export default null;",
    ] {
        let finished = Launch::serve(engine, source).finish();
        assert_eq!(finished.code, Some(1), "{source}");
        assert!(
            finished.complaint().contains("app.ts") && finished.complaint().contains("fetch"),
            "{finished:?}"
        );
    }
}

fn an_import_that_is_not_there(engine: Engine) {
    for specifier in ["./missing.ts", "missing-package", "node:missing"] {
        let finished = Launch::serve(engine, &format!("import '{specifier}';\n{HELLO}")).finish();
        assert_eq!(finished.code, Some(1));
        assert!(finished.stderr.starts_with("howth: "), "{finished:?}");
        assert!(
            finished.stderr.contains("missing") && finished.stderr.contains("app.ts"),
            "{finished:?}"
        );
    }
}

fn a_heap_that_is_given(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        import v8 from 'node:v8';
        export default () => new Response(`${v8.getHeapStatistics().heap_size_limit}`);
    ",
    )
    .options(["--max-heap", "200M"])
    .start();
    let limit: u64 = server.get("/").text().parse().expect("a number");
    assert!((150 << 20..300 << 20).contains(&limit), "{limit}");
}

fn trace_tells_where_time_goes(engine: Engine) {
    let mut server = Launch::serve(engine, HELLO)
        .environment("HOWTH_TRACE", "1")
        .start();
    for _ in 0..10 {
        server.get("/");
    }
    let quiet = server.start_line().len();
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    let printed = server.stdout().len() + server.stderr().len();
    assert!(printed > quiet + 50, "{}{}", server.stdout(), server.stderr());
}

#[test]
fn files_that_cannot_be_served() {
    for (entry, cause) in [
        ("missing.ts", "no such file"),
        (".", "folder"),
        ("notes.txt", ".txt"),
        ("README", "extension"),
    ] {
        let finished = Launch::serve(Engine::Portable, HELLO)
            .file("notes.txt", "")
            .file("README", "")
            .entry(entry)
            .finish();
        assert_eq!(finished.code, Some(1));
        assert!(
            finished.complaint().contains(entry) && finished.complaint().contains(cause),
            "{finished:?}"
        );
    }
    let missing = Launch::serve(Engine::Portable, HELLO)
        .entry("missing.ts")
        .finish();
    assert_eq!(
        missing.complaint(),
        "howth: cannot find missing.ts (no such file); give the path of the application's entry file"
    );
}

#[test]
fn options_that_are_wrong() {
    for (option, part) in [
        ("--prot=1", "--port"),
        ("--port=65536", "65535"),
        ("--port=http", "'http'"),
        ("--cores=0", "1 to 1024"),
        ("--uring=perhaps", "auto, require, off"),
        ("--max-head=0", "--max-head"),
        ("--max-head=much", "32K"),
        ("--max-fields=0", "--max-fields"),
        ("--max-heap=1K", "32M"),
        ("--max-connections=-1", "--max-connections"),
        ("--timeout-head=10", "10s"),
        ("--timeout-head=0s", "off"),
        ("--drain=soon", "10s"),
        ("--inspect=here", "127.0.0.1:9229"),
        ("--unhandled-rejections=panic", "warn, throw, none"),
        ("--env-file=missing.env", "missing.env (no such file)"),
        ("--no-such-option", "--no-such-option"),
    ] {
        let finished = refused(option);
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.complaint().contains(part), "{option}: {finished:?}");
    }
}

#[test]
fn variables_that_are_wrong() {
    for (name, value) in [
        ("PORT", "eighty"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("HOWTH_URING", "maybe"),
        ("HOWTH_TRACE", "yes"),
    ] {
        let finished = Launch::serve(Engine::Portable, HELLO)
            .any_engine()
            .own_address()
            .environment(name, value)
            .finish();
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(
            finished.complaint().contains(name) && finished.complaint().contains(value),
            "{finished:?}"
        );
    }
}

#[test]
fn env_files_that_are_wrong() {
    for (content, cause) in [
        ("A=1\nno assignment here\n", "no assignment"),
        ("A='open\n", "A='open"),
    ] {
        let finished = Launch::serve(Engine::Portable, HELLO)
            .file("bad.env", content)
            .options(["--env-file", "bad.env"])
            .finish();
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(
            finished.complaint().contains("bad.env") && finished.complaint().contains(cause),
            "{finished:?}"
        );
    }
}

#[test]
fn an_address_that_cannot_be_had() {
    let finished = Launch::serve(Engine::Portable, HELLO)
        .own_address()
        .options(["--host", "192.0.2.1", "--port", "0"])
        .finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.complaint().contains("192.0.2.1"), "{finished:?}");
}

#[test]
fn help_and_versions() {
    let help = Launch::bare("--help").entry("").finish();
    assert_eq!(help.code, Some(0));
    for part in ["serve", "run", "completions", "HOWTH_URING", "PORT, HOST"] {
        assert!(help.stdout.contains(part), "{help:?}");
    }
    for command in ["serve", "run", "completions"] {
        let help = Launch::bare(command).entry("").options(["--help"]).finish();
        assert_eq!(help.code, Some(0), "{help:?}");
        assert!(
            help.stdout.contains(&format!("Usage: howth {command}")),
            "{help:?}"
        );
    }
    let version = Launch::bare("--version").entry("").finish();
    assert_eq!(version.code, Some(0));
    assert!(
        version
            .stdout
            .starts_with(concat!("howth ", env!("CARGO_PKG_VERSION"))),
        "{version:?}"
    );
    assert!(version.stdout.contains("V8 "), "{version:?}");
    for shell in ["bash", "zsh", "fish"] {
        let completions = Launch::bare("completions").entry(shell).finish();
        assert_eq!(completions.code, Some(0));
        assert!(completions.stdout.contains("uring"), "{shell}");
    }
}

#[test]
fn commands_that_are_wrong() {
    for (command, entry, part) in [
        ("serv", "", "serve"),
        ("app.ts", "", "howth serve app.ts"),
        ("serve", "", "FILE"),
    ] {
        let finished = Launch::bare(command).entry(entry).finish();
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.complaint().contains(part), "{finished:?}");
    }
}
