//! Channels of server-sent events: the same for many listeners, on one core and on several.

use serde_json::json;

use crate::http2::client::Client;
use crate::support::reloading::{change, reloads};
use crate::support::{Connection, Engine, Launch, Server, ask, connections, eventually, request};

on_both_engines![
    all_listeners_get_the_same_bytes,
    who_comes_back_gets_what_was_missed,
    what_is_sent_again_has_a_bound,
    a_channel_without_history_writes_no_ids,
    a_listener_that_takes_nothing_is_left_behind,
    listeners_that_leave_are_forgotten,
    a_closed_channel_ends_its_streams,
    heartbeats_are_one_for_all,
    streams_of_http_2_listen_and_leave,
    a_name_is_one_channel_on_all_cores,
    requests_that_another_core_answers_listen_too,
    new_code_ends_the_streams_of_old_code,
];

const APPLICATION: &str = r#"
    import { EventChannel } from "howth:http";
    const core = crypto.randomUUID();
    const channels: Record<string, Howth.EventChannel> = {
        plain: new EventChannel({ heartbeat: false }),
        kept: new EventChannel({ heartbeat: false, history: 3 }),
        // More than one event, which another core may have been sent and not yet told to be taken.
        small: new EventChannel({ heartbeat: false, maxBufferedBytes: 500_000 }),
        short: new EventChannel({ heartbeat: false, history: 100, maxBufferedBytes: 500_000 }),
        beats: new EventChannel({ heartbeat: 0.01 }),
        everywhere: new EventChannel({ heartbeat: false, history: 100, name: "news" }),
    };
    const big = "x".repeat(100_000);
    export default (request: Request) => {
        const { pathname, searchParams } = new URL(request.url);
        const [, action, name] = pathname.split("/");
        if (action === "core") return Response.json(core);
        const channel = channels[name];
        switch (action) {
            case "listen": return channel.subscribe(request);
            case "read": return new Response(channel.subscribe(request).body!.pipeThrough(new TransformStream()));
            case "publish": return Response.json(channel.publish(searchParams.get("data")!));
            case "event": return Response.json(channel.publish(JSON.parse(searchParams.get("data")!)));
            case "big": return Response.json(channel.publish(big));
            case "close": channel.close(); break;
        }
        return Response.json(channel?.listeners ?? null);
    };
"#;

fn serve(engine: Engine) -> Server {
    Launch::serve(engine, APPLICATION).start()
}

/// A connection that listens: the head of its response has come.
fn listen(server: &Server, channel: &str) -> Connection {
    listen_by(server.connect(), channel, "")
}

fn listen_by(mut connection: Connection, channel: &str, fields: &str) -> Connection {
    connection.send(format!(
        "GET /listen/{channel} HTTP/1.1\r\nhost: a\r\n{fields}\r\n"
    ));
    let head = connection.head();
    assert_eq!(head.field("content-type"), Some("text/event-stream"), "{head:?}");
    connection
}

fn listeners(server: &Server, channel: &str) -> serde_json::Value {
    server.get(&format!("/listeners/{channel}")).json()
}

fn publish(server: &Server, channel: &str, data: &str) -> serde_json::Value {
    server.get(&format!("/publish/{channel}?data={data}")).json()
}

fn text(chunk: Vec<u8>) -> String {
    String::from_utf8(chunk).expect("a text")
}

fn all_listeners_get_the_same_bytes(engine: Engine) {
    let server = serve(engine);
    let mut all: Vec<_> = (0..200).map(|_| listen(&server, "plain")).collect();
    let mut reader = server.connect();
    reader.send(request("GET", "/read/plain"));
    eventually("a reader", || listeners(&server, "plain") == 201);
    assert_eq!(publish(&server, "plain", "one"), 201);
    assert_eq!(publish(&server, "plain", "two%0Athree"), 201);
    for listener in &mut all {
        assert_eq!(text(listener.chunk()), "data: one\n\n");
        assert_eq!(text(listener.chunk()), "data: two\ndata: three\n\n");
    }
    assert_eq!(text(reader.chunk_after_head()), "data: one\n\n");
}

fn id_of(event: &str) -> String {
    let rest = event.strip_prefix("id: ").expect("an id");
    rest.split_once('\n').expect("a line").0.to_owned()
}

