//! Streams of server-sent events: what is written, and when a stream ends.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Connection, Engine, Launch, Server, eventually, request};

on_both_engines![
    clients_read_what_was_sent,
    events_are_written_as_the_standard_says,
    what_is_no_event_is_refused,
    a_stream_is_fit_for_proxies_and_knows_what_was_seen,
    heartbeats_come_while_nothing_is_sent,
    silence_ends_no_stream,
    a_stream_ends_with_its_function,
    a_function_that_throws_breaks_its_stream_off,
    who_waits_for_room_sends_everything,
    a_client_that_takes_nothing_loses_its_stream,
    a_client_that_leaves_ends_its_stream,
    who_gets_no_body_is_sent_nothing,
    a_program_may_read_the_events_itself,
    events_are_compressed_one_by_one,
    a_stop_breaks_streams_off_at_its_deadline,
];

const APPLICATION: &str = r#"
    import { EventStream, eventStream } from "howth:http";
    const ends: string[] = [];
    let begun = 0;
    const big = "x".repeat(50_000);
    async function flood(stream: Howth.EventStream) {
        while (!stream.signal.aborted) {
            stream.send(big);
            await new Promise((resolve) => setTimeout(resolve));
        }
    }
    export default async (request: Request, server: Howth.RequestServer) => {
        const { pathname } = new URL(request.url);
        const note = (stream: Howth.EventStream) => {
            begun++;
            stream.closed.then((reason) => ends.push(`${reason} ${stream.signal.aborted}`));
        };
        switch (pathname) {
            case "/send": {
                const events = await request.json();
                return eventStream(request, async (stream) => { for (const event of events) stream.send(event); });
            }
            case "/refused": {
                const said: string[] = [];
                const bad: any[] = [
                    { event: "a\nb" }, { event: "a\rb" }, { id: "a\0b" }, { id: "\n" }, { event: 7 }, { retry: -1 }, { retry: 1.5 },
                    { data: () => {} }, { data: 1n }, {}, null, 7, undefined,
                ];
                return eventStream(request, async (stream) => {
                    for (const event of bad) {
                        try { stream.send(event); said.push("sent"); } catch (error) { said.push(error.name); }
                    }
                    try { new (EventStream as any)(); } catch (error) { said.push(error.message); }
                    stream.send({ data: said });
                });
            }
            case "/seen": {
                const headers = { "x-own": "1", "cache-control": "no-store, no-transform" };
                return eventStream(request, async (stream) => { stream.send({ data: stream.lastEventId }); }, { headers });
            }
            case "/beats": return eventStream(request, note, { heartbeat: 0.01 });
            case "/silent": {
                server.timeout(request, 1);
                return eventStream(request, note, { heartbeat: false });
            }
            case "/comment": return eventStream(request, async (stream) => { stream.comment("a\r\nb"); note(stream); await 1; });
            case "/closed": return eventStream(request, (stream) => { note(stream); stream.close(); stream.send("late"); });
            case "/throws": return eventStream(request, (stream) => { note(stream); stream.send("first"); throw new Error("on purpose"); });
            case "/rejects": return eventStream(request, async (stream) => { note(stream); stream.send("first"); await 1; throw new Error("on purpose"); });
            case "/much": return eventStream(request, async (stream) => {
                for (let count = 0; count < 200; count++) if (!stream.send(big)) await stream.ready;
            });
            case "/flood": return eventStream(request, (stream) => { note(stream); return flood(stream); }, { maxBufferedBytes: 100_000 });
            case "/open": return eventStream(request, (stream) => { note(stream); stream.send("open"); });
            case "/text": return new Response(await eventStream(request, async (stream) => { stream.send("read"); }).text());
            case "/passed-on": return new Response(eventStream(request, async (stream) => { stream.send("passed on"); }).body);
            case "/piped": return new Response(eventStream(request, (stream) => { note(stream); return flood(stream); })
                .body!.pipeThrough(new TransformStream()));
            case "/copy": return eventStream(request, async (stream) => { stream.send("copy"); }).clone();
        }
        return Response.json({ begun, ends });
    };
"#;

fn serve(engine: Engine) -> Server {
    Launch::serve(engine, APPLICATION).start()
}

