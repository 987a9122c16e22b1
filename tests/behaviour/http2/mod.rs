//! HTTP/2: the same handlers over streams, with clients of other makers.

pub mod client;
mod grpc;

use std::process::Command;
use std::time::Duration;

use client::Client;

use crate::support::{Engine, Launch, Server};

const APPLICATION: &str = r#"
    export default async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/whole") return new Response(await request.text());
      if (pathname === "/stream") return new Response(request.body);
      if (pathname === "/large") return new Response("x".repeat(3_000_000));
      if (pathname === "/slow") {
        await new Promise((resolve) => setTimeout(resolve, 400));
        return new Response("slow");
      }
      if (pathname === "/trailers") {
        await request.text();
        const sum = Howth.trailers(request).get("x-sum");
        return Howth.setTrailers(new Response("body"), async () => ({ "x-sum": sum ?? "none" }));
      }
      if (pathname === "/fails") {
        return new Response(new ReadableStream({
          start(stream) { stream.enqueue(new TextEncoder().encode("part")); },
          pull() { throw new Error("in the middle"); },
        }));
      }
      const headers = { "x-url": request.url, "x-cookie": request.headers.get("cookie") ?? "", "set-cookie": "a=b" };
      return new Response(request.method, { status: 201, headers });
    };
"#;

fn serve(engine: Engine) -> Server {
    Launch::serve(engine, APPLICATION).start()
}

on_both_engines![
    one_handler_answers_both_protocols,
    bodies_go_both_ways,
    many_streams_at_once,
    trailers_go_both_ways,
    a_stream_that_fails_is_reset_alone,
    a_drain_serves_what_was_asked,
    new_code_serves_new_connections,
    requests_are_answered_on_other_cores,
    servers_of_node_http_speak_http_1,
    over_tls_it_is_agreed_upon,
    it_can_be_left_out,
    grpc_is_served,
];

fn one_handler_answers_both_protocols(engine: Engine) {
    let server = serve(engine);
    assert_eq!(server.get("/").status, 201);
    let client = Client::connect(&server);
    let answer = client.request("PUT", "/a/../b?c", &[("cookie", "a=b"), ("cookie", "c=d")], "");
    assert_eq!((answer.status, answer.text()), (201, "PUT"));
    let url = format!("http://{}/b?c", server.address());
    assert_eq!(
        (answer.field("x-url"), answer.field("x-cookie")),
        (&*url, "a=b; c=d")
    );
    assert_eq!(
        (answer.field("set-cookie"), answer.field("content-length")),
        ("a=b", "3")
    );
    let answer = client.request("HEAD", "/", &[], "");
    assert_eq!((answer.field("content-length"), answer.text()), ("4", ""));
}

fn bodies_go_both_ways(engine: Engine) {
    let server = serve(engine);
    let client = Client::connect(&server);
    let large = "0123456789".repeat(300_000);
    for path in ["/whole", "/stream"] {
        let answer = client.request("POST", path, &[], &large);
        assert!(answer.status == 200 && answer.text() == large, "{path}");
    }
    assert_eq!(client.request("GET", "/large", &[], "").text().len(), 3_000_000);
    let length = large.len().to_string();
    let answer = client.request("POST", "/whole", &[("content-length", &length)], &large);
    assert_eq!(answer.text().len(), large.len());
}

fn many_streams_at_once(engine: Engine) {
    let server = serve(engine);
    let client = Client::connect(&server);
    let answers = client.requests((0..300).map(|number| ("POST", "/stream", format!("body {number}"))));
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer.text(), format!("body {number}"));
    }
}

fn trailers_go_both_ways(engine: Engine) {
    let server = serve(engine);
    let client = Client::connect(&server);
    let answer = client.request_with_trailers("/trailers", "some", ("x-sum", "7"));
    assert_eq!((answer.text(), answer.trailer("x-sum")), ("body", "7"));
    // Over HTTP/1.1 as well.
    let mut connection = server.connect();
    connection.send("POST /trailers HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-sum: 9\r\n\r\n");
    let bytes = String::from_utf8(connection.rest()).expect("a text");
    assert!(bytes.ends_with("4\r\nbody\r\n0\r\nx-sum: 9\r\n\r\n"), "{bytes}");
}

