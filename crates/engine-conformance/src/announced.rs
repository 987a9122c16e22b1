//! Who the client is: by a header of the PROXY protocol, and by what trusted proxies say.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use howth_clients::TrustedProxies;
use howth_engine::{ClientOptions, Deadlines, EngineOptions, Event, ListenerId, PeerAddress};

use super::client::Client;
use super::harness::{Listen, Server, Start};
use super::secure::{GET, socket};
use super::tls_client::{TlsStream, configuration, identity, server as tls_with};

const V1: &str = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n";
const NAMED: &str = "192.0.2.7:4711";

/// Options by which whoever is in `networks` announces itself.
pub(crate) fn announced_from(networks: &str) -> EngineOptions {
    let networks = networks.parse().expect("networks");
    with(ClientOptions {
        announced_from: Some(Arc::new(networks)),
        ..ClientOptions::default()
    })
}

pub(crate) fn with(clients: ClientOptions) -> EngineOptions {
    EngineOptions {
        clients,
        ..EngineOptions::default()
    }
}

/// Proxies whose word counts.
pub(crate) fn trusted(proxies: &str) -> ClientOptions {
    let proxies: TrustedProxies = proxies.parse().expect("proxies");
    ClientOptions {
        trusted_proxies: Some(Arc::new(proxies)),
        ..ClientOptions::default()
    }
}

/// Where a request comes from that the client sends, as the application sees it.
fn seen(server: &Server, client: &mut Client, request: impl AsRef<[u8]>) -> Option<PeerAddress> {
    client.send(request);
    seen_next(server, client)
}

fn seen_next(server: &Server, client: &mut Client) -> Option<PeerAddress> {
    let id = server.next_request_among_others();
    let peer = server.call(move |exchanges| exchanges.peer_address(id));
    server.respond(id, "seen");
    assert_eq!(client.response().text(), "seen");
    peer
}

fn tcp(address: &str) -> Option<PeerAddress> {
    Some(PeerAddress::Tcp(address.parse().expect("an address")))
}

fn is_loopback(peer: Option<PeerAddress>) -> bool {
    peer.and_then(|peer| peer.ip()).is_some_and(|ip| ip.is_loopback())
}

fn v2(block: &[u8]) -> Vec<u8> {
    let length = (block.len() as u16).to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n\x21\x11", &length[..], block].concat()
}

pub fn knows_whom_a_header_names(start: Start) {
    let server = Server::manual(start, announced_from("loopback"));
    let header = v2(&[192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 0, 80, 4, 0, 1, 0]);
    for header in [V1.as_bytes(), &header] {
        let mut client = Client::connect(&server);
        let first = [header, GET].concat();
        assert_eq!(seen(&server, &mut client, first), tcp(NAMED));
        assert_eq!(seen(&server, &mut client, GET), tcp(NAMED));
        client.send(GET);
        let id = server.next_request_among_others();
        let known = server.call(move |exchanges| {
            let connection = exchanges.connection(id).expect("an open exchange");
            exchanges.connection_address(connection)
        });
        assert_eq!(known, tcp(NAMED));
        server.respond(id, "");
        client.response();
    }
}

pub fn reads_a_header_however_it_is_split(start: Start) {
    let server = Server::manual(start, announced_from("loopback"));
    let mut client = Client::connect(&server);
    for byte in V1.as_bytes().iter().chain(GET) {
        client.send([*byte]);
    }
    assert_eq!(seen_next(&server, &mut client), tcp(NAMED));
}

pub fn knows_the_socket_where_a_header_names_nobody(start: Start) {
    let server = Server::manual(start, announced_from("loopback"));
    for header in [&b"PROXY UNKNOWN\r\n"[..], b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"] {
        let mut client = Client::connect(&server);
        assert!(is_loopback(seen(&server, &mut client, [header, GET].concat())));
    }
}

pub fn answers_nothing_to_what_is_no_header(start: Start) {
    let server = Server::manual(start, announced_from("loopback"));
    let wrong = [
        GET,
        b"PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n",
        b"\r\n\r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
        &[b'P'; 5000],
    ];
    for bytes in wrong {
        let mut client = Client::connect(&server);
        client.try_send(bytes);
        assert_eq!(client.expect_over(), b"", "{}", bytes.escape_ascii());
    }
    server.wait_for(|counters| counters.connections == 0);
    let counters = server.counters();
    assert_eq!(
        (counters.requests, counters.headers_refused),
        (0, wrong.len() as u64)
    );
    server.expect_no_event();
}

pub fn gives_up_half_a_header(start: Start) {
    let options = EngineOptions {
        deadlines: Deadlines {
            head: Some(Duration::from_millis(200)),
            ..Deadlines::default()
        },
        ..announced_from("loopback")
    };
    let server = Server::manual(start, options);
    for said in [&b""[..], b"PROXY TCP4 "] {
        let mut client = Client::connect(&server);
        client.send(said);
        client.expect_end();
    }
    server.wait_for(|counters| counters.connections == 0 && counters.headers_refused == 2);
    // The client has as long as ever for its request behind the header.
    let mut client = Client::connect(&server);
    assert_eq!(
        seen(&server, &mut client, [V1.as_bytes(), GET].concat()),
        tcp(NAMED)
    );
}

pub fn takes_a_header_from_nobody_else(start: Start) {
    let server = Server::manual(start, announced_from("203.0.113.0/24,unix"));
    let mut client = Client::connect(&server);
    client.send([V1.as_bytes(), GET].concat());
    assert_eq!(client.response().status(), 400);
    client.expect_end();
    assert_eq!(server.counters().requests, 0);
    let mut client = Client::connect(&server);
    assert!(is_loopback(seen(&server, &mut client, GET)));
}

