//! One connection and many: order, persistence, methods without a body, clients that misbehave.

use crate::support::{Connection, Engine, Launch, raise_open_files_limit, request};

on_both_engines![
    pipelined_requests_are_answered_in_order,
    a_slow_answer_holds_back_the_ones_behind_it,
    bodies_of_pipelined_requests_stay_apart,
    a_refused_request_does_not_take_back_the_answers_before_it,
    a_connection_is_kept_for_many_requests,
    http_1_0_clients_are_understood,
    head_tells_the_length_and_sends_nothing,
    statuses_without_content_have_none,
    response_heads_go_out_as_the_application_made_them,
    hop_by_hop_fields_of_the_application_are_not_sent,
    the_application_can_close_the_connection,
    a_client_that_has_finished_sending_is_answered,
    an_idle_client_that_finishes_sending_is_let_go,
    two_thousand_connections_at_once,
    clients_that_reset_the_connection_do_no_harm,
];

fn pipelined_requests_are_answered_in_order(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default (r: Request) => new Response(new URL(r.url).pathname);",
    )
    .start();
    let mut connection = server.connect();
    let requests: String = (0..500)
        .map(|number| request("GET", &format!("/{number}")))
        .collect();
    connection.send(requests);
    for number in 0..500 {
        assert_eq!(connection.response().text(), format!("/{number}"));
    }
    connection.expect_open();
}