fn a_stream_that_fails_is_reset_alone(engine: Engine) {
    let server = serve(engine);
    let client = Client::connect(&server);
    assert_eq!(
        client.try_request("GET", "/fails").unwrap_err(),
        Some(h2::Reason::INTERNAL_ERROR)
    );
    assert_eq!(client.request("GET", "/", &[], "").status, 201);
    server.wait_for_output("in the middle");
}

fn a_drain_serves_what_was_asked(engine: Engine) {
    let mut server = serve(engine);
    let client = Client::connect(&server);
    let slow = client.begin("GET", "/slow");
    // It has come when one behind it is answered.
    assert_eq!(client.request("GET", "/", &[], "").status, 201);
    server.signal(libc::SIGTERM);
    assert_eq!(slow.answer().text(), "slow");
    assert!(client.is_closed());
    assert!(server.wait().success());
}

fn new_code_serves_new_connections(engine: Engine) {
    let server = Launch::serve(engine, "")
        .file("app.mjs", "export default () => new Response('old');")
        .entry("app.mjs")
        .start();
    let client = Client::connect(&server);
    assert_eq!(client.request("GET", "/", &[], "").text(), "old");
    std::fs::write(
        server.folder().join("app.mjs"),
        "export default () => new Response('new');",
    )
    .expect("a file");
    server.signal(libc::SIGHUP);
    // The connection is told to go away.
    assert!(client.is_closed());
    assert_eq!(
        Client::connect(&server).request("GET", "/", &[], "").text(),
        "new"
    );
}

fn requests_are_answered_on_other_cores(engine: Engine) {
    let source = "export default (request) => {
        const end = performance.now() + 20;
        while (performance.now() < end);
        return new Response(request.body);
    };";
    let server = Launch::serve(engine, source).options(["--cores", "2"]).start();
    let client = Client::connect(&server);
    let answers = client.requests((0..60).map(|number| ("POST", "/", format!("body {number}"))));
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!((answer.status, answer.text()), (200, &*format!("body {number}")));
    }
}

fn servers_of_node_http_speak_http_1(engine: Engine) {
    let source = "import http from 'node:http';
        http.createServer((request, response) => response.end('node')).listen();";
    let server = Launch::serve(engine, source).start();
    assert_eq!(server.get("/").text(), "node");
    assert!(Client::try_connect(&server).is_none());
}

/// By Node's client: what was agreed upon, and what was answered.
fn over_tls(server: &Server) -> String {
    const SCRIPT: &str = r#"
        const [port] = process.argv.slice(1);
        const options = { rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"], servername: "localhost" };
        const socket = require("node:tls").connect(Number(port), "127.0.0.1", options, () => {
            console.log(socket.alpnProtocol);
            socket.destroy();
            if (socket.alpnProtocol !== "h2") return;
            const session = require("node:http2").connect(`https://127.0.0.1:${port}`, options);
            const request = session.request({ ":method": "POST", ":path": "/whole" });
            request.on("response", (headers) => console.log(headers[":status"]));
            request.setEncoding("utf8");
            request.on("data", (text) => console.log(text));
            request.on("end", () => session.close());
            request.end("hello");
        });
    "#;
    let port = server.address().port().to_string();
    let output = Command::new("node")
        .args(["-e", SCRIPT, &port])
        .output()
        .expect("Node");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("a text")
}

fn over_tls_it_is_agreed_upon(engine: Engine) {
    let secure = |source: &str| Launch::serve(engine, source).options(["--tls-self-signed"]);
    assert_eq!(over_tls(&secure(APPLICATION).start()), "h2\n200\nhello\n");
    let off = secure(APPLICATION).options(["--http2", "off"]).start();
    assert_eq!(over_tls(&off), "http/1.1\n");
    let node = "import http from 'node:http'; http.createServer((_, response) => response.end()).listen();";
    assert_ne!(over_tls(&secure(node).start()), "h2\n");
}

fn it_can_be_left_out(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--http2", "off"])
        .start();
    assert!(Client::try_connect(&server).is_none());
    assert_eq!(server.get("/").status, 201);
}

fn grpc_is_served(engine: Engine) {
    grpc::is_served(engine);
}

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);
