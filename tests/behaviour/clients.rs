//! Who a client is behind proxies, and how much of it is served at once.

use crate::support::{Connection, Engine, Launch, Server, eventually, request};

on_both_engines![
    a_header_names_the_client_everywhere,
    a_header_of_anybody_else_is_no_request,
    who_sends_no_header_is_closed_without_a_word,
    a_header_names_the_client_of_node_http,
    a_trusted_proxy_names_the_client_and_its_scheme,
    nobody_is_trusted_by_default,
    what_a_client_forges_is_not_believed,
    the_field_that_was_not_chosen_is_not_read,
    node_http_keeps_the_address_of_its_socket,
    other_cores_know_the_client_as_well,
    connections_beyond_the_bound_of_an_address_are_closed,
    requests_beyond_the_bound_of_an_address_are_refused,
    what_is_aborted_counts_no_more,
    requests_have_names_that_are_logged,
    a_program_of_node_http_sees_names,
];

const APPLICATION: &str = "
    export default (request: Request, server: Howth.RequestServer) => {
        const { remoteAddr } = server;
        return Response.json({
            url: request.url,
            ip: server.requestIP(request)?.address,
            port: server.requestIP(request)?.port,
            family: server.requestIP(request)?.family,
            deno: remoteAddr.transport === 'tcp' ? remoteAddr.hostname : remoteAddr.transport,
        });
    };
";

fn asked(fields: &str) -> String {
    format!("GET /x HTTP/1.1\r\nhost: example.com\r\n{fields}\r\n")
}

fn seen(server: &Server, fields: &str) -> serde_json::Value {
    let mut connection = server.connect();
    connection.send(asked(fields));
    connection.response().json()
}

fn serve<const N: usize>(engine: Engine, options: [&str; N]) -> Server {
    Launch::serve(engine, APPLICATION).options(options).start()
}

fn serve_node(engine: Engine, application: &str, options: [&str; 2]) -> Server {
    let launch = Launch::serve(engine, "").file("app.cjs", application);
    launch.entry("app.cjs").options(options).start()
}

fn a_header_names_the_client_everywhere(engine: Engine) {
    let server = serve(engine, ["--proxy-protocol-from", "loopback"]);
    for (header, address, family) in [
        (
            &b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 80\r\n"[..],
            "192.0.2.7",
            "IPv4",
        ),
        (b"PROXY TCP6 2001:db8::7 ::1 4711 80\r\n", "2001:db8::7", "IPv6"),
        (
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\x0a\0\0\x01\x12\x67\0\x50",
            "192.0.2.7",
            "IPv4",
        ),
    ] {
        let mut connection = server.connect();
        connection.send(header);
        for _ in 0..2 {
            connection.send(asked(""));
            let seen = connection.response().json();
            assert_eq!(
                (&seen["ip"], &seen["deno"]),
                (&address.into(), &address.into()),
                "{seen}"
            );
            assert_eq!(
                (&seen["family"], &seen["port"]),
                (&family.into(), &4711.into()),
                "{seen}"
            );
        }
    }
}