fn who_comes_back_gets_what_was_missed(engine: Engine) {
    let server = serve(engine);
    let mut listener = listen(&server, "kept");
    for data in ["one", "two", "three", "four"] {
        assert_eq!(publish(&server, "kept", data), 1);
    }
    let events: Vec<_> = (0..4).map(|_| text(listener.chunk())).collect();
    let come_back = |id: &str| {
        let fields = format!("last-event-id: {id}\r\n");
        listen_by(server.connect(), "kept", &fields)
    };
    // From the second on; all that is kept, where nobody knows the id any more; nothing.
    let mut second = come_back(&id_of(&events[1]));
    assert_eq!(text(second.chunk()), format!("{}{}", events[2], events[3]));
    for old in [&*id_of(&events[0]), "of another start"] {
        let mut old = come_back(old);
        assert_eq!(text(old.chunk()), events[1..].concat());
    }
    let (mut last, mut fresh) = (come_back(&id_of(&events[3])), listen(&server, "kept"));
    let own = server.get("/event/kept?data=%7B%22id%22:%22own%22,%22data%22:%22five%22%7D");
    assert_eq!(own.json(), 6);
    for listener in [&mut last, &mut fresh] {
        assert_eq!(text(listener.chunk()), "id: own\ndata: five\n\n");
    }
    let mut behind_own = come_back("own");
    publish(&server, "kept", "six");
    assert!(text(behind_own.chunk()).ends_with("\ndata: six\n\n"));
}

fn a_channel_without_history_writes_no_ids(engine: Engine) {
    let server = serve(engine);
    publish(&server, "plain", "missed");
    let mut listener = listen_by(server.connect(), "plain", "last-event-id: 1\r\n");
    publish(&server, "plain", "heard");
    assert_eq!(text(listener.chunk()), "data: heard\n\n");
}

fn a_listener_that_takes_nothing_is_left_behind(engine: Engine) {
    let server = serve(engine);
    let stalled = listen(&server, "small");
    let mut listener = listen(&server, "small");
    let mut publisher = server.connect();
    // Until the buffers of its socket are full, and more than may wait does.
    let mut heard = 0;
    while ask(&mut publisher, "/big/small") == 2 {
        assert_eq!(listener.chunk().len(), 100_008);
        heard += 1;
        assert!(heard < 2000, "nobody is ever behind");
    }
    assert_eq!(listener.chunk().len(), 100_008);
    assert_eq!(listeners(&server, "small"), 1);
    assert_eq!(publish(&server, "small", "more"), 1);
    assert_eq!(text(listener.chunk()), "data: more\n\n");
    drop(stalled);
}

fn listeners_that_leave_are_forgotten(engine: Engine) {
    let server = serve(engine);
    let mut all: Vec<_> = (0..20).map(|_| listen(&server, "plain")).collect();
    // From the middle, the end and the beginning of the list.
    for (at, left) in [(10, 19), (18, 18), (0, 17)] {
        let leaver = all.remove(at);
        if at == 10 {
            leaver.reset_on_close();
        }
        drop(leaver);
        eventually("one less", || listeners(&server, "plain") == left);
    }
    assert_eq!(publish(&server, "plain", "left"), 17);
    for listener in &mut all {
        assert_eq!(text(listener.chunk()), "data: left\n\n");
    }
    drop(all);
    eventually("nobody", || listeners(&server, "plain") == 0);
    assert_eq!(publish(&server, "plain", "alone"), 0);
}

fn a_closed_channel_ends_its_streams(engine: Engine) {
    let server = serve(engine);
    let mut listener = listen(&server, "everywhere");
    assert_eq!(server.get("/close/everywhere").json(), 0);
    listener.end_of_chunks();
    // A browser does not come again.
    assert_eq!(server.get("/listen/everywhere").status, 204);
    assert_eq!(publish(&server, "everywhere", "late"), 0);
}

fn heartbeats_are_one_for_all(engine: Engine) {
    let server = serve(engine);
    let mut all: Vec<_> = (0..3).map(|_| listen(&server, "beats")).collect();
    for listener in &mut all {
        assert_eq!(text(listener.chunk()), ":\n\n");
        assert_eq!(text(listener.chunk()), ":\n\n");
    }
}

