//! TLS: options of the command line and of programs, and certificates that change.

use std::time::{Duration, SystemTime};

use crate::support::tls::{Pair, ask, authority_and_client, pair, trusting, write};
use crate::support::{Connection, Engine, Launch, Server};

pub(crate) const SOURCE: &str = "export default { fetch: (request) => new Response(request.url) }";
const GET: &str = "GET /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n";

on_both_engines![
    serves_what_files_have,
    serves_by_a_certificate_of_its_own,
    serves_what_the_program_says,
    tells_handlers_what_was_agreed_upon,
    tells_it_when_all_is_over,
    asks_clients_for_certificates,
    takes_new_certificates,
    takes_a_certificate_once_it_is_valid,
    speaks_to_who_speaks_http,
    finishes_what_it_drains,
    answers_from_every_core,
    agrees_to_what_is_spoken_alone,
    sends_clients_in_clear_to_tls,
];

pub(crate) fn files(engine: Engine, pair: &Pair) -> Launch {
    Launch::serve(engine, SOURCE)
        .file("cert.pem", &pair.certificate)
        .file("key.pem", &pair.key)
}

pub(crate) fn with_files(launch: Launch) -> Launch {
    let folder = launch.folder().to_owned();
    launch.options([
        "--tls-cert".into(),
        folder.join("cert.pem").into_os_string(),
        "--tls-key".into(),
        folder.join("key.pem").into_os_string(),
    ])
}

/// The body of an answer.
#[track_caller]
fn body(answer: std::io::Result<String>) -> String {
    let answer = answer.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    body.to_owned()
}

fn get(server: &Server, trusted: &Pair) -> std::io::Result<String> {
    let client = trusting(&trusted.certificate, None);
    ask(server.address(), &client, "localhost", GET)
}

fn serves_what_files_have(engine: Engine) {
    let pair = pair(|_| {});
    let server = with_files(files(engine, &pair)).start();
    assert!(
        server.start_line().contains("listening on https://"),
        "{}",
        server.start_line()
    );
    assert_eq!(body(get(&server, &pair)), "https://example.com/a?b");
}

fn serves_by_a_certificate_of_its_own(engine: Engine) {
    let server = Launch::serve(engine, SOURCE)
        .options(["--tls-self-signed"])
        .start();
    let error = get(&server, &pair(|_| {})).expect_err("nobody trusts it");
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}

fn serves_what_the_program_says(engine: Engine) {
    let (first, second) = (
        pair(|_| {}),
        pair(|parameters| {
            parameters.subject_alt_names =
                vec![rcgen::SanType::DnsName("other.test".try_into().expect("a name"))];
        }),
    );
    let text = |pair: &Pair| format!("cert: `{}`, key: `{}`", pair.certificate, pair.key);
    let source = format!(
        "export default {{
            fetch: (request) => new Response(request.url),
            tls: [
                {{ {}, serverName: 'localhost' }},
                {{ {}, serverName: 'other.test' }},
            ],
        }}",
        text(&first),
        text(&second)
    );
    let server = Launch::serve(engine, &source).start();
    assert_eq!(body(get(&server, &first)), "https://example.com/a?b");
    let client = trusting(&second.certificate, None);
    let answer = ask(server.address(), &client, "other.test", GET);
    assert_eq!(body(answer), "https://example.com/a?b");
}

fn tells_handlers_what_was_agreed_upon(engine: Engine) {
    let pair = pair(|_| {});
    let source = "export default {
        fetch: (request, { tls, url, remoteAddr }) => Response.json([
            tls.version, tls.cipher, tls.serverName, tls.authorized, tls.peerCertificates.length, url.protocol,
        ]),
    }";
    let launch = files(engine, &pair).file("app.ts", source);
    let server = with_files(launch).start();
    assert_eq!(
        body(get(&server, &pair)),
        r#"["TLSv1.3","TLS_AES_256_GCM_SHA384","localhost",false,0,"https:"]"#
    );
    let plain = Launch::serve(engine, "export default (_, { tls }) => new Response(String(tls))").start();
    assert_eq!(plain.get("/").text(), "null");
}

