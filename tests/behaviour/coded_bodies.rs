//! `--decompress-requests`: bodies of requests in every coding, read in every way, and those that are hostile.

use std::io::Write;

use crate::http2::client::Client;
use crate::support::{Connection, Engine, Launch, Response, Server};

on_both_engines![
    bodies_are_decoded_however_they_are_read,
    programs_of_node_http_read_what_is_decoded,
    what_is_not_coded_or_unknown_is_left_alone,
    a_bomb_is_refused,
    what_does_not_decode_is_refused,
    streams_of_http2_are_decoded,
    a_coded_body_is_answered_where_it_came_in,
    without_the_option_bodies_are_as_they_are_sent,
];

const APPLICATION: &str = r#"
    async function read(request, how) {
        switch (how) {
            case "text": return await request.text();
            case "json": return JSON.stringify(await request.json());
            case "bytes": return await request.bytes();
            case "clone": return await request.clone().text();
            case "form": return JSON.stringify(Object.fromEntries(await request.formData()));
            case "stream": {
                const parts = [];
                for await (const part of request.body.pipeThrough(new TextDecoderStream())) parts.push(part);
                return parts.join("");
            }
            case "passed on": return request.body;
            case "ignored": return "ignored";
        }
    }
    export default {
        async fetch(request) {
            const { searchParams } = new URL(request.url);
            const headers = {
                "x-coding": String(request.headers.get("content-encoding")),
                "x-length": String(request.headers.get("content-length")),
            };
            try {
                return new Response(await read(request, searchParams.get("how")), { headers });
            } catch (error) {
                console.error(`failed: ${error.message}`);
                return new Response("failed", { status: 422 });
            }
        },
    };
"#;

fn encoded(coding: &str, content: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::default();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), level);
    match coding {
        "gzip" => {
            gzip.write_all(content).expect("memory");
            gzip.finish().expect("memory")
        }
        "deflate" => {
            zlib.write_all(content).expect("memory");
            zlib.finish().expect("memory")
        }
        "br" => {
            let mut bytes = Vec::new();
            let mut writer = brotli::CompressorWriter::new(&mut bytes, 4096, 5, 20);
            writer.write_all(content).expect("memory");
            drop(writer);
            bytes
        }
        "zstd" => zstd::bulk::compress(content, 3).expect("memory"),
        _ => content.to_vec(),
    }
}

fn serve(engine: Engine, options: &[&str]) -> Server {
    Launch::serve(engine, APPLICATION)
        .options(["--decompress-requests"])
        .options(options.iter().copied())
        .start()
}

fn head(how: &str, fields: &str) -> String {
    format!(
        "POST /?how={} HTTP/1.1\r\nhost: test\r\n{fields}",
        how.replace(' ', "%20")
    )
}

fn post(connection: &mut Connection, how: &str, fields: &str, body: &[u8]) -> Response {
    let length = body.len();
    connection.send(head(how, &format!("{fields}content-length: {length}\r\n\r\n")));
    connection.send(body);
    connection.response()
}

fn coding(name: &str) -> String {
    format!("content-encoding: {name}\r\n")
}

