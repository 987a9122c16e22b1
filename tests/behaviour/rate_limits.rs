//! Who asks too often: by address, header, cookie or route, on all cores, over reloads.

use crate::support::reloading::reload;
use crate::support::tls::{self, pair, trusting};
use crate::support::{Engine, Launch, Response, Server, busy, eventually, request};
use crate::websocket::client::{Client as WebSocketClient, handshake};

on_both_engines![
    who_asks_too_often_is_refused_without_javascript,
    clients_are_told_apart_by_what_is_said,
    clients_behind_a_proxy_are_told_apart,
    routes_of_one_name_count_together,
    all_requests_but_the_health_check_count,
    cores_count_together_and_over_reloads,
    a_request_counts_once_wherever_it_is_answered,
    upgrades_count,
    clients_of_tls_count,
    wrong_rates_are_named,
];

fn serve(engine: Engine, routes: &str) -> Server {
    let source = format!("export default {{ routes: {{ {routes} }}, fetch: () => new Response('fetch') }};");
    Launch::serve(engine, &source).start()
}

fn asked(server: &Server, path: &str, fields: &str) -> Response {
    server.fetch(format!("GET {path} HTTP/1.1\r\nhost: a\r\n{fields}\r\n"))
}

/// How many of so many requests are admitted.
fn admitted(server: &Server, path: &str, fields: &str, asked: usize) -> usize {
    let statuses = (0..asked).map(|_| self::asked(server, path, fields).status);
    statuses.filter(|status| *status != 429).count()
}

