//! Servers of node:http that howth has speak TLS: what their programs see of it.

use crate::support::tls::{Pair, ask, authority_and_client, pair, trusting};
use crate::support::{Engine, Launch};

on_both_engines![
    what_was_agreed_upon_is_told,
    a_client_without_a_certificate_is_nobody,
    connections_are_told_of_once_they_are_secure,
    another_protocol_is_spoken_within,
];

/// A program that listens by node:http, with a certificate and its key by the command line.
fn with_certificate(engine: Engine, program: &str) -> (Launch, Pair) {
    let pair = pair(|_| {});
    let launch = Launch::serve(engine, "")
        .file(
            "app.cjs",
            format!("const http = require('node:http');\n{program}"),
        )
        .entry("app.cjs")
        .file("cert.pem", &pair.certificate)
        .file("key.pem", &pair.key)
        .options(["--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    (launch, pair)
}

const FACTS: &str = "
    const { TLSSocket } = require('node:tls');
    http.createServer((request, response) => {
        const { socket } = request;
        const { name, standardName, version } = socket.getCipher();
        const own = socket.getPeerCertificate();
        const facts = [
            socket instanceof TLSSocket, socket === response.socket, socket.encrypted, socket.remoteAddress,
            socket.authorized, socket.authorizationError, socket.servername, socket.alpnProtocol, socket.secureConnecting,
            socket.getProtocol(), name === standardName, version, socket.isSessionReused(),
            own.subjectaltname, own.fingerprint256 === socket.getPeerX509Certificate()?.fingerprint256,
            Object.keys(socket.getPeerCertificate(true)).includes('issuerCertificate'),
        ];
        response.end(facts.join(' '));
    }).listen(0);
";

const GET: &str = "GET /a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[track_caller]
fn body(answer: std::io::Result<String>) -> String {
    let answer = answer.expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    body.to_owned()
}

fn what_was_agreed_upon_is_told(engine: Engine) {
    let (authority, client) = authority_and_client();
    let (launch, pair) = with_certificate(engine, FACTS);
    let server = launch
        .file("ca.pem", &authority.certificate)
        .options(["--tls-ca", "ca.pem"])
        .start();
    let known = trusting(&pair.certificate, Some(&client));
    assert_eq!(
        body(ask(server.address(), &known, "localhost", GET)),
        "true true true 127.0.0.1 true  localhost false false TLSv1.3 true TLSv1.3 false DNS:client true false"
    );
}

fn a_client_without_a_certificate_is_nobody(engine: Engine) {
    let (launch, pair) = with_certificate(engine, FACTS);
    let server = launch.start();
    let client = trusting(&pair.certificate, None);
    assert_eq!(
        body(ask(server.address(), &client, "localhost", GET)),
        "true true true 127.0.0.1 false  localhost false false TLSv1.3 true TLSv1.3 false  true false"
    );
    let clear = "require('node:http').createServer(({ socket }, response) => {
        response.end(`${socket.encrypted} ${socket.constructor.name}`);
    }).listen(0);";
    let server = Launch::serve(engine, "")
        .file("app.cjs", clear)
        .entry("app.cjs")
        .start();
    assert_eq!(server.get("/").text(), "undefined Socket");
}

fn connections_are_told_of_once_they_are_secure(engine: Engine) {
    let program = "
        const connections = new Map();
        const server = http.createServer(({ socket }, response) => response.end(`${connections.get(socket)} ${connections.size}`));
        server.on('connection', (socket) => connections.set(socket, socket.getProtocol()));
        server.listen(0);
    ";
    let (launch, pair) = with_certificate(engine, program);
    let server = launch.start();
    // Says nothing.
    let _silent = std::net::TcpStream::connect(server.address()).expect("a connection");
    let client = trusting(&pair.certificate, None);
    assert_eq!(
        body(ask(server.address(), &client, "localhost", GET)),
        "TLSv1.3 1"
    );
}

fn another_protocol_is_spoken_within(engine: Engine) {
    let program = r"
        const server = http.createServer();
        server.on('upgrade', (request, socket, head) => {
            socket.write(`HTTP/1.1 101 Own\r\nConnection: upgrade\r\nUpgrade: own\r\n\r\n${socket.encrypted} <${head}>`);
            let got = '';
            socket.on('data', (data) => {
                got += data;
                if (got.endsWith('over')) socket.end(` <${got.length}> bye`);
            });
            if (String(head).endsWith('over')) socket.end(' bye');
        });
        server.listen(0);
    ";
    let (launch, pair) = with_certificate(engine, program);
    let server = launch.start();
    let client = trusting(&pair.certificate, None);
    let head = "GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: own\r\n\r\n";
    let early = body(ask(
        server.address(),
        &client,
        "localhost",
        &format!("{head}over"),
    ));
    assert_eq!(early, "true <over> bye");
    // More than a record, of which what is there with the head is told with it.
    let long = format!("{}over", "x".repeat(100_000));
    let answer = body(ask(
        server.address(),
        &client,
        "localhost",
        &format!("{head}{long}"),
    ));
    let numbers: Vec<usize> = answer
        .split(['<', '>'])
        .enumerate()
        .filter(|(place, _)| place % 2 == 1)
        .map(|(place, part)| match place {
            1 => part.len(),
            _ => part.parse().expect("a number"),
        })
        .collect();
    assert_eq!(numbers.iter().sum::<usize>(), long.len(), "{answer}");
    assert!(answer.ends_with("bye"), "{answer}");
}
