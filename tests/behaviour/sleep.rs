//! What happens while JavaScript computes outside of a handler is seen when it returns, whatever it was at and however the
//! core would sleep then.
//!
//! All deadlines that a connection has are off: they would wake the core, and hide what it has missed.

use std::time::Duration;

use crate::support::{Engine, Launch, Server, request};

/// Where JavaScript computes. Each is begun by a request for `/begin/NAME/N` and prints `computing N`; it goes on until the
/// file `sent-N` is there, and the engine has had turns since.
const APPLICATION: &str = r#"
    import { existsSync, readFile } from "node:fs";
    import process from "node:process";
    function interruptions() {
        const { core, cores } = Howth.metrics();
        return cores[core].interruptions;
    }
    function compute(number: string) {
        console.log(`computing ${number}`);
        while (!existsSync(`sent-${number}`));
        const before = interruptions();
        // V8 looks at interrupts where a function is entered; native calls alone may keep it from that for long. The reviver
        // is called by native code, and so never compiled into the loop.
        while (interruptions() < before + 4) JSON.parse('0', (_, value) => value);
    }
    const target = new EventTarget();
    target.addEventListener("compute", ((event: CustomEvent) => compute(event.detail)) as EventListener);
    const soon = (run: () => void) => setTimeout(run, 5);
    const begin: Record<string, (number: string, wait: (promise: Promise<unknown>) => void) => void> = {
        timer: (number) => soon(() => compute(number)),
        immediate: (number) => soon(() => setImmediate(() => compute(number))),
        tick: (number) => soon(() => process.nextTick(() => compute(number))),
        microtask: (number) => soon(() => queueMicrotask(() => compute(number))),
        promise: (number) => soon(() => Promise.resolve().then(() => compute(number))),
        operation: (number) => readFile("app.ts", () => compute(number)),
        message(number) {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = ({ data }) => { port1.close(); compute(data); };
            port2.postMessage(number);
        },
        listener: (number) => soon(() => target.dispatchEvent(new CustomEvent("compute", { detail: number }))),
        waitUntil: (number, wait) => wait(new Promise((resolve) => setTimeout(resolve, 5)).then(() => compute(number))),
    };
    // A core whose isolate waits for something sleeps in another way than one that is idle.
    if (process.argv[2] === "busy") setInterval(() => {}, 1 << 30);
    export default {
        async fetch(request: Request, server: unknown, context: Howth.Context) {
            const [, what, name, number] = new URL(request.url).pathname.split("/");
            switch (what) {
                case "begin":
                    begin[name](number, (promise) => context.waitUntil(promise));
                    return new Response("begun");
                case "echo": return new Response(await request.text());
                case "wait":
                    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
                    console.log(`left ${name}`);
                    return new Response();
                case "large": return new Response(new ReadableStream({
                    pull(controller) {
                        controller.enqueue(new Uint8Array(256 * 1024));
                        if (--large === 0) { controller.close(); large = 64; }
                    },
                }));
                default: return new Response("answered");
            }
        },
    };
    let large = 64;
"#;

const PLACES: [&str; 9] = [
    "timer",
    "immediate",
    "tick",
    "microtask",
    "promise",
    "operation",
    "message",
    "listener",
    "waitUntil",
];

/// Each of the two ways to sleep.
const SLEEPS: [&str; 2] = ["idle", "busy"];

fn serve(engine: Engine, cores: &'static str, sleep: &'static str) -> Server {
    Launch::serve(engine, APPLICATION)
        .options(["--cores", cores])
        .options(["--timeout-head", "off", "--timeout-keep-alive", "off"])
        .options([
            "--timeout-body",
            "off",
            "--timeout-write",
            "off",
            "--min-body-rate",
            "off",
        ])
        .arguments([sleep])
        .start()
}

/// Has JavaScript compute, and does something meanwhile.
fn meanwhile(server: &Server, place: &str, number: usize, act: impl FnOnce()) {
    assert_eq!(server.get(&format!("/begin/{place}/{number}")).text(), "begun");
    server.wait_for_output(&format!("computing {number}\n"));
    act();
    std::fs::write(server.folder().join(format!("sent-{number}")), "").expect("a file");
}

on_both_engines![
    a_request_is_answered_that_came_meanwhile,
    two_cores_answer_what_came_meanwhile,
    bytes_of_a_body_are_read_that_came_meanwhile,
    a_client_is_missed_that_left_meanwhile,
    a_stream_goes_on_whose_client_has_read_meanwhile,
    a_request_is_answered_that_came_while_a_module_computed,
    a_drain_begins_that_was_ordered_meanwhile,
];