fn streams_of_http_2_listen_and_leave(engine: Engine) {
    let server = serve(engine);
    let client = Client::connect(&server);
    let leaver = client.begin("GET", "/listen/plain");
    let listener = client.begin("GET", "/listen/plain");
    // The client sends and reads while it waits for an answer of its own.
    let count = || client.request("GET", "/listeners/plain", &[], "");
    eventually("two listeners", || count().text() == "2");
    assert_eq!(publish(&server, "plain", "one"), 2);
    drop(leaver);
    eventually("one listener", || count().text() == "1");
    assert_eq!(publish(&server, "plain", "two"), 1);
    server.get("/close/plain");
    let answer = listener.answer();
    assert_eq!(answer.field("content-type"), "text/event-stream");
    assert_eq!(answer.text(), "data: one\n\ndata: two\n\n");
}

fn a_name_is_one_channel_on_all_cores(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--cores", "2", "--no-work-sharing"])
        .start();
    let [mut one, mut other] = connections(&server);
    let [mut here, mut there] =
        connections(&server).map(|connection| listen_by(connection, "everywhere", ""));
    assert_eq!(ask(&mut one, "/listeners/everywhere"), json!(2));
    let mut events = Vec::new();
    for (publisher, data) in [(&mut one, "one"), (&mut other, "two")] {
        let count = ask(publisher, &format!("/publish/everywhere?data={data}"));
        assert_eq!(count, json!(2));
        let heard = [text(here.chunk()), text(there.chunk())];
        assert_eq!(heard[0], heard[1]);
        assert!(heard[0].ends_with(&format!("\ndata: {data}\n\n")), "{heard:?}");
        events.push(heard[0].clone());
    }
    // Whichever core a client comes back to knows what it has missed.
    let fields = format!("last-event-id: {}\r\n", id_of(&events[0]));
    for connection in connections(&server) {
        let mut listener = listen_by(connection, "everywhere", &fields);
        assert_eq!(text(listener.chunk()), events[1]);
    }
    // What has no name is each core's own.
    assert_eq!(ask(&mut one, "/listeners/plain"), json!(0));
}

/// All of one user, whichever cores have their connections.
fn requests_that_another_core_answers_listen_too(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--cores", "2", "--affinity", "header:user"])
        .start();
    let user = "user: ada\r\n";
    let mut listeners: Vec<_> = connections(&server)
        .into_iter()
        .map(|connection| listen_by(connection, "small", user))
        .collect();
    let mut publisher = server.connect();
    let mut ask = |path: &str| {
        publisher.send(format!("GET {path} HTTP/1.1\r\nhost: a\r\n{user}\r\n"));
        publisher.response().json()
    };
    assert_eq!(ask("/publish/small?data=one"), 2);
    for listener in &mut listeners {
        assert_eq!(text(listener.chunk()), "data: one\n\n");
    }
    let mut left = listeners.pop().expect("two");
    // The one whose client takes nothing is left behind, and the other one is not.
    let mut heard = 0;
    while ask("/big/small") == 2 {
        assert_eq!(left.chunk().len(), 100_008);
        heard += 1;
        assert!(heard < 2000, "nobody is ever behind");
    }
    drop(left);
    eventually("nobody", || ask("/listeners/small") == 0);
}

fn new_code_ends_the_streams_of_old_code(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--drain", "300ms"])
        .start();
    let mut listener = listen(&server, "plain");
    change(&server, APPLICATION);
    listener.expect_closed();
    eventually("new code", || reloads(&server) == 1);
    let mut listener = listen(&server, "plain");
    publish(&server, "plain", "new");
    assert_eq!(text(listener.chunk()), "data: new\n\n");
}

/// A client that comes back may take nothing, and costs a request.
fn what_is_sent_again_has_a_bound(engine: Engine) {
    let server = serve(engine);
    for _ in 0..10 {
        server.get("/big/short");
    }
    publish(&server, "short", "last");
    let mut back = listen_by(server.connect(), "short", "last-event-id: unknown\r\n");
    let missed = text(back.chunk());
    assert_eq!(missed.matches("data: x").count(), 2);
    assert!(missed.ends_with("data: last\n\n"));
    publish(&server, "short", "next");
    assert!(text(back.chunk()).ends_with("data: next\n\n"));
}
