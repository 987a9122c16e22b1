//! Exceptions and rejections that nothing catches, outside of any handler: they are told by their name, and what they cost
//! is what the options say.

use crate::support::{Engine, Launch, Server, connections, request};

/// Throws where a path says. Every application of these tests answers other paths.
const APPLICATION: &str = r#"
    import { EventEmitter } from "node:events";
    import process from "node:process";
    import { Readable } from "node:stream";
    const core = crypto.randomUUID();
    const emitter = new EventEmitter();
    emitter.on("event", () => { throw new TypeError("by an emitter"); });
    const target = new EventTarget();
    target.addEventListener("event", () => { throw new TypeError("by a listener"); });
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { throw new TypeError("by a message"); };
    const fail = (by: string) => () => { throw new TypeError(`by ${by}`); };
    const throwing: Record<string, () => void> = {
        "/timer": () => setTimeout(fail("a timer"), 1),
        "/immediate": () => setImmediate(fail("an immediate")),
        "/tick": () => process.nextTick(fail("a tick")),
        "/microtask": () => queueMicrotask(fail("a microtask")),
        "/emitter": () => setTimeout(() => emitter.emit("event"), 1),
        "/listener": () => target.dispatchEvent(new Event("event")),
        "/message": () => channel.port2.postMessage(1),
        "/stream": () => new Readable({ read() { setTimeout(() => this.destroy(new TypeError("by a stream")), 1); } }).resume(),
        "/error": () => setTimeout(() => emitter.emit("error", new TypeError("by an error event")), 1),
        "/string": () => setTimeout(() => { throw "by a string"; }, 1),
        "/null": () => setTimeout(() => { throw null; }, 1),
        "/getter": () => setTimeout(() => {
            throw Object.defineProperty(new TypeError("by a getter"), "extra", {
                enumerable: true, get() { throw new Error("within"); },
            });
        }, 1),
        "/rejection": () => { Promise.reject(new TypeError("by a promise")); },
        "/object": () => { Promise.reject({ by: "an object" }); },
    };
    export default {
        fetch(request: Request) {
            const { pathname } = new URL(request.url);
            throwing[pathname]?.();
            return new Response(core);
        },
    };
"#;

/// Where, and what is told.
const EXCEPTIONS: [(&str, &str); 10] = [
    ("/timer", "TypeError: by a timer"),
    ("/immediate", "TypeError: by an immediate"),
    ("/tick", "TypeError: by a tick"),
    ("/microtask", "TypeError: by a microtask"),
    ("/emitter", "TypeError: by an emitter"),
    ("/listener", "TypeError: by a listener"),
    ("/message", "TypeError: by a message"),
    ("/stream", "TypeError: by a stream"),
    ("/error", "TypeError: by an error event"),
    ("/string", "\"by a string\""),
];

on_both_engines![
    a_server_tells_of_an_exception_and_goes_on,
    a_script_that_serves_goes_on,
    a_script_that_serves_no_more_ends,
    other_requests_lose_nothing,
    the_same_again_and_again_is_told_once,
    the_program_may_listen_for_them,
    an_exception_can_end_the_process,
    an_exception_can_restart_its_core_alone,
    restarts_have_an_end_and_the_server_has_none,
    a_restart_sees_its_clients_off,
    an_import_that_never_ends_is_told_once,
    an_exception_at_the_start_is_an_error,
];

#[track_caller]
pub fn told(server: &Server, what: &str) -> usize {
    server.stderr().matches(what).count()
}

fn a_server_tells_of_an_exception_and_goes_on(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION).start();
    let core = server.get("/").text().to_owned();
    for (path, message) in EXCEPTIONS {
        assert_eq!(server.get(path).text(), core);
        let line = format!("howth: uncaught exception: {message}\n");
        server.wait_for_output(&line);
        assert_eq!(server.get("/").text(), core, "{path}");
        assert_eq!(told(&server, &line), 1, "{path}");
    }
    for path in ["/null", "/getter"] {
        let before = told(&server, "howth: uncaught exception: ");
        server.get(path);
        crate::support::eventually("a line", || told(&server, "howth: uncaught exception: ") > before);
        assert_eq!(server.get("/").text(), core);
    }
    let count = EXCEPTIONS.len() + 2;
    assert_eq!(told(&server, "howth: uncaught exception: "), count);
    assert_eq!(told(&server, "rejection"), 0);
    // By line and name of the source, and without the places of our own.
    let printed = server.stderr();
    let has_own = printed.contains("ext:howth/") || printed.contains("ext:core/");
    assert!(printed.contains("app.ts:") && !has_own, "{printed}");
    for (path, message) in [("/rejection", "by a promise"), ("/object", "an object")] {
        server.get(path);
        server.wait_for_output(message);
    }
    assert_eq!(told(&server, "howth: unhandled rejection: "), 2);
    assert_eq!(told(&server, "howth: uncaught exception: "), count);
    assert_eq!(server.get("/").text(), core);
}

