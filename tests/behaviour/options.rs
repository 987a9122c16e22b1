//! Options that reach past the engine: cores, V8, the debugger.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::support::{Engine, Launch};

on_both_engines![
    auto_takes_the_cores_it_may_run_on,
    the_heap_limit_is_v8s,
    flags_reach_v8,
    uploads_outlive_any_v8_flag,
    a_debugger_can_connect,
];

fn auto_takes_the_cores_it_may_run_on(engine: Engine) {
    let server = Launch::serve(engine, "export default () => new Response('hi');")
        .options(["--cores", "auto"])
        .on_one_cpu()
        .start();
    assert!(
        server.start_line().contains("(1 core,"),
        "{}",
        server.start_line()
    );
    assert_eq!(server.get("/").text(), "hi");
}

fn the_heap_limit_is_v8s(engine: Engine) {
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

fn flags_reach_v8(engine: Engine) {
    let server = Launch::serve(engine, "export default () => new Response(typeof gc);")
        .options(["--v8-flags=--expose-gc,--no-opt"])
        .start();
    assert_eq!(server.get("/").text(), "function");
}

/// howth collects garbage on its own between the parts of an upload, whatever V8 is told.
fn uploads_outlive_any_v8_flag(engine: Engine) {
    for flags in [
        "--no-opt",
        "--expose-externalize-string",
        "--no-expose-gc",
        "--expose-gc",
    ] {
        let server = Launch::serve(
            engine,
            "
            const seen = `${typeof globalThis.gc} ${typeof globalThis.__howth_gc}`;
            export default async (request: Request) => {
                let bytes = 0;
                for await (const chunk of request.body!) bytes += chunk.byteLength;
                return new Response(`${bytes} ${seen}`);
            };
        ",
        )
        .options([format!("--v8-flags={flags}")])
        .start();
        let gc = if flags == "--expose-gc" {
            "function"
        } else {
            "undefined"
        };
        let mut connection = server.connect();
        for _ in 0..2 {
            connection.send(format!(
                "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
                20 << 20
            ));
            connection.send(vec![b'b'; 20 << 20]);
            let expected = format!("{} {gc} undefined", 20 << 20);
            assert_eq!(connection.response().text(), expected, "{flags}");
        }
    }
}

/// What a debugger asks for first.
fn a_debugger_can_connect(engine: Engine) {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let server = Launch::serve(engine, "export default () => new Response('hi');")
        .options([format!("--inspect={address}")])
        .start();
    let mut debugger = TcpStream::connect(address).expect("an inspector");
    debugger
        .write_all(b"GET /json/list HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
        .expect("an inspector that listens");
    let mut answer = String::new();
    debugger.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains("webSocketDebuggerUrl"), "{answer}");
    assert_eq!(server.get("/").text(), "hi");
}
