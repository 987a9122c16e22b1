//! TLS: options of the command line and of programs, what is wrong with them, and certificates that change.

use crate::support::tls::{Pair, ask, authority_and_client, pair, trusting, write};
use crate::support::{Connection, Engine, Launch, Server};

const SOURCE: &str = "export default { fetch: (request) => new Response(request.url) }";
const GET: &str = "GET /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n";

/// A key that is encrypted with "secret" (PKCS #8, PBES2), and its certificate, which is good for a hundred years.
const ENCRYPTED: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg6xnHV0uSYNAICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEGOYREbuC+0bmk0gTb+pZqEEgZB5
4AMuFTUkyizsUkiTKayQVwuJ8nDfACSShrw/ktHboMDATuiZTkIlby5vBY6MJtVe
k9qhmD3QFK5SKf9HVn1Ss8c/95gETljMdtCId5b2Euzr7eXCnZYX1C9wmya/T10b
y1iizixxaZlSBmsf96uKIDNKgOIhuZUxiSnTReBwBZy+DNHk/vy18aHGbcfuE0A=
-----END ENCRYPTED PRIVATE KEY-----
";
const CERTIFICATE_OF_ENCRYPTED: &str = "\
-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIULqfj//LKa5VTZ/7WvkjFSGqYJ6cwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTIzMTU0OFoYDzIxMjYxMTA1
MjMxNTQ4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASIx/+uZbIi5Hb8oOkhLoeqewoF/0RNmi0vyyOZb909mJ8+cC2hIFn9
AG1xiaAPelfUiyRBFuFedHLr39AW2ZlIo2kwZzAdBgNVHQ4EFgQUD+xvE2fzLsr1
EY0yFJj8439xyckwHwYDVR0jBBgwFoAUD+xvE2fzLsr1EY0yFJj8439xyckwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAICWffvGsYAIKlwn8U2eCtmRcWWhVUuIW7NkLyDjOyZsAiBxICR06Q37
XEyCqJ7SE2tzOSiGlI3T7pbwfMt/1BWxtA==
-----END CERTIFICATE-----
";

on_both_engines![
    serves_what_files_have,
    serves_by_a_certificate_of_its_own,
    serves_what_the_program_says,
    tells_handlers_what_was_agreed_upon,
    asks_clients_for_certificates,
    takes_new_certificates,
    speaks_to_who_speaks_http,
    finishes_what_it_drains,
    answers_from_every_core,
    sends_clients_in_clear_to_tls,
];

fn files(engine: Engine, pair: &Pair) -> Launch {
    Launch::serve(engine, SOURCE)
        .file("cert.pem", &pair.certificate)
        .file("key.pem", &pair.key)
}

fn with_files(launch: Launch) -> Launch {
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

/// The one line that a start ends with.
fn refusal(launch: Launch) -> String {
    let finished = launch.finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    finished.stderr
}

#[test]
fn what_is_wrong_with_files_is_said_at_once() {
    let (right, other) = (pair(|_| {}), pair(|_| {}));
    let expired = pair(|parameters| {
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let early = pair(|parameters| parameters.not_before = rcgen::date_time_ymd(4000, 1, 1));
    let of = |certificate: &str, key: &str| Pair {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
    };
    for (pair, parts) in [
        (
            of(&right.certificate, &other.key),
            ["key.pem", "not the key of the certificate", "made together"],
        ),
        (expired, ["cert.pem", "expired on", "issued anew"]),
        (early, ["cert.pem", "not valid before", "clock"]),
        (
            of("nothing", &right.key),
            ["cert.pem", "no certificate in it", "-----BEGIN CERTIFICATE-----"],
        ),
        (
            of(&right.certificate, "nothing"),
            ["key.pem", "no private key in it", "-----BEGIN PRIVATE KEY-----"],
        ),
        (
            of(&right.certificate, ENCRYPTED),
            ["key.pem", "the key is encrypted", "passphrase"],
        ),
    ] {
        let said = refusal(with_files(files(Engine::Portable, &pair)));
        for part in parts {
            assert!(said.contains(part), "{part:?} is not said: {said}");
        }
    }
    let missing =
        Launch::serve(Engine::Portable, SOURCE).options(["--tls-cert", "no.pem", "--tls-key", "no.pem"]);
    let said = refusal(missing);
    assert!(
        said.contains("no.pem") && said.contains("there is no such file"),
        "{said}"
    );
}

#[test]
fn an_encrypted_key_is_opened_by_its_passphrase() {
    let pair = Pair {
        certificate: CERTIFICATE_OF_ENCRYPTED.to_owned(),
        key: ENCRYPTED.to_owned(),
    };
    let launch = with_files(files(Engine::Portable, &pair)).environment("HOWTH_TLS_PASSPHRASE", "secret");
    let server = launch.start();
    assert!(server.start_line().contains("https://"));
    let wrong = with_files(files(Engine::Portable, &pair)).environment("HOWTH_TLS_PASSPHRASE", "wrong");
    let said = refusal(wrong);
    assert!(said.contains("passphrase does not open it"), "{said}");
}

#[test]
fn options_that_belong_together() {
    for options in [
        &["--tls-cert", "a"][..],
        &["--tls-key", "a"],
        &["--tls-ca", "a"],
        &["--tls-self-signed", "--tls-cert", "a", "--tls-key", "b"],
    ] {
        let finished = Launch::serve(Engine::Portable, SOURCE)
            .options(options.iter().copied())
            .finish();
        assert_eq!(finished.code, Some(2), "{options:?}: {finished:?}");
    }
}

#[test]
fn what_programs_say_wrongly_is_an_error() {
    for (tls, said) in [
        ("'yes'", "`tls` must be an object"),
        ("{ cert: 'cert.pem', key: 'key.pem' }", "must be PEM itself"),
        (
            "{ cert: '-----BEGIN CERTIFICATE-----' }",
            "needs both cert and key",
        ),
        ("{ pfx: 'x' }", "`tls.pfx` is not supported"),
        (
            "{ cert: P, key: P, secureProtocol: 'x' }",
            "`tls.secureProtocol` is not supported",
        ),
        ("{ cert: '', key: P }", "needs both cert and key"),
        ("{ cert: '', key: '' }", "needs both cert and key"),
        (
            "{ cert: undefined, key: undefined, requestCert: true, ca: P }",
            "needs both cert and key",
        ),
        // As Deno has it.
        ("null, cert: P", "needs both cert and key"),
        (
            "{ cert: P, key: P, requestCert: true, ca: [] }",
            "`tls.ca` is empty",
        ),
        (
            "{ cert: P, key: P, requestCert: true, caFile: [] }",
            "`tls.ca` is empty",
        ),
        ("{ cert: [P, P], key: [P, P] }", "`tls.key` must be one key"),
        (
            "[{ cert: P, key: P, serverName: 'a' }, { cert: P, key: P, serverName: 'b', requestCert: true }]",
            "`tls.requestCert` counts for all hosts",
        ),
        (
            "[{ cert: P, key: P, serverName: 'a' }, { cert: P, key: P, serverName: 'b', minVersion: 'TLSv1.3' }]",
            "`tls.minVersion` counts for all hosts",
        ),
        (
            "{ certFile: 'no.pem', keyFile: 'no.pem' }",
            "there is no such file",
        ),
    ] {
        let source = format!(
            "const P = '-----BEGIN CERTIFICATE-----'; Howth.serve({{ fetch: () => new Response(), tls: {tls} }})"
        );
        let finished = Launch::run(Engine::Portable, &source).finish();
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(
            finished.stderr.contains(said),
            "{said:?} is not said: {}",
            finished.stderr
        );
    }
}
