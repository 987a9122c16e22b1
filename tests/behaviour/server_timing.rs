//! What a response says of its time, and a request of its trace.

use crate::http2::client::Client;
use crate::support::{Engine, Launch, Response, Server, eventually, request};

on_both_engines![
    responses_of_a_handler_say_how_long_they_took,
    what_javascript_does_not_answer_says_nothing,
    without_the_option_nothing_is_said,
    requests_on_another_core_are_timed_there,
    a_trace_passes_as_it_came_and_is_logged,
];

const APPLICATION: &str = "
    export default {
        routes: { '/ready': new Response('ready') },
        fetch: async (request: Request) => {
            switch (new URL(request.url).pathname) {
                case '/own': return new Response('', { headers: { 'server-timing': 'db;dur=1' } });
                case '/late': await new Promise((resolve) => setTimeout(resolve, 20)); return new Response('late');
                case '/stream': return new Response(new ReadableStream({ start(c) { c.enqueue('a'); c.close(); } }));
                case '/fails': throw new Error('on purpose');
            }
            return Response.json([request.headers.get('traceparent'), request.headers.get('tracestate')]);
        },
    };
";

fn serve(engine: Engine) -> Server {
    Launch::serve(engine, APPLICATION)
        .options(["--server-timing"])
        .start()
}

/// The milliseconds of `queue` and `app`.
#[track_caller]
fn times(said: &str) -> (f64, f64) {
    let (queue, app) = said.split_once(", ").expect("two of them");
    let time = |metric: &str, name: &str| -> f64 {
        let number = metric.strip_prefix(name).expect("a name");
        number.parse().expect("a number")
    };
    (time(queue, "queue;dur="), time(app, "app;dur="))
}

fn responses_of_a_handler_say_how_long_they_took(engine: Engine) {
    let server = serve(engine);
    for path in ["/", "/stream", "/fails", "/late"] {
        let response = server.get(path);
        let (queue, app) = times(response.field("server-timing").expect("the field"));
        assert!(queue >= 0.0 && app >= 0.0, "{path}");
        assert!(path != "/late" || app >= 15.0, "a timer of 20 ms: {app}");
    }
    let own = server.get("/own");
    let lines: Vec<&str> = lines_of(&own).collect();
    assert_eq!(lines[0], "db;dur=1");
    times(lines[1]);
    assert_eq!(lines.len(), 2);
    let mut connection = server.connect();
    connection.send(request("HEAD", "/"));
    times(
        connection
            .response_to("HEAD")
            .field("server-timing")
            .expect("the field"),
    );
    times(
        Client::connect(&server)
            .request("GET", "/", &[], "")
            .field("server-timing"),
    );
}

fn lines_of(response: &Response) -> impl Iterator<Item = &str> {
    let fields = response.fields.iter();
    fields
        .filter(|(name, _)| name.eq_ignore_ascii_case("server-timing"))
        .map(|(_, value)| value.as_str())
}

fn what_javascript_does_not_answer_says_nothing(engine: Engine) {
    let server = serve(engine);
    assert_eq!(server.get("/ready").field("server-timing"), None);
    let node = "require('node:http').createServer((request, response) => response.end('node')).listen(0);";
    let server = Launch::serve(engine, "")
        .file("app.cjs", node)
        .entry("app.cjs")
        .options(["--server-timing"])
        .start();
    let response = server.get("/");
    assert_eq!((response.text(), response.field("server-timing")), ("node", None));
}

fn without_the_option_nothing_is_said(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION).start();
    assert_eq!(server.get("/").field("server-timing"), None);
    assert_eq!(server.get("/own").field("server-timing"), Some("db;dur=1"));
}

fn requests_on_another_core_are_timed_there(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION)
        .options(["--server-timing", "--cores", "2", "--affinity", "header:user"])
        .start();
    for user in 0..8 {
        let mut connection = server.connect();
        connection.send(format!("GET / HTTP/1.1\r\nhost: a\r\nuser: {user}\r\n\r\n"));
        times(connection.response().field("server-timing").expect("the field"));
    }
}

fn a_trace_passes_as_it_came_and_is_logged(engine: Engine) {
    let server = Launch::serve(engine, APPLICATION).options(["--dev"]).start();
    let ask = |parent: &str| {
        let mut connection = server.connect();
        connection.send(format!(
            "GET /?{parent} HTTP/1.1\r\nhost: a\r\ntraceparent: {parent}\r\ntracestate: a=1,b=2\r\ntracestate: c=3\r\n\r\n"
        ));
        let expected = serde_json::json!([parent, "a=1,b=2, c=3"]);
        assert_eq!(connection.response().json(), expected);
    };
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    ask(&parent);
    let line = format!("ms trace_id={trace}\n");
    eventually("a line of the log", || server.stderr().contains(&line));
    ask("of-no-form");
    eventually("another", || server.stderr().contains("/?of-no-form 200"));
    assert_eq!(server.stderr().matches("trace_id").count(), 1);
}