fn tells_it_when_all_is_over(engine: Engine) {
    let (pair, (authority, client)) = (pair(|_| {}), authority_and_client());
    let source = "let first;
    export default (_, info) => {
        if (first === undefined) {
            first = info;
            return new Response();
        }
        const { tls } = first;
        const { version, serverName, authorized, peerCertificates } = tls;
        const isWhole = peerCertificates[0][0] === 0x30 && Object.isFrozen(tls) && Object.isFrozen(peerCertificates);
        return Response.json([version, serverName, authorized, isWhole, tls === first.tls, tls === info.tls]);
    }";
    let launch = files(engine, &pair)
        .file("app.ts", source)
        .file("ca.pem", &authority.certificate);
    let ca = launch.folder().join("ca.pem").into_os_string();
    let server = with_files(launch).options(["--tls-ca".into(), ca]).start();
    // Each is a connection of its own, which has ended when the next begins.
    let get = || {
        let known = trusting(&pair.certificate, Some(&client));
        body(ask(server.address(), &known, "localhost", GET))
    };
    assert_eq!(get(), "");
    assert_eq!(get(), r#"["TLSv1.3","localhost",true,true,true,true]"#);
}

fn asks_clients_for_certificates(engine: Engine) {
    let (pair, (authority, client)) = (pair(|_| {}), authority_and_client());
    let source =
        "export default (_, { tls }) => new Response(`${tls.authorized} ${tls.peerCertificates.length}`)";
    let launch = files(engine, &pair)
        .file("app.ts", source)
        .file("ca.pem", &authority.certificate);
    let ca = launch.folder().join("ca.pem").into_os_string();
    let server = with_files(launch).options(["--tls-ca".into(), ca]).start();
    let known = trusting(&pair.certificate, Some(&client));
    assert_eq!(body(ask(server.address(), &known, "localhost", GET)), "true 1");
    assert!(
        get(&server, &pair).is_err(),
        "a client without a certificate was served"
    );
}

fn takes_new_certificates(engine: Engine) {
    let (before, after) = (pair(|_| {}), pair(|_| {}));
    let server = with_files(files(engine, &before)).start();
    assert_eq!(body(get(&server, &before)), "https://example.com/a?b");
    // A certificate alone does not fit the key that is there.
    std::fs::write(server.folder().join("cert.pem"), &after.certificate).expect("a file");
    server.wait_for_output("certificates not reloaded, the old ones serve on");
    assert!(server.stderr().contains("key.pem"), "{}", server.stderr());
    assert_eq!(body(get(&server, &before)), "https://example.com/a?b");
    write(server.folder(), &after);
    server.wait_for_output("certificates reloaded");
    assert_eq!(body(get(&server, &after)), "https://example.com/a?b");
    assert!(get(&server, &before).is_err(), "the old certificate is shown");
}

fn takes_a_certificate_once_it_is_valid(engine: Engine) {
    let before = pair(|_| {});
    let server = with_files(files(engine, &before)).start();
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let soon = since_1970.expect("a clock") + Duration::from_secs(8);
    let after = pair(|parameters| parameters.not_before = rcgen::date_time_ymd(1970, 1, 1) + soon);
    write(server.folder(), &after);
    server.wait_for_output("the certificate is not valid before");
    assert_eq!(body(get(&server, &before)), "https://example.com/a?b");
    // Nobody touches the files.
    server.wait_for_output("certificates reloaded");
    assert_eq!(body(get(&server, &after)), "https://example.com/a?b");
    assert_eq!(server.stderr().matches("certificates not reloaded").count(), 1);
}

fn speaks_to_who_speaks_http(engine: Engine) {
    let server = Launch::serve(engine, SOURCE)
        .options(["--tls-self-signed"])
        .start();
    let response = server.get("/");
    assert_eq!(response.status, 400);
    assert!(response.text().contains("HTTPS"), "{response:?}");
}

fn finishes_what_it_drains(engine: Engine) {
    let pair = pair(|_| {});
    let source = "export default async () => {
        console.log('asked');
        await new Promise((resolve) => setTimeout(resolve, 300));
        return new Response('done');
    }";
    let mut server = with_files(files(engine, &pair).file("app.ts", source)).start();
    let (address, client) = (server.address(), trusting(&pair.certificate, None));
    let asking = std::thread::spawn(move || ask(address, &client, "localhost", GET));
    server.wait_for_output("asked");
    server.signal(libc::SIGTERM);
    assert_eq!(body(asking.join().expect("a client")), "done");
    assert!(server.wait().success());
}

fn answers_from_every_core(engine: Engine) {
    let pair = pair(|_| {});
    let server = with_files(files(engine, &pair)).options(["--cores", "2"]).start();
    for _ in 0..20 {
        assert_eq!(body(get(&server, &pair)), "https://example.com/a?b");
    }
}

fn agrees_to_what_is_spoken_alone(engine: Engine) {
    let pair = pair(|_| {});
    let source = |protocols: &str| {
        format!(
            "export default {{
                fetch: (_, {{ tls }}) => new Response(tls.alpnProtocol),
                tls: {{ cert: `{}`, key: `{}`, ALPNProtocols: {protocols} }},
            }}",
            pair.certificate, pair.key
        )
    };
    let without_http2 = |protocols| Launch::serve(engine, &source(protocols)).options(["--http2", "off"]);
    let server = without_http2("['h2', 'http/1.1']").start();
    let mut client = (*trusting(&pair.certificate, None)).clone();
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    assert_eq!(
        body(ask(server.address(), &client.into(), "localhost", GET)),
        "http/1.1"
    );
    let finished = without_http2("['h2']").finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("names nothing that this server speaks"),
        "{finished:?}"
    );
}

fn sends_clients_in_clear_to_tls(engine: Engine) {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|socket| socket.local_addr())
        .expect("a free port")
        .port();
    let server = Launch::serve(engine, SOURCE)
        .options(["--tls-self-signed", "--redirect-http", &port.to_string()])
        .start();
    let mut connection = Connection::tcp(([127, 0, 0, 1], port).into());
    for _ in 0..2 {
        connection.send(format!(
            "POST /a?b HTTP/1.1\r\nhost: localhost:{port}\r\ncontent-length: 2\r\n\r\nhi"
        ));
        let response = connection.response();
        assert_eq!(response.status, 308);
        let location = format!("https://localhost:{}/a?b", server.address().port());
        assert_eq!(response.field("location"), Some(location.as_str()));
    }
}