fn a_request_is_answered_that_came_meanwhile(engine: Engine) {
    for sleep in SLEEPS {
        let server = serve(engine, "1", sleep);
        let mut number = 0;
        for place in PLACES {
            let mut kept = server.connect();
            kept.expect_open();
            number += 1;
            meanwhile(&server, place, number, || kept.send(request("GET", "/kept")));
            assert_eq!(kept.response().text(), "answered", "{sleep} {place}");
            number += 1;
            let mut new = server.connect();
            meanwhile(&server, place, number, || new.send(request("GET", "/new")));
            assert_eq!(new.response().text(), "answered", "{sleep} {place}");
        }
    }
}

fn two_cores_answer_what_came_meanwhile(engine: Engine) {
    for sleep in SLEEPS {
        let server = serve(engine, "2", sleep);
        for (place, number) in PLACES.into_iter().zip(1..) {
            let mut connections: Vec<_> = (0..6).map(|_| server.connect()).collect();
            connections[..3].iter_mut().for_each(|kept| kept.expect_open());
            meanwhile(&server, place, number, || {
                for connection in &mut connections {
                    connection.send(request("GET", "/meanwhile"));
                }
            });
            for connection in &mut connections {
                assert_eq!(connection.response().text(), "answered", "{sleep} {place}");
            }
        }
    }
}

fn bytes_of_a_body_are_read_that_came_meanwhile(engine: Engine) {
    for sleep in SLEEPS {
        let server = serve(engine, "1", sleep);
        for (place, number) in PLACES.into_iter().zip(1..) {
            let mut client = server.connect();
            client.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 6\r\n\r\nabc");
            meanwhile(&server, place, number, || client.send("def"));
            assert_eq!(client.response().text(), "abcdef", "{sleep} {place}");
        }
    }
}

fn a_client_is_missed_that_left_meanwhile(engine: Engine) {
    for sleep in SLEEPS {
        let server = serve(engine, "1", sleep);
        for (place, number) in PLACES.into_iter().zip(1..) {
            let mut client = server.connect();
            client.send(request("GET", &format!("/wait/{number}")));
            // It is in the application's hands once one that came behind it was answered.
            server.get("/behind");
            meanwhile(&server, place, number, || drop(client));
            // Not asked for: a request would wake the core.
            server.wait_for_output(&format!("left {number}\n"));
        }
    }
}

fn a_stream_goes_on_whose_client_has_read_meanwhile(engine: Engine) {
    for sleep in SLEEPS {
        let server = serve(engine, "1", sleep);
        for (place, number) in PLACES.into_iter().zip(1..) {
            let mut client = server.connect();
            client.send(request("GET", "/large"));
            let head = client.head();
            assert_eq!(head.status, 200);
            let mut read = 0;
            meanwhile(&server, place, number, || {
                // All that was written before: the stream waits for room, and there is some now.
                while client.is_readable() {
                    read += client.chunk().len();
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
            while read < 64 * 256 * 1024 {
                read += client.chunk().len();
            }
            client.end_of_chunks();
        }
    }
}

fn a_request_is_answered_that_came_while_a_module_computed(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        import { existsSync } from 'node:fs';
        Howth.serve({}, () => new Response('answered'));
        while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 5));
        console.log('computing');
        while (!existsSync('sent'));
        const interruptions = () => Howth.metrics().cores[0].interruptions;
        const before = interruptions();
        // V8 looks at interrupts where a function is entered; native calls alone may keep it from that for long. The reviver
        // is called by native code, and so never compiled into the loop.
        while (interruptions() < before + 4) JSON.parse('0', (_, value) => value);
    ",
    )
    .options(["--timeout-head", "off", "--timeout-keep-alive", "off"])
    .start();
    std::fs::write(server.folder().join("go"), "").expect("a file");
    server.wait_for_output("computing\n");
    let mut client = server.connect();
    client.send(request("GET", "/"));
    std::fs::write(server.folder().join("sent"), "").expect("a file");
    assert_eq!(client.response().text(), "answered");
}

fn a_drain_begins_that_was_ordered_meanwhile(engine: Engine) {
    for sleep in SLEEPS {
        for place in PLACES {
            let mut server = serve(engine, "1", sleep);
            meanwhile(&server, place, 1, || server.signal(libc::SIGTERM));
            assert_eq!(server.wait().code(), Some(0), "{sleep} {place}");
        }
    }
}