fn a_script_that_serves_goes_on(engine: Engine) {
    let server = Launch::run(
        engine,
        "
        setTimeout(() => { throw new Error('by a timer'); }, 50);
        setTimeout(() => { Promise.reject(new Error('by a promise')); }, 50);
        Howth.serve({ port: 0, hostname: '127.0.0.1' }, () => new Response('hi'));
    ",
    )
    .start();
    server.wait_for_output("uncaught exception: Error: by a timer");
    server.wait_for_output("unhandled rejection: Error: by a promise");
    assert_eq!(server.get("/").text(), "hi");
}

fn a_script_that_serves_no_more_ends(engine: Engine) {
    for source in [
        "setTimeout(() => { throw new Error('thrown'); }, 1);",
        "setTimeout(() => { Promise.reject(new Error('thrown')); }, 1);",
    ] {
        let stopped = format!(
            "const server = Howth.serve({{ port: 0, hostname: '127.0.0.1' }}, () => new Response());
             await server.stop();
             {source}
             setTimeout(() => console.log('went on'), 10_000);"
        );
        for source in [source, &stopped] {
            let finished = Launch::run(engine, source).finish();
            assert_eq!(finished.code, Some(1), "{finished:?}");
            assert!(finished.stderr.contains("Error: thrown"), "{finished:?}");
        }
    }
}

fn other_requests_lose_nothing(engine: Engine) {
    // What is due with the exception belongs to others.
    let server = Launch::serve(
        engine,
        "
        const waiting: (() => void)[] = [];
        export default async (request: Request) => {
            const { pathname } = new URL(request.url);
            if (pathname === '/wait') await new Promise<void>((resolve) => waiting.push(resolve));
            if (pathname === '/throw') {
                setTimeout(() => {
                    waiting.splice(0).forEach((resolve) => queueMicrotask(resolve));
                    queueMicrotask(() => { throw new Error('by a microtask'); });
                    throw new Error('by a timer');
                }, 1);
            }
            return new Response(String(waiting.length));
        };
    ",
    )
    .start();
    let mut others: Vec<_> = (0..8).map(|_| server.connect()).collect();
    for other in &mut others {
        other.send(request("GET", "/wait"));
    }
    crate::support::eventually("eight requests", || server.get("/").text() == "8");
    server.get("/throw");
    for other in &mut others {
        assert_eq!(other.response().status, 200);
    }
    server.wait_for_output("by a microtask");
    server.wait_for_output("by a timer");
}

fn the_same_again_and_again_is_told_once(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        let thrown = 0;
        let timer: ReturnType<typeof setInterval> | undefined;
        const fail = () => {
            if (++thrown === 100) clearInterval(timer);
            throw new Error('again');
        };
        export default () => {
            timer ??= setInterval(fail, 1);
            return new Response(String(thrown));
        };
    ",
    )
    .start();
    crate::support::eventually("a hundred exceptions", || server.get("/").text() == "100");
    // Printed once more after ten seconds, which only a very slow machine reaches.
    assert!(told(&server, "Error: again") < 10, "{}", server.stderr());
}

fn the_program_may_listen_for_them(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        import process from 'node:process';
        process.on('uncaughtException', (error: Error, origin: string) => console.log(`caught ${error.message} ${origin}`));
        process.on('unhandledRejection', (reason: Error) => console.log(`rejected ${reason.message}`));
        export default (request: Request) => {
            if (request.url.endsWith('/timer')) setTimeout(() => { throw new Error('thrown'); });
            if (request.url.endsWith('/promise')) Promise.reject(new Error('lost'));
            return new Response('hi');
        };
    ",
    )
    .options(["--uncaught-exceptions", "exit", "--unhandled-rejections", "throw"])
    .start();
    server.get("/timer");
    server.wait_for_output("caught thrown uncaughtException");
    server.get("/promise");
    server.wait_for_output("rejected lost");
    assert_eq!(server.get("/").text(), "hi");
    assert!(!server.stderr().contains("howth:"), "{}", server.stderr());
}