fn send_all(server: &Server, events: &Value) -> String {
    let body = events.to_string();
    let mut connection = server.connect();
    connection.send(format!(
        "POST /send HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    connection.response().text().to_owned()
}

fn open(server: &Server, path: &str) -> Connection {
    let mut connection = server.connect();
    connection.send(request("GET", path));
    connection
}

/// What a client has read, by section 9.2.6 of the standard: type, data and id of each event.
fn read(stream: &str) -> Vec<(String, String, String)> {
    let mut events = Vec::new();
    let (mut name, mut data, mut id) = (String::new(), String::new(), String::new());
    for line in stream.replace("\r\n", "\n").split(['\r', '\n']) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if line.is_empty() => {
                if let Some(data) = data.strip_suffix('\n') {
                    events.push((name.clone(), data.to_owned(), id.clone()));
                }
                (name, data) = (String::new(), String::new());
            }
            "event" => name = value.to_owned(),
            "data" => data += &format!("{value}\n"),
            "id" if !value.contains('\0') => id = value.to_owned(),
            _ => {}
        }
    }
    events
}

/// Every text of up to four of these pieces.
fn clients_read_what_was_sent(engine: Engine) {
    let pieces = ["\r", "\n", "\r\n", "a", " ", ":", "\u{e9}\u{2028}", "data: "];
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..4 {
        let longer: Vec<_> = texts[from..]
            .iter()
            .flat_map(|text| pieces.iter().map(move |piece| format!("{text}{piece}")))
            .collect();
        from = texts.len();
        texts.extend(longer);
    }
    let events: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(id, text)| json!({ "event": "a b:c", "id": id, "data": text }))
        .collect();
    let server = serve(engine);
    let read = read(&send_all(&server, &json!(events)));
    assert_eq!(read.len(), texts.len());
    for (number, (text, read)) in texts.iter().zip(read).enumerate() {
        let lines = text.replace("\r\n", "\n").replace('\r', "\n");
        assert_eq!(read, ("a b:c".to_owned(), lines, number.to_string()), "{text:?}");
    }
}

fn events_are_written_as_the_standard_says(engine: Engine) {
    let server = serve(engine);
    for (event, written) in [
        (json!("text"), "data: text\n\n"),
        (json!("a\r\nb\rc\n"), "data: a\ndata: b\ndata: c\ndata: \n\n"),
        (json!({ "data": "" }), "data: \n\n"),
        (
            json!({ "data": { "a": [1, "\n"] } }),
            "data: {\"a\":[1,\"\\n\"]}\n\n",
        ),
        (json!({ "data": null }), "data: null\n\n"),
        (json!({ "event": "ping" }), "event: ping\ndata:\n\n"),
        (json!({ "id": 7 }), "id: 7\n\n"),
        (json!({ "id": "" , "data": "a" }), "id: \ndata: a\n\n"),
        (json!({ "retry": 0 }), "retry: 0\n\n"),
        (
            json!({ "data": "a", "retry": 5, "id": "x", "event": "e" }),
            "event: e\nid: x\nretry: 5\ndata: a\n\n",
        ),
    ] {
        assert_eq!(send_all(&server, &json!([event])), written, "{event}");
    }
    assert_eq!(server.get("/comment").text(), ": a\n: b\n\n");
}

fn what_is_no_event_is_refused(engine: Engine) {
    let server = serve(engine);
    let response = server.get("/refused");
    let said: Vec<String> = serde_json::from_str(response.text().trim_start_matches("data: ")).expect("JSON");
    let (last, errors) = said.split_last().expect("errors");
    assert_eq!(errors, vec!["TypeError"; 13]);
    assert!(last.starts_with("Illegal constructor"), "{last}");
}

fn a_stream_is_fit_for_proxies_and_knows_what_was_seen(engine: Engine) {
    let server = serve(engine);
    let response = server.get("/comment");
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
    ] {
        assert_eq!(response.field(name), Some(value));
    }
    assert_eq!(server.get("/seen").text(), "data: null\n\n");
    let mut connection = server.connect();
    connection.send("GET /seen HTTP/1.1\r\nhost: a\r\nlast-event-id: caf\u{e9}-7\r\n\r\n");
    let response = connection.response();
    assert_eq!(response.text(), "data: caf\u{e9}-7\n\n");
    assert_eq!(response.field("cache-control"), Some("no-store, no-transform"));
    assert_eq!(response.field("x-own"), Some("1"));
}

fn heartbeats_come_while_nothing_is_sent(engine: Engine) {
    let server = serve(engine);
    let mut streams: Vec<_> = (0..3).map(|_| open(&server, "/beats")).collect();
    for stream in &mut streams {
        assert_eq!(stream.chunk_after_head(), b":\n\n");
        assert_eq!(stream.chunk(), b":\n\n");
    }
}

