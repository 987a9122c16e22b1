//! From the command line to the start-up line, and what stops it.

use std::net::TcpListener;

use crate::support::{Connection, Engine, Launch, request};

const HELLO: &str = "export default () => new Response('hi');";

on_both_engines![
    the_start_up_line_says_what_serves_and_where,
    several_cores_share_the_port,
    a_unix_domain_socket,
    a_unix_domain_socket_ends_with_its_server,
    a_successor_takes_a_unix_domain_socket_over_during_a_drain,
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
    an_application_of_nodes_server,
    options_behind_the_file,
    an_import_that_is_not_there,
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
    assert!(
        server.start_line().contains("2 cores, module state is per core"),
        "{}",
        server.start_line()
    );
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

fn a_unix_domain_socket_ends_with_its_server(engine: Engine) {
    let launch = Launch::run(
        engine,
        "
        const server = Howth.serve({ unix: 'first.sock' }, () => new Response('hi'));
        await server.stop();
        Howth.serve({ port: 0 }, () => new Response('still there'));
    ",
    )
    .own_address();
    let path = launch.folder().join("first.sock");
    let server = launch.start();
    server.wait_for_output("listening on http://");
    assert!(std::os::unix::net::UnixStream::connect(&path).is_err());
    assert!(!path.exists());
}

fn a_successor_takes_a_unix_domain_socket_over_during_a_drain(engine: Engine) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("shared.sock");
    let launch = |source: &str| {
        Launch::serve(engine, source)
            .own_address()
            .options(["--unix".as_ref(), path.as_os_str()])
    };
    let mut old = launch(
        "
        export default async () => {
            console.log('in flight');
            await new Promise((resolve) => setTimeout(resolve, 3000));
            return new Response('old');
        };
    ",
    )
    .start();
    let mut slow = Connection::unix(&path);
    slow.send(request("GET", "/"));
    old.wait_for_output("in flight");
    old.signal(libc::SIGTERM);
    crate::support::eventually("a socket that is given up", || !path.exists());
    let _new = launch("export default () => new Response('new');").start();
    assert_eq!(slow.response().text(), "old");
    assert_eq!(old.wait().code(), Some(0));
    let mut connection = Connection::unix(&path);
    connection.send(request("GET", "/"));
    assert_eq!(connection.response().text(), "new");
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

/// They are run, not served.
fn an_application_of_nodes_server(engine: Engine) {
    let express =
        "const app = (request, response, next) => {}; app.listen = app.handle = app.use = () => app;";
    for (code, part) in [
        (format!("{express} module.exports = app;"), "listen(port)"),
        (
            "module.exports = require('http').createServer();".to_owned(),
            "listen(port)",
        ),
        (
            "module.exports = { listen() {}, callback() {} };".to_owned(),
            "listen(port)",
        ),
        (
            "require('net').createServer().listen('own.sock');".to_owned(),
            "listens itself",
        ),
        (
            "Deno.serve({ port: 0, onListen() {}, automaticCompression: true }, () => new Response());"
                .to_owned(),
            "listens itself",
        ),
        ("Deno.listen({ port: 0 });".to_owned(), "listens itself"),
    ] {
        let finished = Launch::serve(engine, "")
            .file("app.cjs", &code)
            .entry("app.cjs")
            .finish();
        assert_eq!(finished.code, Some(1), "{code}: {finished:?}");
        assert!(
            finished.complaint().contains(part) && finished.complaint().contains("howth run app.cjs"),
            "{code}: {finished:?}"
        );
    }
    // It listens by node:http, which the engine serves, whatever it exports.
    let server = Launch::serve(engine, "")
        .own_address()
        .file(
            "app.cjs",
            "
            const app = (request, response) => response.end('own');
            const server = require('http').createServer(app).listen(0);
            module.exports = { fetch: app, hostname: '127.0.0.1', get port() { return server.address().port; } };
            ",
        )
        .entry("app.cjs")
        .start();
    assert_eq!(server.get("/").text(), "own");
}

fn options_behind_the_file(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default () => Response.json(process.argv.slice(2));",
    )
    .own_address()
    .arguments(["--port", "0", "--host=127.0.0.6", "a", "--", "--port", "b"])
    .start();
    assert_eq!(server.address().ip().to_string(), "127.0.0.6");
    assert_eq!(server.get("/").text(), r#"["a","--port","b"]"#);
    let finished = Launch::serve(engine, HELLO).arguments(["--verbose"]).finish();
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.complaint().contains("--verbose") && finished.complaint().contains("behind --"),
        "{finished:?}"
    );
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

fn trace_tells_where_time_goes(engine: Engine) {
    let mut server = Launch::serve(engine, HELLO)
        .environment("HOWTH_TRACE", "1")
        .start();
    for _ in 0..10 {
        server.get("/");
    }
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for_output("howth: trace: core 0: ");
    server.wait_for_output("event loop ");
    // The parts are all of the whole.
    let line = |text: String| {
        text.lines()
            .find(|line| line.contains(" each took: "))
            .map(str::to_owned)
    };
    let mut found = None;
    crate::support::eventually("a line that splits a request's time", || {
        found = line(server.stderr());
        found.is_some()
    });
    let found = found.expect("a line");
    let times: Vec<f64> = found
        .split(" each took: ")
        .nth(1)
        .expect("times")
        .split(", ")
        .zip(["parsing ", "body ", "JavaScript ", "waiting ", "the whole "])
        .map(|(part, name)| {
            let time = part.strip_prefix(name).and_then(|time| time.strip_suffix(" µs"));
            time.expect(name).parse().expect("a number")
        })
        .collect();
    assert_eq!(times.len(), 5, "{found}");
    let sum: f64 = times[..4].iter().sum();
    assert!(times[0] > 0.0 && (sum - times[4]).abs() < 0.05, "{found}");
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
