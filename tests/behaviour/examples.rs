//! The applications in examples/, as they are, on both engines.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::http2::client::Client as Http2Client;
use crate::support::{Engine, Launch, npm, request};
use crate::websocket::client::{Client as WebSocketClient, TEXT};

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path)
}

fn serve(engine: Engine, entry: impl Into<PathBuf>) -> crate::support::Server {
    Launch::serve(engine, "").entry(entry).start()
}

/// The Hono application with its packages, installed once, outside of the checkout.
static HONO: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hono");
    let _ = std::fs::remove_dir_all(&folder);
    copy(&example("hono"), &folder);
    npm(&folder, &["ci"]);
    folder
});

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_name() == "node_modules" {
            continue;
        }
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

on_both_engines![
    hello,
    streaming,
    events,
    files,
    edge,
    shared,
    rooms,
    grpc,
    hono,
    hono_keeps_notes,
    hono_sends_files,
    serve_by_itself,
];

fn hello(engine: Engine) {
    let server = serve(engine, example("hello/app.ts"));
    assert_eq!(server.get("/").text(), "Hi");
}

fn streaming(engine: Engine) {
    let server = serve(engine, example("streaming/app.ts"));
    let mut connection = server.connect();
    connection.send("POST /count HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello");
    assert_eq!(connection.response().text(), "{\"bytes\":5}");
    connection.send("POST /upper HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
    assert_eq!(connection.chunk_after_head(), b"ABC");
    connection.send("0\r\n\r\n");
    assert_eq!(connection.chunk(), b"");
    let mut events = server.connect();
    events.send(request("GET", "/events"));
    assert_eq!(events.chunk_after_head(), b"data: 1\n\n");
    assert_eq!(events.chunk(), b"data: 2\n\n");
    assert_eq!(server.get("/").status, 404);
}

fn events(engine: Engine) {
    let server = serve(engine, example("events/app.ts"));
    let mut votes = server.connect();
    votes.send(request("GET", "/votes"));
    assert_eq!(votes.head().field("content-type"), Some("text/event-stream"));
    let mut voter = server.connect();
    voter.send("POST /votes/Tea HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(voter.response().text(), "{\"heard\":1}");
    let event = String::from_utf8(votes.chunk()).expect("a text");
    assert!(event.starts_with("event: vote\nid: "), "{event}");
    assert!(
        event.ends_with("\ndata: {\"drink\":\"Tea\",\"count\":1}\n\n"),
        "{event}"
    );
    let left = |count| format!("event: left\ndata: {count}\n\n");
    let expected = format!("{}{}{}event: end\ndata:\n\n", left(3), left(2), left(1));
    assert_eq!(server.get("/countdown").text(), expected);
    assert!(server.get("/").text().contains("EventSource"));
}

fn files(engine: Engine) {
    let server = serve(engine, example("files/app.ts"));
    let page = server.get("/");
    assert_eq!(page.field("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.field("cache-control"), Some("no-cache"));
    assert!(page.text().contains("style.css"));
    assert_eq!(server.get("/style.css").status, 200);
    assert!(server.get("/api/time").text().contains("now"));
    assert_eq!(server.get("/none").text(), "There is no such page\n");
}

fn edge(engine: Engine) {
    let server = Launch::serve(engine, "")
        .entry(example("edge/app.ts"))
        .options(["--compress"])
        .start();
    let page = server.fetch("GET /notes/1 HTTP/1.1\r\nhost: a\r\naccept: text/html\r\n\r\n");
    assert!(page.text().contains("/assets/app-1a2b3c4d.js"), "{page:?}");
    assert_eq!(page.field("cache-control"), Some("no-cache"));
    assert_eq!(page.field("content-security-policy"), Some("default-src 'self'"));
    let script = server.get("/assets/app-1a2b3c4d.js");
    assert_eq!(
        script.field("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    assert_eq!(server.get("/assets/none.js").status, 404);
    let notes = server.fetch("GET /api/notes HTTP/1.1\r\nhost: a\r\norigin: https://app.example.com\r\n\r\n");
    assert_eq!(notes.json()[0]["text"], "remember");
    assert_eq!(
        notes.field("access-control-allow-origin"),
        Some("https://app.example.com")
    );
    let words = ["miss", "hit"].map(|status| {
        let words = server.get("/api/words");
        let said = words.field("cache-status").unwrap_or_default();
        assert!(said.contains(status), "{said}");
        words.text().to_owned()
    });
    assert_eq!(words, [r#"{"words":1}"#, r#"{"words":1}"#]);
    assert_eq!(server.get("/api/notes/7").text(), r#"{"detail":"Not Found"}"#);
    assert_eq!(server.fetch(request("POST", "/api/none")).status, 404);
    let body = r#"{"text":"more"}"#;
    let line = format!(
        "POST /api/notes HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let statuses = [1, 2, 3, 4].map(|_| server.fetch(&line).status);
    assert_eq!(statuses, [201, 201, 201, 429]);
    assert_eq!(server.get("/notes.php").field("location"), Some("/notes"));
    assert_eq!(
        server.get("/blog/a?b").field("location"),
        Some("https://blog.example.com/a?b")
    );
}

fn shared(engine: Engine) {
    let server = Launch::serve(engine, "")
        .entry(example("shared/app.ts"))
        .options(["--cores", "2"])
        .start();
    for visits in 1..=20 {
        assert_eq!(server.get("/visits").json()["visits"], visits);
    }
    let mut listeners: Vec<_> = (0..8).map(|_| server.connect()).collect();
    for listener in &mut listeners {
        listener.send(request("GET", "/chat"));
        assert_eq!(listener.chunk_after_head(), b": welcome\n\n");
    }
    let body = "{\"name\":\"Ada\",\"text\":\"to\\nall\"}";
    let line = format!(
        "POST /chat HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    for sent in 1..=21 {
        let mut connection = server.connect();
        connection.send(&line);
        let status = connection.response().status;
        assert_eq!(status, if sent <= 20 { 204 } else { 429 }, "line {sent}");
    }
    for listener in &mut listeners {
        assert!(listener.chunk().starts_with(b"data: Ada: to all\n\n"));
    }
}

fn rooms(engine: Engine) {
    let server = Launch::serve(engine, "")
        .entry(example("rooms/app.ts"))
        .options(["--cores", "2"])
        .start();
    assert!(server.get("/").text().contains("new WebSocket("));
    assert_eq!(server.get("/rooms/hall").status, 426);
    let mut ada = WebSocketClient::open(&server, "/rooms/hall?name=Ada");
    assert_eq!(ada.text(), "Ada came in");
    let mut bob = WebSocketClient::open(&server, "/rooms/hall?name=Bob");
    let mut elsewhere = WebSocketClient::open(&server, "/rooms/attic?name=Eve");
    assert_eq!(elsewhere.text(), "Eve came in");
    for member in [&mut ada, &mut bob] {
        assert_eq!(member.text(), "Bob came in");
    }
    bob.send(TEXT, "good morning");
    for member in [&mut ada, &mut bob] {
        assert_eq!(member.text(), "Bob: good morning");
    }
    bob.close(1000, "");
    assert_eq!(ada.text(), "Bob left");
    elsewhere.send(TEXT, "alone");
    assert_eq!(elsewhere.text(), "Eve: alone");
}

fn grpc(engine: Engine) {
    let server = serve(engine, example("grpc/app.ts"));
    let client = Http2Client::connect(&server);
    let fields = [("content-type", "application/grpc"), ("te", "trailers")];
    for (path, message, answer, status) in [
        (
            "/greeter.Greeter/Greet",
            "\0\0\0\0\u{5}\n\u{3}Ada",
            "\0\0\0\0\u{b}\n\u{9}Hello Ada",
            "0",
        ),
        ("/greeter.Greeter/Greet", "\u{1}\0\0\0\0", "", "3"),
        ("/greeter.Greeter/Greet", "\0\0\0\0\u{5}\n\u{4}Ada", "", "3"),
        ("/greeter.Greeter/Else", "\0\0\0\0\0", "", "12"),
    ] {
        let answered = client.request("POST", path, &fields, message);
        assert_eq!((answered.status, answered.text()), (200, answer), "{answered:?}");
        assert_eq!(answered.trailer("grpc-status"), status, "{answered:?}");
    }
}

fn hono(engine: Engine) {
    let server = serve(engine, HONO.join("app.ts"));
    let hello = server.get("/hello/w%C3%B6rld");
    assert_eq!(hello.text(), "Hello w\u{f6}rld");
    assert!(
        hello
            .field("server-timing")
            .is_some_and(|value| value.starts_with("handler;dur=")),
        "{hello:?}"
    );
    assert_eq!(hello.field("x-content-type-options"), Some("nosniff"));
    assert_eq!(server.get("/search?a=1&b=x%20y").json()["query"]["b"], "x y");
    let missing = server.get("/missing");
    assert_eq!(
        (missing.status, missing.text()),
        (404, "{\"error\":\"not found\"}")
    );
    assert_eq!(server.get("/").field("location"), Some("/static/"));
}

fn hono_keeps_notes(engine: Engine) {
    let server = serve(engine, HONO.join("app.ts"));
    let mut connection = server.connect();
    let body = "{\"text\":\"remember\"}";
    connection.send(format!(
        "POST /notes HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    let created = connection.response();
    assert_eq!(
        (created.status, created.field("location")),
        (201, Some("/notes/1"))
    );
    connection.send(request("GET", "/notes"));
    assert_eq!(connection.response().json()[0]["text"], "remember");
    connection.send("POST /notes HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}");
    assert_eq!(connection.response().status, 400);
    connection.send(request("DELETE", "/notes/1"));
    assert_eq!(connection.response().status, 204);
    connection.send(request("GET", "/notes/1"));
    assert_eq!(connection.response().status, 404);
}

fn hono_sends_files(engine: Engine) {
    let server = serve(engine, HONO.join("app.ts"));
    for (path, file, kind) in [
        ("/static/", "index.html", "text/html"),
        ("/static/style.css", "style.css", "text/css"),
    ] {
        let response = server.get(path);
        assert_eq!(response.status, 200, "{response:?}");
        assert!(
            response
                .field("content-type")
                .is_some_and(|found| found.starts_with(kind)),
            "{response:?}"
        );
        let content = std::fs::read(example("hono/public").join(file)).expect("a file");
        assert_eq!(response.body, content);
    }
    let mut connection = server.connect();
    connection.send(request("GET", "/static/style.css"));
    let tag = connection.response().field("etag").expect("an etag").to_owned();
    connection.send(format!(
        "GET /static/style.css HTTP/1.1\r\nhost: a\r\nif-none-match: {tag}\r\n\r\n"
    ));
    assert_eq!(connection.response().status, 304);
    connection.send(request("HEAD", "/static/style.css"));
    assert_eq!(connection.response_to("HEAD").status, 200);
    connection.send(request("GET", "/static/../app.ts"));
    assert_eq!(connection.response().status, 404);
}

/// It opens its port itself; any free one here.
fn serve_by_itself(engine: Engine) {
    let source = std::fs::read_to_string(example("serve/app.ts")).expect("the example");
    let mut server = Launch::run(engine, &source.replace("port: 3000", "port: 0")).start();
    assert_eq!(server.get("/x").json()["pathname"], "/x");
    assert_eq!(server.get("/fail").status, 500);
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for_output("stopped");
}