fn bodies_are_decoded_however_they_are_read(engine: Engine) {
    let server = serve(engine, &[]);
    let mut connection = server.connect();
    for (how, content) in [
        ("text", "some text ".repeat(50_000)),
        ("json", format!("{{\"a\":\"{}\"}}", "b".repeat(5_000))),
        ("bytes", "bytes".to_owned()),
        ("clone", "cloned ".repeat(30_000)),
        ("stream", "streamed ".repeat(100_000)),
        ("passed on", "passed on ".repeat(100_000)),
    ] {
        for name in ["gzip", "X-Gzip", "deflate", "br", "zstd"] {
            let body = encoded(
                name.trim_start_matches("X-").to_ascii_lowercase().as_str(),
                content.as_bytes(),
            );
            let response = post(&mut connection, how, &coding(name), &body);
            assert_eq!(response.status, 200, "{how} {name}");
            assert!(response.body == content.as_bytes(), "{how} {name}");
            assert_eq!(response.field("x-coding"), Some("null"));
            assert_eq!(response.field("x-length"), Some("null"));
        }
    }
    let form = encoded("gzip", b"a=1&b=2");
    let fields = format!(
        "{}content-type: application/x-www-form-urlencoded\r\n",
        coding("gzip")
    );
    let response = post(&mut connection, "form", &fields, &form);
    assert_eq!(response.text(), r#"{"a":"1","b":"2"}"#);
    // In chunks, a byte in each.
    let body = encoded("zstd", b"in chunks");
    connection.send(head(
        "text",
        &format!("{}transfer-encoding: chunked\r\n\r\n", coding("zstd")),
    ));
    for byte in body {
        connection.send([b"1\r\n", &[byte][..], b"\r\n"].concat());
    }
    connection.send("0\r\n\r\n");
    assert_eq!(connection.response().text(), "in chunks");
    // Nobody reads it: the connection goes on all the same.
    let response = post(
        &mut connection,
        "ignored",
        &coding("gzip"),
        &encoded("gzip", &[0; 100_000]),
    );
    assert_eq!(response.text(), "ignored");
    assert_eq!(post(&mut connection, "text", "", b"next").text(), "next");
}

fn programs_of_node_http_read_what_is_decoded(engine: Engine) {
    let application = r#"
        import http from "node:http";
        http.createServer((request, response) => {
            const parts = [];
            request.on("data", (part) => parts.push(part));
            request.on("end", () => {
                const { "content-encoding": coding, "transfer-encoding": transfer } = request.headers;
                response.end(`${coding} ${transfer} ${Buffer.concat(parts)}`);
            });
        }).listen(3000);
    "#;
    let server = Launch::serve(engine, application)
        .options(["--decompress-requests"])
        .start();
    let mut connection = server.connect();
    for name in ["gzip", "br"] {
        let response = post(&mut connection, "text", &coding(name), &encoded(name, b"body"));
        assert_eq!(response.text(), "undefined chunked body", "{name}");
    }
}

fn what_is_not_coded_or_unknown_is_left_alone(engine: Engine) {
    let server = serve(engine, &[]);
    let mut connection = server.connect();
    for name in ["identity", "compress", "gzip, br"] {
        let response = post(&mut connection, "text", &coding(name), b"as it is");
        assert_eq!(response.text(), "as it is");
        assert_eq!(response.field("x-coding"), Some(name));
        assert_eq!(response.field("x-length"), Some("8"));
    }
    let response = post(&mut connection, "text", &coding("gzip"), b"");
    assert_eq!((response.status, response.text()), (200, ""));
}

fn a_bomb_is_refused(engine: Engine) {
    let server = serve(engine, &["--max-body", "1M"]);
    let content = vec![0; 200 << 20];
    for name in ["gzip", "deflate", "br", "zstd"] {
        let body = encoded(name, &content);
        assert!(body.len() < 1 << 20, "{name}: {}", body.len());
        for how in ["text", "stream"] {
            let response = post(&mut server.connect(), how, &coding(name), &body);
            assert_eq!(response.status, 413, "{how} {name}");
        }
        // What is passed on has begun already, and breaks off.
        let mut connection = server.connect();
        let length = body.len();
        connection.send(head(
            "passed on",
            &format!("{}content-length: {length}\r\n\r\n", coding(name)),
        ));
        connection.send(&body);
        let received = connection.rest();
        assert!(
            received.len() < 2 << 20 && !received.ends_with(b"0\r\n\r\n"),
            "{name}"
        );
    }
    assert_eq!(post(&mut server.connect(), "text", "", b"fine").text(), "fine");
}

fn what_does_not_decode_is_refused(engine: Engine) {
    let server = serve(engine, &[]);
    for name in ["gzip", "deflate", "br", "zstd"] {
        let whole = encoded(name, b"some content that is cut or changed");
        let cut = &whole[..whole.len() - 1];
        let trailed = [&whole[..], b"trailing"].concat();
        for body in [cut, b"no such coding at all", &trailed] {
            let mut connection = server.connect();
            let response = post(&mut connection, "text", &coding(name), body);
            assert_eq!(response.status, 400, "{name}: {body:?}");
            assert!(connection.rest().is_empty());
        }
    }
}

fn streams_of_http2_are_decoded(engine: Engine) {
    let server = serve(engine, &["--max-body", "1M"]);
    let client = Client::connect(&server);
    for (name, content, status) in [
        ("gzip", vec![b'a'; 500_000], 200),
        ("br", b"short".to_vec(), 200),
        ("zstd", vec![0; 8 << 20], 413),
        ("deflate", b"cut".to_vec(), 400),
    ] {
        let mut body = encoded(name, &content);
        if status == 400 {
            body.pop();
        }
        let answer = client.request("POST", "/?how=text", &[("content-encoding", name)], body);
        assert_eq!(answer.status, status, "{name}");
        if status == 200 {
            assert!(answer.bytes() == content, "{name}");
        }
    }
}

fn a_coded_body_is_answered_where_it_came_in(engine: Engine) {
    let server = serve(engine, &["--cores", "2"]);
    let content = "text ".repeat(20_000);
    let body = encoded("gzip", content.as_bytes());
    let mut connections: Vec<_> = (0..8).map(|_| server.connect()).collect();
    for number in 0..40 {
        let response = post(&mut connections[number % 8], "text", &coding("gzip"), &body);
        assert!(response.body == content.as_bytes());
    }
}

fn without_the_option_bodies_are_as_they_are_sent(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION).start();
    let body = encoded("gzip", b"content");
    let response = post(&mut server.connect(), "bytes", &coding("gzip"), &body);
    assert_eq!(response.body, body);
    assert_eq!(response.field("x-coding"), Some("gzip"));
}