fn who_asks_too_often_is_refused_without_javascript(engine: Engine) {
    let source = "
        export default { routes: {
            '/loop': () => { for (;;); },
            '/': Howth.headers({ 'x-a': '1' }, Howth.rateLimit({ rate: '2/h' }, () => new Response('admitted'))),
            '/burst': Howth.rateLimit({ rate: '1000/h', burst: 1 }, { GET: new Response('get'), POST: new Response('post') }),
        '/apart': { GET: Howth.rateLimit({ rate: '1/h' }, new Response('get')), POST: Howth.rateLimit({ rate: '1/h' }, new Response('post')) },
        } };
    ";
    let server = Launch::serve(engine, source).options(["--cores", "1"]).start();
    for _ in 0..2 {
        assert_eq!(server.get("/").text(), "admitted");
    }
    assert_eq!(server.get("/burst").text(), "get");
    // One layer is one count, also around several targets.
    assert_eq!(server.fetch(request("POST", "/burst")).status, 429);
    assert_eq!(server.get("/apart").text(), "get");
    assert_eq!(server.fetch(request("POST", "/apart")).text(), "post");
    let mut busy = server.connect();
    busy.send(request("GET", "/loop"));
    let refused = server.get("/");
    assert_eq!(
        (refused.status, refused.text()),
        (429, r#"{"detail":"Too Many Requests"}"#)
    );
    assert_eq!(refused.field("content-type"), Some("application/json"));
    assert_eq!(refused.field("x-ratelimit-limit"), Some("2"));
    assert_eq!(refused.field("x-ratelimit-burst"), Some("2"));
    assert_eq!(refused.field("x-a"), Some("1"));
    let wait: u64 = refused
        .field("retry-after")
        .and_then(|text| text.parse().ok())
        .expect("seconds");
    assert!((1..=1800).contains(&wait), "{wait}");
    let burst = server.get("/burst");
    assert_eq!(burst.field("x-ratelimit-limit"), Some("1000"));
    assert_eq!(burst.field("x-ratelimit-burst"), Some("1"));
    // Its body and its connection are dealt with as those of any other.
    let mut connection = server.connect();
    connection.send("POST /burst HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc");
    assert_eq!(connection.response().status, 429);
    connection.send(request("HEAD", "/"));
    assert_eq!(connection.response_to("HEAD").status, 429);
}

fn clients_are_told_apart_by_what_is_said(engine: Engine) {
    let server = serve(
        engine,
        "
        '/header': Howth.rateLimit({ rate: '1/h', key: { header: 'Authorization' } }, new Response()),
        '/cookie': Howth.rateLimit({ rate: '1/h', key: { cookie: 'id' } }, () => new Response()),
        '/route': Howth.rateLimit({ rate: '1/h', key: 'route' }, Howth.redirect('/')),
        ",
    );
    for (path, fields) in [
        ("/header", "authorization: a\r\n"),
        ("/header", "authorization: b\r\n"),
        // Nothing is said: the address counts.
        ("/header", ""),
        ("/cookie", "cookie: id=a\r\n"),
        ("/cookie", "cookie: x=y; id=b\r\n"),
        ("/cookie", "cookie: xid=a\r\n"),
        ("/route", "authorization: a\r\n"),
    ] {
        assert_eq!(admitted(&server, path, fields, 3), 1, "{path} {fields}");
    }
    for (path, fields) in [
        ("/header", "Authorization: a\r\nauthorization: c\r\n"),
        ("/header", "authorization:\r\n"),
        ("/cookie", "cookie: y=x\r\ncookie: id=a\r\n"),
        ("/cookie", "cookie: id=\r\n"),
        ("/route", "authorization: b\r\n"),
    ] {
        assert_eq!(admitted(&server, path, fields, 1), 0, "{path} {fields}");
    }
}

fn clients_behind_a_proxy_are_told_apart(engine: Engine) {
    let source = "export default () => new Response();";
    let options = ["--trust-proxy", "loopback", "--rate-limit", "1/h"];
    let server = Launch::serve(engine, source).options(options).start();
    for (client, count) in [
        ("192.0.2.1", 1),
        ("192.0.2.2", 1),
        ("2001:db8:0:1::1", 1),
        // Of the same network.
        ("2001:db8:0:1::2", 0),
        ("2001:db8:0:2::1", 1),
        ("::ffff:192.0.2.2", 0),
    ] {
        let fields = format!("x-forwarded-for: {client}\r\n");
        assert_eq!(admitted(&server, "/", &fields, 2), count, "{client}");
    }
}

fn routes_of_one_name_count_together(engine: Engine) {
    let server = serve(
        engine,
        "
        '/a': Howth.rateLimit({ rate: '3/h', name: 'both' }, new Response()),
        '/b': Howth.rateLimit({ rate: '3/h', name: 'both' }, () => new Response()),
        '/c': Howth.rateLimit({ rate: '3/h' }, () => new Response()),
        ",
    );
    assert_eq!(admitted(&server, "/a", "", 2), 2);
    assert_eq!(admitted(&server, "/b", "", 2), 1);
    assert_eq!(admitted(&server, "/c", "", 4), 3);
}

fn all_requests_but_the_health_check_count(engine: Engine) {
    let source =
        "export default { routes: { '/ready': new Response('ready') }, fetch: () => new Response('fetch') };";
    let options = [
        "--rate-limit",
        "1000/h,burst=4",
        "--health",
        "/healthz",
        "--redirect",
        "/old=/new",
        "--dir",
        "public",
    ];
    let server = Launch::serve(engine, source)
        .file("public/a.txt", "file")
        .options(options)
        .start();
    for (path, status) in [("/old", 302), ("/a.txt", 200), ("/ready", 200), ("/", 200)] {
        assert_eq!(server.get("/healthz").status, 200);
        assert_eq!(server.get(path).status, status, "{path}");
    }
    for path in ["/old", "/a.txt", "/ready", "/"] {
        let refused = server.get(path);
        assert_eq!(
            (refused.status, refused.field("x-ratelimit-burst")),
            (429, Some("4")),
            "{path}"
        );
        assert_eq!(server.get("/healthz").status, 200);
    }
}

fn cores_count_together_and_over_reloads(engine: Engine) {
    let source = |version: &str, rate: &str| {
        format!(
            "
            console.log('a core');
            export default {{
                routes: {{ '/x': Howth.rateLimit({{ rate: '{rate}', burst: 10 }}, () => new Response('{version}')) }},
                fetch: () => new Response('{version}'),
            }};
            "
        )
    };
    let options = ["--cores", "2", "--rate-limit", "1/h,burst=200"];
    let server = Launch::serve(engine, &source("one", "1/h"))
        .options(options)
        .start();
    eventually("two cores", || busy::said(&server, "a core") >= 2);
    // Each is a connection of its own, and comes to any core.
    assert_eq!(admitted(&server, "/x", "", 30), 10);
    reload(&server, &source("two", "2/h"));
    eventually("new code", || server.get("/").text() == "two");
    // With another rate as well: what was used is used.
    assert_eq!(admitted(&server, "/x", "", 10), 0);
    eventually("a refusal of all", || server.get("/").status == 429);
    reload(&server, &source("three", "2/h"));
    assert_eq!(server.get("/").status, 429);
}

fn a_request_counts_once_wherever_it_is_answered(engine: Engine) {
    let source = "
        const core = crypto.randomUUID();
        console.log('a core');
        export default { routes: {
            '/who': () => new Response(core),
            '/burn': () => {
                console.log('burning');
                const end = performance.now() + 1000;
                while (performance.now() < end);
                return new Response('burned');
            },
            '/limited': Howth.headers({ 'x-a': '1' }, Howth.cors({ origin: 'reflect' },
                Howth.rateLimit({ rate: '1/h', burst: 3, key: 'route' }, () => new Response(core)))),
        } };
    ";
    let server = Launch::serve(engine, source).options(["--cores", "2"]).start();
    let (mut burning, mut other, core) = busy::two_of_one_core(&server);
    busy::burn(&server, &mut burning);
    for count in 1..=5 {
        other.send("GET /limited HTTP/1.1\r\nhost: a\r\norigin: https://a.com\r\n\r\n");
        let response = other.response();
        assert_eq!(
            response.status,
            if count <= 3 { 200 } else { 429 },
            "request {count}"
        );
        assert!(
            response.status == 429 || response.text() != core,
            "another core answers"
        );
        assert_eq!(response.all("x-a"), ["1"]);
        assert_eq!(response.all("access-control-allow-origin"), ["https://a.com"]);
        assert_eq!(response.all("vary"), ["origin"]);
    }
    assert!(!burning.is_readable(), "the handler has not returned");
}

fn upgrades_count(engine: Engine) {
    let source = "
        export default {
            routes: {
                '/socket': Howth.rateLimit({ rate: '1/h', burst: 2 }, (request, server) => void server.upgrade(request)),
            },
            websocket: { message(socket, message) { socket.send(message); } },
        };
    ";
    let server = Launch::serve(engine, source).start();
    let mut sockets = [0, 1].map(|_| WebSocketClient::open(&server, "/socket"));
    let mut connection = server.connect();
    connection.send(handshake("/socket", ""));
    assert_eq!(connection.response().status, 429);
    for socket in &mut sockets {
        socket.send(crate::websocket::client::TEXT, "still open");
        assert_eq!(socket.text(), "still open");
    }
}

fn clients_of_tls_count(engine: Engine) {
    let launch = Launch::serve(engine, "export default () => new Response('ok');");
    let own = pair(|_| {});
    tls::write(launch.folder(), &own);
    let options = [
        "--tls-cert",
        "cert.pem",
        "--tls-key",
        "key.pem",
        "--rate-limit",
        "1/h",
        "--header",
        "x-a: 1",
    ];
    let server = launch.options(options).start();
    let client = trusting(&own.certificate, None);
    let asked = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let ask = || tls::ask(server.address(), &client, "localhost", asked);
    let first = ask().expect("a response");
    assert!(
        first.starts_with("HTTP/1.1 200") && first.contains("x-a: 1"),
        "{first}"
    );
    let second = ask().expect("a response");
    assert!(
        second.starts_with("HTTP/1.1 429") && second.contains("x-a: 1"),
        "{second}"
    );
}

fn wrong_rates_are_named(engine: Engine) {
    for (options, complaint) in [
        ("{}", "rate must be a text such as"),
        (
            "{ rate: '10' }",
            "the route \"/x\": Howth.rateLimit: rate: \"10\" is no rate; give a number",
        ),
        ("{ rate: '10/d' }", "is no rate"),
        ("{ rate: '10/s', burst: 0 }", "burst must be a whole number"),
        (
            "{ rate: '10/s', burst: 2000000 }",
            "a burst of 2000000 is out of range",
        ),
        (
            "{ rate: '10/s', keys: 10 }",
            "keys: give a number from 100 to 10000000, not 10",
        ),
        (
            "{ rate: '10/s', key: 'ip' }",
            "key must be \"address\", \"route\"",
        ),
        ("{ rate: '10/s', key: { header: '' } }", "key must be"),
    ] {
        let route = format!("Howth.rateLimit({options}, new Response())");
        let source = format!("export default {{ routes: {{ '/x': {route} }} }};");
        let finished = Launch::serve(engine, &source).finish();
        assert_eq!(finished.code, Some(1), "{options}: {finished:?}");
        assert!(
            finished.stderr.contains(complaint),
            "{options}: {}",
            finished.stderr
        );
    }
    let apart = "
        export default { routes: {
            '/a': Howth.rateLimit({ rate: '1/s', name: 'n' }, new Response()),
            '/b': Howth.rateLimit({ rate: '2/s', name: 'n' }, new Response()),
        } };
    ";
    let finished = Launch::serve(engine, apart).finish();
    assert!(
        finished
            .stderr
            .contains("the route \"/b\": Howth.rateLimit: name: routes that share \"n\""),
        "{finished:?}"
    );
    for wrong in ["10", "10/s,5", "10/s,burst=0"] {
        let finished = Launch::serve(engine, apart)
            .options(["--rate-limit", wrong])
            .finish();
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(
            finished.complaint().contains("--rate-limit"),
            "{}",
            finished.complaint()
        );
    }
}
