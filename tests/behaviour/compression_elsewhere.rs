//! `--compress`: what another core answers is compressed by the core of the connection, streams too.

use std::io::Read;

use crate::support::{Connection, Engine, Launch, Response, eventually};

on_both_engines![what_another_core_answers_is_compressed];

/// A core that is busy gives its requests to the other. Parts of more than 64 KiB are encoded by threads, and pause the stream.
const APPLICATION: &str = r#"
    const core = String(Howth.metrics().core);
    const part = (number) => `${number} some text that is like other text\n`.repeat(10_000);
    async function* parts() {
        for (let number = 0; number < 8; number++) yield part(number);
    }
    const headers = { "content-type": "text/plain", "x-core": core };
    export default { routes: {
        "/busy": () => {
            const end = Date.now() + 300;
            while (Date.now() < end);
            return new Response();
        },
        "/core": () => new Response(core),
        "/stream": () => new Response(parts(), { headers }),
        "/whole": () => new Response(part(0) + part(1), { headers }),
    } };
"#;

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\naccept-encoding: gzip\r\n\r\n")
}

fn ask(connection: &mut Connection, path: &str) -> Response {
    connection.send(get(path));
    connection.response()
}

fn what_another_core_answers_is_compressed(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--compress", "--cores", "2", "--max-heap", "64M"])
        .start();
    let part = |number: usize| format!("{number} some text that is like other text\n").repeat(10_000);
    for (path, count) in [("/stream", 8), ("/whole", 2)] {
        let content: String = (0..count).map(part).collect();
        eventually("a response of another core", || {
            let mut connection = server.connect();
            let own = ask(&mut connection, "/core").text().to_owned();
            // Behind each other on one connection; the second is handed over while the first runs.
            connection.send([get("/busy"), get(path)].concat());
            connection.response();
            let response = connection.response();
            assert_eq!(response.field("content-encoding"), Some("gzip"), "{path}");
            let mut decoded = String::new();
            let mut decoder = flate2::read::GzDecoder::new(response.body.as_slice());
            decoder.read_to_string(&mut decoded).expect("gzip");
            assert!(decoded == content, "{path}");
            response.field("x-core") != Some(own.as_str())
        });
    }
}