/// The first answer is the last to be ready.
fn a_slow_answer_holds_back_the_ones_behind_it(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default async (request: Request) => {
            const number = Number(new URL(request.url).pathname.slice(1));
            await new Promise((resolve) => setTimeout(resolve, (10 - number) * 10));
            return new Response(`${number}`);
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(
        (0..10)
            .map(|number| request("GET", &format!("/{number}")))
            .collect::<String>(),
    );
    for number in 0..10 {
        assert_eq!(connection.response().text(), number.to_string());
    }
}

fn bodies_of_pipelined_requests_stay_apart(engine: Engine) {
    let server = Launch::serve(
        engine,
        "export default async (r: Request) => new Response(await r.text());",
    )
    .start();
    let mut connection = server.connect();
    connection.send(
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\none\
         POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\nx: y\r\n\r\n\
         GET / HTTP/1.1\r\nhost: a\r\n\r\n\
         POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nfour",
    );
    for body in ["one", "two", "", "four"] {
        assert_eq!(connection.response().text(), body);
    }
}

fn a_refused_request_does_not_take_back_the_answers_before_it(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default async (request: Request) => {
            await new Promise((resolve) => setTimeout(resolve, 50));
            return new Response(new URL(request.url).pathname);
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\nGET /3 HTTP/9.9\r\nhost: a\r\n\r\n");
    assert_eq!(connection.response().text(), "/1");
    assert_eq!(connection.response().text(), "/2");
    assert_eq!(connection.response().status, 505);
    connection.expect_closed();
}

fn a_connection_is_kept_for_many_requests(engine: Engine) {
    let server = Launch::serve(engine, "let n = 0; export default () => new Response(`${++n}`);").start();
    let mut connection = server.connect();
    for number in 1..=1000 {
        connection.send(request("GET", "/"));
        assert_eq!(connection.response().text(), number.to_string());
    }
}

fn http_1_0_clients_are_understood(engine: Engine) {
    let server = Launch::serve(engine, "export default () => new Response('hi');").start();
    let mut connection = server.connect();
    connection.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    let kept = connection.response();
    assert_eq!(
        (kept.text(), kept.field("connection")),
        ("hi", Some("keep-alive"))
    );
    connection.send("GET / HTTP/1.0\r\n\r\n");
    let last = connection.response();
    assert_eq!((last.text(), last.closes()), ("hi", true));
    connection.expect_closed();
}

/// RFC 9110 section 9.3.2: as GET, without the content.
fn head_tells_the_length_and_sends_nothing(engine: Engine) {
    let server = Launch::serve(engine, "
        export default (request: Request) => {
            const stream = () => new ReadableStream({ start(c) { c.enqueue(new Uint8Array(9)); c.close(); } });
            switch (new URL(request.url).pathname) {
                case '/text': return new Response('hello');
                case '/stream': return new Response(stream());
                case '/known': return new Response(null, { headers: { 'content-length': '12345' } });
                default: return new Response();
            }
        };
    ").start();
    let mut connection = server.connect();
    for (path, length) in [("/text", Some(5)), ("/known", Some(12345)), ("/stream", None)] {
        connection.send(request("HEAD", path));
        let response = connection.response_to("HEAD");
        assert_eq!(
            (response.status, response.content_length()),
            (200, length),
            "{path}"
        );
    }
    connection.send(request("HEAD", "/empty"));
    assert_eq!(connection.response_to("HEAD").status, 200);
    connection.send(request("GET", "/text"));
    assert_eq!(connection.response().text(), "hello");
}

/// RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5.
fn statuses_without_content_have_none(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default (request: Request) => {
            const status = Number(new URL(request.url).pathname.slice(1));
            return new Response(null, { status, headers: { etag: '\"x\"' } });
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    for status in [204, 304, 205] {
        connection.send(request("GET", &format!("/{status}")));
        let response = connection.response();
        assert_eq!((response.status, response.field("etag")), (status, Some("\"x\"")));
        assert!(response.body.is_empty());
    }
    connection.send(request("GET", "/200"));
    let empty = connection.response();
    assert_eq!((empty.status, empty.content_length()), (200, Some(0)));
}

fn response_heads_go_out_as_the_application_made_them(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default () => {
            const headers = new Headers({ 'X-Mixed': 'v', 'content-type': 'text/x' });
            headers.append('set-cookie', 'a=1');
            headers.append('set-cookie', 'b=2; Path=/');
            headers.append('x-list', '1');
            headers.append('x-list', '2');
            return new Response('hi', { status: 418, statusText: 'Short and stout', headers });
        };
    ",
    )
    .start();
    let response = server.get("/");
    assert_eq!(
        (response.status, response.reason.as_str()),
        (418, "Short and stout")
    );
    assert_eq!(response.all("set-cookie"), ["a=1", "b=2; Path=/"]);
    assert_eq!(response.field("x-mixed"), Some("v"));
    assert_eq!(response.field("content-type"), Some("text/x"));
    assert_eq!(response.all("x-list").join(", "), "1, 2");
}

/// RFC 9110 section 7.6.1: framing and the connection are the server's.
fn hop_by_hop_fields_of_the_application_are_not_sent(engine: Engine) {
    let server = Launch::serve(engine, "
        export default () => new Response('hello', { headers: {
            'transfer-encoding': 'gzip', 'content-length': '3', 'keep-alive': 'x', 'upgrade': 'y', 'x-own': 'z',
        } });
    ").start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    let response = connection.response();
    assert_eq!((response.text(), response.content_length()), ("hello", Some(5)));
    assert_eq!(response.field("x-own"), Some("z"));
    for name in ["transfer-encoding", "keep-alive", "upgrade"] {
        assert_eq!(response.field(name), None);
    }
    connection.expect_open();
}

fn the_application_can_close_the_connection(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default () => new Response('bye', { headers: { connection: 'close' } });
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send(request("GET", "/"));
    let response = connection.response();
    assert_eq!((response.text(), response.closes()), ("bye", true));
    connection.expect_closed();
}

fn a_client_that_has_finished_sending_is_answered(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default async (request: Request) => {
            await new Promise((resolve) => setTimeout(resolve, 50));
            return new Response(await request.text());
        };
    ",
    )
    .start();
    let mut connection = server.connect();
    connection.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nlast");
    connection.finish_sending();
    assert_eq!(connection.response().text(), "last");
    connection.expect_closed();
}

fn an_idle_client_that_finishes_sending_is_let_go(engine: Engine) {
    let server = Launch::serve(engine, "export default () => new Response('hi');").start();
    let mut connection = server.connect();
    connection.expect_open();
    connection.finish_sending();
    connection.expect_closed();
}

fn two_thousand_connections_at_once(engine: Engine) {
    raise_open_files_limit();
    let server = Launch::serve(engine, "export default () => new Response('hi');").start();
    let mut connections: Vec<Connection> = (0..2000).map(|_| server.connect()).collect();
    for _ in 0..2 {
        for connection in &mut connections {
            connection.send(request("GET", "/"));
        }
        for connection in &mut connections {
            assert_eq!(connection.response().text(), "hi");
        }
    }
}

fn clients_that_reset_the_connection_do_no_harm(engine: Engine) {
    let server = Launch::serve(
        engine,
        "
        export default async (request: Request) => {
            await new Promise((resolve) => setTimeout(resolve, 20));
            return new Response('x'.repeat(100_000));
        };
    ",
    )
    .start();
    let mut healthy = server.connect();
    for round in 0..200 {
        let mut connection = server.connect();
        connection.reset_on_close();
        let bytes = [
            "",
            "GET / HT",
            "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx",
        ];
        connection.send(bytes[round % bytes.len()]);
    }
    healthy.expect_open();
    assert_eq!(server.get("/").body.len(), 100_000);
}