/// Also where a time had been set for the request.
fn silence_ends_no_stream(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--timeout-keep-alive", "1s", "--timeout-handler", "1s"])
        .start();
    let mut stream = open(&server, "/silent");
    assert_eq!(stream.head().status, 200);
    stream.expect_silence(Duration::from_millis(1500));
}

fn a_stream_ends_with_its_function(engine: Engine) {
    let server = serve(engine);
    let mut connection = open(&server, "/comment");
    assert_eq!(connection.response().text(), ": a\n: b\n\n");
    connection.send(request("GET", "/closed"));
    assert_eq!(connection.response().text(), "");
    let expected = json!({ "begun": 2, "ends": ["closed true", "closed true"] });
    eventually("both ends", || server.get("/").json() == expected);
}

fn a_function_that_throws_breaks_its_stream_off(engine: Engine) {
    let server = serve(engine);
    for (count, path) in ["/throws", "/rejects"].into_iter().enumerate() {
        let mut stream = open(&server, path);
        assert_eq!(stream.chunk_after_head(), b"data: first\n\n");
        stream.expect_closed();
        eventually("a line", || {
            server.stderr().matches("on purpose").count() == count + 1
        });
    }
    let expected = json!({ "begun": 2, "ends": ["failed true", "failed true"] });
    assert_eq!(server.get("/").json(), expected);
}

fn who_waits_for_room_sends_everything(engine: Engine) {
    let server = serve(engine);
    assert_eq!(server.get("/much").body.len(), 200 * (50_000 + 8));
}

fn a_client_that_takes_nothing_loses_its_stream(engine: Engine) {
    let server = serve(engine);
    let stalled = open(&server, "/flood");
    let mut other = open(&server, "/open");
    assert_eq!(other.chunk_after_head(), b"data: open\n\n");
    let expected = json!({ "begun": 2, "ends": ["behind true"] });
    eventually("the end of the stream", || server.get("/").json() == expected);
    assert!(!other.is_readable(), "the other stream is open");
    drop(stalled);
}

fn a_client_that_leaves_ends_its_stream(engine: Engine) {
    let server = serve(engine);
    for reset in [false, true] {
        let mut stream = open(&server, "/open");
        assert_eq!(stream.chunk_after_head(), b"data: open\n\n");
        if reset {
            stream.reset_on_close();
        }
    }
    drop(open(&server, "/piped"));
    let expected =
        json!({ "begun": 3, "ends": ["disconnected true", "disconnected true", "disconnected true"] });
    eventually("the ends", || server.get("/").json() == expected);
}

fn who_gets_no_body_is_sent_nothing(engine: Engine) {
    let server = serve(engine);
    let mut connection = server.connect();
    connection.send(request("HEAD", "/open"));
    let response = connection.response_to("HEAD");
    assert_eq!(response.field("content-type"), Some("text/event-stream"));
    connection.send(request("GET", "/"));
    assert_eq!(connection.response().json(), json!({ "begun": 0, "ends": [] }));
}

fn a_program_may_read_the_events_itself(engine: Engine) {
    let server = serve(engine);
    assert_eq!(server.get("/text").text(), "data: read\n\n");
    assert_eq!(server.get("/passed-on").text(), "data: passed on\n\n");
    assert_eq!(server.get("/copy").text(), "data: copy\n\n");
    let mut piped = open(&server, "/piped");
    assert!(piped.chunk_after_head().starts_with(b"data: xxx"));
}

fn events_are_compressed_one_by_one(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--compress=gzip"])
        .start();
    let mut stream = server.connect();
    stream.send("GET /open HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\n\r\n");
    assert_eq!(stream.head().field("content-encoding"), Some("gzip"));
    let mut decoder = flate2::write::GzDecoder::new(Vec::new());
    while decoder.get_ref() != b"data: open\n\n" {
        std::io::Write::write_all(&mut decoder, &stream.chunk()).expect("gzip");
        std::io::Write::flush(&mut decoder).expect("gzip");
    }
}

fn a_stop_breaks_streams_off_at_its_deadline(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--drain", "300ms"])
        .start();
    let mut stream = open(&server, "/open");
    assert_eq!(stream.chunk_after_head(), b"data: open\n\n");
    server.signal(libc::SIGTERM);
    stream.expect_closed();
}