fn an_exception_can_end_the_process(engine: Engine) {
    for (path, option, policy, name) in [
        (
            "/timer",
            "--uncaught-exceptions",
            "exit",
            "uncaught exception: TypeError: by a timer",
        ),
        (
            "/rejection",
            "--unhandled-rejections",
            "throw",
            "unhandled rejection: TypeError: by a promise",
        ),
    ] {
        let mut server = Launch::serve(engine, APPLICATION)
            .options(["--cores", "2", option, policy])
            .start();
        let mut client = server.connect();
        client.send(request("GET", path));
        assert_eq!(server.wait().code(), Some(1));
        server.wait_for_output(name);
        assert_eq!(told(&server, name), 1);
    }
}

fn an_exception_can_restart_its_core_alone(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const core = crypto.randomUUID();
        export default (request: Request) => {
            if (request.url.endsWith('/throw')) setTimeout(() => { throw new Error('thrown'); });
            return Response.json(core);
        };
    ",
    )
    .options([
        "--cores",
        "2",
        "--max-heap",
        "64M",
        "--no-work-sharing",
        "--uncaught-exceptions",
        "restart",
    ])
    .start();
    let [mut one, mut other] = connections(&server);
    let ask = crate::support::ask;
    let (first, second) = (ask(&mut one, "/core"), ask(&mut other, "/core"));
    assert_eq!(ask(&mut one, "/throw"), first);
    server.wait_for_output("uncaught exception: Error: thrown");
    server.wait_for_output("starts again");
    // The same connection, on a new isolate; the other core has not noticed.
    crate::support::eventually("a new isolate", || ask(&mut one, "/core") != first);
    assert_eq!(ask(&mut other, "/core"), second);
    assert_eq!(told(&server, "Error: thrown"), 1);
}

fn restarts_have_an_end_and_the_server_has_none(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--uncaught-exceptions", "restart"])
        .start();
    for number in 1..=5 {
        assert_eq!(server.get("/timer").status, 200);
        crate::support::eventually("a restart", || told(&server, "starts again") == number);
        assert_eq!(server.get("/").status, 200);
    }
    let last = server.get("/").text().to_owned();
    for (path, message) in EXCEPTIONS {
        assert_eq!(server.get(path).text(), last);
        server.wait_for_output(message);
    }
    assert_eq!(server.get("/").text(), last);
    assert_eq!(told(&server, "starts again"), 5);
}

fn a_restart_sees_its_clients_off(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        const core = crypto.randomUUID();
        export default async (request: Request) => {
            if (request.url.endsWith('/wait')) await new Promise(() => {});
            if (request.url.endsWith('/throw')) setTimeout(() => { throw new Error('thrown'); }, 1);
            return new Response(core);
        };
    ",
    )
    .options(["--uncaught-exceptions", "restart"])
    .start();
    let mut waiting = server.connect();
    waiting.send(request("GET", "/wait"));
    let before = server.get("/throw").text().to_owned();
    assert_eq!(waiting.response().status, 503);
    // The connection goes on, on the new isolate.
    waiting.send(request("GET", "/"));
    assert_ne!(waiting.response().text(), before);
}

fn an_import_that_never_ends_is_told_once(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request: Request) => {
            if (request.url.endsWith('/import')) import('./never.ts');
            return new Response('hi');
        };
    ",
    )
    .file("never.ts", "await new Promise(() => {}); export {};")
    .start();
    server.get("/import");
    for _ in 0..20 {
        assert_eq!(server.get("/").text(), "hi");
    }
    assert!(told(&server, "howth:") <= 1, "{}", server.stderr());
}

fn an_exception_at_the_start_is_an_error(engine: Engine) {
    let finished = Launch::serve(
        engine,
        "
        setTimeout(() => { throw new Error('too early'); }, 1);
        await new Promise((resolve) => setTimeout(resolve, 10_000));
        export default () => new Response('hi');
    ",
    )
    .finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(
        finished.stderr.matches("Error: too early").count(),
        1,
        "{finished:?}"
    );
}