fn a_header_of_anybody_else_is_no_request(engine: Engine) {
    let server = serve(engine, ["--proxy-protocol-from", "192.0.2.0/24"]);
    let mut connection = server.connect();
    connection.send("PROXY TCP4 192.0.2.7 10.0.0.1 4711 80\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(connection.response().status, 400);
    assert_eq!(seen(&server, "")["ip"], "127.0.0.1");
}

fn who_sends_no_header_is_closed_without_a_word(engine: Engine) {
    let server = serve(
        engine,
        ["--proxy-protocol-from", "loopback", "--timeout-head", "300ms"],
    );
    for said in [
        &b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"[..],
        b"PROXY TCP4 x\r\n",
        b"PROXY TC",
        b"",
    ] {
        let mut connection = server.connect();
        connection.send(said);
        assert_eq!(connection.rest_until_closed(), b"");
    }
}

fn a_header_names_the_client_of_node_http(engine: Engine) {
    let application = "
        require('node:http').createServer((request, response) => {
            response.end(`${request.socket.remoteAddress} ${request.socket.remotePort}`);
        }).listen(0);
    ";
    let server = serve_node(engine, application, ["--proxy-protocol-from", "loopback"]);
    let mut connection = server.connect();
    connection.send("PROXY TCP4 192.0.2.7 10.0.0.1 4711 80\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(connection.response().text(), "192.0.2.7 4711");
}

fn a_trusted_proxy_names_the_client_and_its_scheme(engine: Engine) {
    let server = serve(engine, ["--trust-proxy", "loopback,10.0.0.0/8"]);
    let fields = "x-forwarded-for: 198.51.100.1, 203.0.113.5, 10.0.0.9\r\nx-forwarded-proto: https\r\nx-forwarded-host: evil.example\r\n";
    let seen = seen(&server, fields);
    assert_eq!(
        (&seen["ip"], &seen["deno"]),
        (&"203.0.113.5".into(), &"203.0.113.5".into())
    );
    assert_eq!(seen["url"], "https://example.com/x");
}

fn nobody_is_trusted_by_default(engine: Engine) {
    let server = serve(engine, []);
    let fields = "x-forwarded-for: 203.0.113.5\r\nforwarded: for=203.0.113.5;proto=https\r\nx-forwarded-proto: https\r\n";
    let seen = seen(&server, fields);
    assert_eq!(seen["ip"], "127.0.0.1");
    assert_eq!(seen["url"], "http://example.com/x");
}

fn what_a_client_forges_is_not_believed(engine: Engine) {
    let server = serve(engine, ["--trust-proxy", "1"]);
    for (fields, client) in [
        ("x-forwarded-for: 127.0.0.1, 203.0.113.5\r\n", "203.0.113.5"),
        (
            "x-forwarded-for: 127.0.0.1\r\nx-forwarded-for: 203.0.113.5\r\n",
            "203.0.113.5",
        ),
        ("x-forwarded-for: 203.0.113.5, unknown\r\n", "127.0.0.1"),
        ("x-forwarded-for: \r\n", "127.0.0.1"),
        ("", "127.0.0.1"),
    ] {
        assert_eq!(seen(&server, fields)["ip"], client, "{fields}");
    }
}

fn the_field_that_was_not_chosen_is_not_read(engine: Engine) {
    let options = ["--trust-proxy", "loopback", "--trust-proxy-header", "forwarded"];
    let server = serve(engine, options);
    let fields = "x-forwarded-for: 198.51.100.1\r\nx-forwarded-proto: http\r\nforwarded: for=\", for=\"[2001:db8::5]:80\";proto=https\r\n";
    let seen = seen(&server, fields);
    assert_eq!((&seen["ip"], &seen["port"]), (&"2001:db8::5".into(), &80.into()));
    assert_eq!(seen["url"], "https://example.com/x");
}

/// Express reads the field itself.
fn node_http_keeps_the_address_of_its_socket(engine: Engine) {
    let application = "
        require('node:http').createServer((request, response) => {
            response.end(request.socket.remoteAddress);
        }).listen(0);
    ";
    let server = serve_node(engine, application, ["--trust-proxy", "loopback"]);
    let mut connection = server.connect();
    connection.send(asked("x-forwarded-for: 203.0.113.5\r\n"));
    assert_eq!(connection.response().text(), "127.0.0.1");
}

/// A request that another core answers comes from whom its own core knows.
fn other_cores_know_the_client_as_well(engine: Engine) {
    let application = "
        export default (request: Request, server: Howth.RequestServer) =>
            new Response(`${server.requestIP(request).address} ${request.url}`);
    ";
    let options = [
        "--cores",
        "2",
        "--affinity",
        "header:x-user",
        "--trust-proxy",
        "loopback",
    ];
    let server = Launch::serve(engine, application).options(options).start();
    for user in 0..16 {
        let mut connection = server.connect();
        let fields =
            format!("x-user: {user}\r\nx-forwarded-for: 203.0.113.5\r\nx-forwarded-proto: https\r\n");
        connection.send(asked(&fields));
        assert_eq!(connection.response().text(), "203.0.113.5 https://example.com/x");
    }
}

fn connections_beyond_the_bound_of_an_address_are_closed(engine: Engine) {
    let server = serve(engine, ["--cores", "2", "--connections-per-address", "3"]);
    let mut open: Vec<Connection> = (0..3)
        .map(|_| {
            let mut connection = server.connect();
            connection.send(request("GET", "/"));
            assert_eq!(connection.response().status, 200);
            connection
        })
        .collect();
    for _ in 0..4 {
        assert_eq!(server.connect().rest_until_closed(), b"");
    }
    open.pop();
    eventually("room for another", || {
        let mut connection = server.connect();
        let _ = connection.try_send(asked("connection: close\r\n"));
        connection.rest_until_closed().starts_with(b"HTTP/1.1 200")
    });
}

const HELD: &str = "
    export default (request: Request) => {
        if (request.url.endsWith('/fast')) return new Response('fast');
        return new Promise(() => { console.log('held'); });
    };
";

fn requests_beyond_the_bound_of_an_address_are_refused(engine: Engine) {
    let options = [
        "--requests-per-address",
        "1",
        "--requests-per-address-status",
        "429",
    ];
    let server = Launch::serve(engine, HELD).options(options).start();
    let mut held = server.connect();
    held.send(request("GET", "/held"));
    server.wait_for_output("held");
    let mut other = server.connect();
    for _ in 0..2 {
        other.send(request("GET", "/fast"));
        let refused = other.response();
        assert_eq!(refused.status, 429);
        assert_eq!(refused.field("retry-after"), Some("1"));
        assert!(!refused.closes(), "{refused:?}");
    }
    held.reset_on_close();
    drop(held);
    eventually("room for another", || {
        other.send(request("GET", "/fast"));
        other.response().status == 200
    });
}

fn what_is_aborted_counts_no_more(engine: Engine) {
    let server = Launch::serve(engine, HELD)
        .options(["--requests-per-address", "2"])
        .start();
    for _ in 0..5 {
        let mut held = server.connect();
        eventually("room for a request that is held", || {
            held.send(request("GET", "/fast"));
            held.response().status == 200
        });
        held.send(request("GET", "/held"));
        held.reset_on_close();
    }
    eventually("room for another", || server.get("/fast").status == 200);
}

fn requests_have_names_that_are_logged(engine: Engine) {
    let application = "
        export default {
            routes: { '/ready': new Response('ready') },
            fetch: (request: Request) => new Response(request.headers.get('x-request-id')),
        };
    ";
    let options = ["--request-id", "--trust-proxy", "loopback", "--dev"];
    let server = Launch::serve(engine, application).options(options).start();
    let mut connection = server.connect();
    connection.send(asked("x-request-id: proxy-1\r\n"));
    let response = connection.response();
    assert_eq!(
        (response.text(), response.field("x-request-id")),
        ("proxy-1", Some("proxy-1"))
    );
    eventually("a line of the log", || server.stderr().contains("ms proxy-1"));
    connection.send(asked("x-request-id: not one\r\n"));
    let response = connection.response();
    assert_eq!(response.field("x-request-id"), Some(response.text()));
    assert_eq!(response.text().len(), 36);
    // One that takes no JavaScript has one as well.
    connection.send(request("GET", "/ready"));
    assert_eq!(
        connection.response().field("x-request-id").map(str::len),
        Some(36)
    );
}

fn a_program_of_node_http_sees_names(engine: Engine) {
    let application = "
        require('node:http').createServer((request, response) => {
            response.end(request.headers['x-request-id']);
        }).listen(0);
    ";
    let server = serve_node(engine, application, ["--request-id", "--no-cache"]);
    let mut connection = server.connect();
    connection.send(asked("x-request-id: forged\r\n"));
    assert_eq!(connection.response().text().len(), 36);
}