pub fn reads_a_header_before_tls(start: Start) {
    let identity = identity();
    let tls = tls_with(identity.clone());
    let server = Server::manual_on(start, Listen::Secure(tls), announced_from("loopback"));
    let mut socket = socket(&server);
    // Apart from what follows, or with its beginning: both are usual.
    socket.write_all(V1.as_bytes()).expect("write");
    let configuration = Arc::new(configuration(&identity, None));
    let stream = TlsStream::connect(socket, &configuration, "localhost").expect("a handshake");
    let mut client = Client::over(Box::new(stream));
    assert_eq!(seen(&server, &mut client, GET), tcp(NAMED));
    // A record where a header should stand is none.
    let mut socket = super::secure::socket(&server);
    socket.write_all(&[22, 3, 1, 0, 5]).expect("write");
    let mut rest = Vec::new();
    let _ = socket.read_to_end(&mut rest);
    assert_eq!(rest, b"");
}

pub fn tells_of_connections_once_they_are_announced(start: Start) {
    let server = Server::manual(start, announced_from("loopback"));
    server.call(|exchanges| exchanges.listeners().tell_opened(ListenerId::default()));
    let mut client = Client::connect(&server);
    server.wait_for(|counters| counters.connections == 1);
    server.expect_no_event();
    client.send(V1);
    let Event::Opened(id, _) = server.next_event() else {
        panic!("not that of a connection");
    };
    assert_eq!(
        server.call(move |exchanges| exchanges.connection_address(id)),
        tcp(NAMED)
    );
}

pub fn knows_in_another_engine_whom_a_header_named(start: Start) {
    let servers = [0, 1].map(|_| Server::manual(start, announced_from("loopback")));
    let mut client = Client::connect(&servers[0]);
    assert_eq!(
        seen(&servers[0], &mut client, [V1.as_bytes(), GET].concat()),
        tcp(NAMED)
    );
    servers[0].release_idle(1);
    servers[1]
        .adopt(servers[0].next_released())
        .expect("there is room");
    assert_eq!(seen(&servers[1], &mut client, GET), tcp(NAMED));
}

pub fn takes_a_header_where_a_new_client_is_taken_to(start: Start) {
    let servers = [0, 1].map(|_| Server::manual(start, announced_from("loopback")));
    servers[0].release_new(true);
    // It has heard of that when it answers this.
    servers[0].counters();
    let mut client = Client::connect(&servers[0]);
    client.send([V1.as_bytes(), GET].concat());
    servers[1]
        .adopt(servers[0].next_released())
        .expect("there is room");
    assert_eq!(seen_next(&servers[1], &mut client), tcp(NAMED));
}

pub fn takes_a_header_by_a_unix_socket(start: Start) {
    let folder = tempfile::tempdir().expect("a folder");
    let listen = Listen::Unix(folder.path().join("socket"));
    let server = Server::manual_on(start, listen, announced_from("unix"));
    let mut client = Client::connect(&server);
    assert_eq!(
        seen(&server, &mut client, [V1.as_bytes(), GET].concat()),
        tcp(NAMED)
    );
}

fn asked(fields: &str) -> String {
    format!("GET / HTTP/1.1\r\nhost: h\r\n{fields}\r\n")
}

pub fn believes_trusted_proxies(start: Start) {
    let server = Server::manual(start, with(trusted("loopback,10.0.0.0/8")));
    let mut client = Client::connect(&server);
    let fields = "X-Forwarded-For: 198.51.100.1, 203.0.113.5, 10.1.2.3\r\nX-Forwarded-Proto: https\r\n";
    client.send(asked(fields));
    let id = server.next_request();
    let told = server.call(move |exchanges| {
        let connection = exchanges.connection(id).expect("an open exchange");
        let own = exchanges.connection_address(connection);
        assert!(is_loopback(own), "a connection is its socket's");
        (exchanges.peer_address(id), exchanges.is_secure(id))
    });
    assert_eq!(told, (tcp("203.0.113.5:0"), true));
    server.respond(id, "");
    client.response();
    // Each request has its own word.
    assert!(is_loopback(seen(&server, &mut client, GET)));
}

pub fn believes_nobody_else(start: Start) {
    for options in [EngineOptions::default(), with(trusted("10.0.0.0/8"))] {
        let server = Server::manual(start, options);
        let mut client = Client::connect(&server);
        client.send(asked(
            "X-Forwarded-For: 203.0.113.5\r\nX-Forwarded-Proto: https\r\nForwarded: for=203.0.113.5\r\n",
        ));
        let id = server.next_request();
        let told = server.call(move |exchanges| (exchanges.peer_address(id), exchanges.is_secure(id)));
        assert!(is_loopback(told.0) && !told.1);
        server.respond(id, "");
    }
}

pub fn believes_a_proxy_that_a_header_names(start: Start) {
    let mut options = announced_from("loopback");
    options.clients.trusted_proxies = trusted("192.0.2.0/24").trusted_proxies;
    let server = Server::manual(start, options);
    let request = asked("X-Forwarded-For: 203.0.113.5\r\n");
    for (header, expected) in [
        (V1, "203.0.113.5:0"),
        ("PROXY TCP4 198.51.100.9 198.51.100.1 5 80\r\n", "198.51.100.9:5"),
    ] {
        let mut client = Client::connect(&server);
        assert_eq!(
            seen(&server, &mut client, [header, &request].concat()),
            tcp(expected)
        );
    }
}
