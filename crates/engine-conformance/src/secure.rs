//! TLS: handshakes, what is told of a session, its ends, and clients that speak something else.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use howth_engine::{BindAddress, Body, Deadlines, EngineOptions, Event, TlsFacts};
use howth_tls::{Identity, Server as Tls, Settings, Tickets, Version};
use rustls::ClientConfig;

use super::answers::{echo_path, ok};
use super::client::Client;
use super::harness::{Listen, Server, Start};
use super::tls_client::{TlsStream, configuration, identity, server as tls_with};

pub(crate) const GET: &[u8] = b"GET /path HTTP/1.1\r\nhost: h\r\n\r\n";

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn echo(start: Start, tls: Arc<Tls>, options: EngineOptions) -> Server {
    Server::automatic(start, Listen::Secure(tls), options, echo_path)
}

pub(crate) fn manual(start: Start, tls: Arc<Tls>) -> Server {
    Server::manual_on(start, Listen::Secure(tls), EngineOptions::default())
}

pub(crate) fn socket(server: &Server) -> TcpStream {
    let BindAddress::Tcp(address) = &server.address else {
        panic!("TLS is for TCP here")
    };
    let socket = TcpStream::connect(address).expect("connect");
    socket.set_nodelay(true).expect("TCP_NODELAY");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

pub(crate) fn connect(
    server: &Server,
    configuration: ClientConfig,
    name: &str,
) -> std::io::Result<TlsStream> {
    TlsStream::connect(socket(server), &Arc::new(configuration), name)
}

pub(crate) fn client(server: &Server, trusted: &Identity) -> Client {
    Client::over(Box::new(
        connect(server, configuration(trusted, None), "localhost").expect("a handshake"),
    ))
}

/// What the application is told of TLS by a request of the client, which is answered.
pub(crate) fn facts_by_request(server: &Server, client: &mut Client) -> Arc<TlsFacts> {
    client.send(GET);
    let id = server.next_request();
    let facts = server.call(move |exchanges| exchanges.tls_facts(id));
    server.respond(id, "ok");
    assert_eq!(client.response().text(), "ok");
    facts.expect("TLS")
}

/// Deadlines of which one alone is short.
fn short_handshake() -> EngineOptions {
    EngineOptions {
        deadlines: Deadlines {
            handshake: Some(Duration::from_millis(200)),
            ..Deadlines::default()
        },
        ..EngineOptions::default()
    }
}

pub fn answers_by_tls(start: Start) {
    let identity = identity();
    let server = echo(start, tls_with(identity.clone()), EngineOptions::default());
    let mut client = client(&server, &identity);
    for _ in 0..100 {
        assert_eq!(client.get("/path").text(), "/path");
    }
}

pub fn answers_by_each_version(start: Start) {
    for (version, name) in [(Version::Tls12, "TLSv1.2"), (Version::Tls13, "TLSv1.3")] {
        let identity = identity();
        let mut settings = Settings::new(identity.clone());
        (settings.version_min, settings.version_max) = (version, version);
        let tls = Tls::new(&settings, &Tickets::default()).expect("good settings");
        let server = manual(start, tls);
        let mut client = client(&server, &identity);
        assert_eq!(facts_by_request(&server, &mut client).version, name);
    }
}

pub fn tells_what_was_agreed_upon(start: Start) {
    let identity = identity();
    let server = manual(start, tls_with(identity.clone()));
    let mut configuration = configuration(&identity, None);
    configuration.alpn_protocols = vec![b"x".to_vec(), b"http/1.1".to_vec()];
    let stream = connect(&server, configuration, "localhost").expect("a handshake");
    assert_eq!(
        stream.with(|session| session.alpn_protocol().map(<[u8]>::to_vec)),
        Some(b"http/1.1".to_vec())
    );
    let mut client = Client::over(Box::new(stream));
    client.send(GET);
    let id = server.next_request();
    let (is_secure, facts) = server.call(move |exchanges| (exchanges.is_secure(id), exchanges.tls_facts(id)));
    assert!(is_secure);
    let expected = TlsFacts {
        version: "TLSv1.3",
        cipher: "TLS_AES_256_GCM_SHA384",
        cipher_standard: "TLS_AES_256_GCM_SHA384",
        protocol: Some(b"http/1.1".to_vec()),
        server_name: Some("localhost".to_owned()),
        ..TlsFacts::default()
    };
    assert_eq!(facts.as_deref(), Some(&expected));
    server.respond(id, "ok");
    assert_eq!(client.response().text(), "ok");
}

pub fn tells_all_requests_of_a_connection_the_same(start: Start) {
    let identity = identity();
    let server = manual(start, tls_with(identity.clone()));
    let mut client = client(&server, &identity);
    client.send(GET);
    let id = server.next_request();
    let (by_request, by_connection) = server.call(move |exchanges| {
        let connection = exchanges.connection(id).expect("an open exchange");
        (
            exchanges.tls_facts(id),
            exchanges.connection_tls_facts(connection),
        )
    });
    let (first, of_connection) = (by_request.expect("TLS"), by_connection.expect("TLS"));
    server.respond(id, "ok");
    assert_eq!(client.response().text(), "ok");
    server.next_event();
    let second = facts_by_request(&server, &mut client);
    assert!(Arc::ptr_eq(&first, &of_connection) && Arc::ptr_eq(&first, &second));
    // What is known stays so when there is nobody any more of whom it is known.
    client.end();
    client.expect_end();
    assert_eq!(
        (first.version, first.server_name.as_deref()),
        ("TLSv1.3", Some("localhost"))
    );
}

pub fn tells_nothing_of_clear_text(start: Start) {
    let server = Server::manual_on(start, Listen::Loopback, EngineOptions::default());
    let mut client = Client::connect(&server);
    client.send(GET);
    let id = server.next_request();
    let told = server.call(move |exchanges| (exchanges.is_secure(id), exchanges.tls_facts(id)));
    assert_eq!(told, (false, None));
    server.respond(id, "ok");
}

pub fn takes_a_session_up_again(start: Start) {
    let identity = identity();
    let server = manual(start, tls_with(identity.clone()));
    let configuration = Arc::new(configuration(&identity, None));
    for is_resumed in [false, true] {
        let stream = TlsStream::connect(socket(&server), &configuration, "localhost").expect("a handshake");
        let mut client = Client::over(Box::new(stream));
        // The ticket comes before the response.
        assert_eq!(facts_by_request(&server, &mut client).is_resumed, is_resumed);
        server.next_event();
    }
}

pub fn gives_up_half_a_handshake(start: Start) {
    let server = echo(start, tls_with(identity()), short_handshake());
    for said in [&b""[..], &[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]] {
        let mut socket = socket(&server);
        let begun = Instant::now();
        socket.write_all(said).expect("write");
        let mut rest = Vec::new();
        socket.read_to_end(&mut rest).expect("the end");
        assert_eq!(rest, b"", "nothing is said in clear");
        assert!(begun.elapsed() >= Duration::from_millis(150), "too early");
    }
    server.wait_for(|counters| counters.connections == 0);
}

pub fn answers_plain_http_in_clear(start: Start) {
    let server = echo(start, tls_with(identity()), EngineOptions::default());
    for request in [
        &b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"[..],
        b"P",
        b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello",
    ] {
        let mut client = Client::over(Box::new(socket(&server)));
        client.send(request);
        let response = client.response();
        assert_eq!(response.status(), 400);
        assert!(response.text().contains("HTTPS"), "{response:?}");
        client.expect_end();
    }
    assert_eq!(server.counters().requests, 0);
}

pub fn says_what_is_wrong_with_a_record(start: Start) {
    let server = echo(start, tls_with(identity()), EngineOptions::default());
    for nonsense in [
        &[0x80, 0x2e, 1, 0, 2][..],
        &[22, 3, 1, 0, 4, 99, 0, 0, 0],
        &[22, 9, 9, 255, 255, 0],
    ] {
        let mut socket = socket(&server);
        socket.write_all(nonsense).expect("write");
        let mut alert = Vec::new();
        socket.read_to_end(&mut alert).expect("the end");
        assert_eq!(alert.first(), Some(&21), "an alert, {nonsense:?}: {alert:?}");
    }
}

pub fn answers_tls_on_a_plain_port(start: Start) {
    let server = Server::automatic(start, Listen::Loopback, EngineOptions::default(), echo_path);
    let error = connect(&server, configuration(&identity(), None), "localhost").err();
    assert!(error.is_some(), "a handshake without anybody who speaks TLS");
    server.wait_for(|counters| counters.connections == 0);
    assert_eq!(server.counters().requests, 0);
}

pub fn carries_large_bodies_both_ways(start: Start) {
    let identity = identity();
    let server = Server::automatic(
        start,
        Listen::Secure(tls_with(identity.clone())),
        EngineOptions::default(),
        {
            let mut bodies = std::collections::HashMap::new();
            move |exchanges, event| {
                let (Event::Request(id) | Event::BodyReadable(id)) = event else {
                    return;
                };
                let body: &mut Vec<u8> = bodies.entry(id).or_default();
                loop {
                    match exchanges.read_body(id, usize::MAX).expect("an open exchange") {
                        howth_engine::BodyRead::Data(bytes) => body.extend(bytes),
                        howth_engine::BodyRead::Pending => return,
                        howth_engine::BodyRead::End => break,
                        howth_engine::BodyRead::Failed(reason) => panic!("{reason}"),
                    }
                }
                let body = bodies.remove(&id).expect("it was read");
                exchanges
                    .respond_with(id, &ok(), Body::Owned(body))
                    .expect("an open exchange");
            }
        },
    );
    let body: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let mut client = client(&server, &identity);
    for _ in 0..2 {
        client.send(format!(
            "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: {}\r\n\r\n",
            body.len()
        ));
        client.send(&body);
        assert!(client.response().body == body, "another body came back");
    }
}

pub fn resets_a_client_that_reads_nothing(start: Start) {
    let identity = identity();
    let options = EngineOptions {
        deadlines: Deadlines {
            write_stall: Some(Duration::from_millis(300)),
            ..Deadlines::default()
        },
        ..EngineOptions::default()
    };
    let server = Server::manual_on(start, Listen::Secure(tls_with(identity.clone())), options);
    let mut client = client(&server, &identity);
    client.send(GET);
    let id = server.next_request();
    let body = vec![b'x'; 32 << 20];
    server
        .call(move |exchanges| exchanges.respond_with(id, &ok(), Body::Owned(body)))
        .expect("an open exchange");
    server.expect(Event::Aborted(id));
    server.wait_for(|counters| counters.connections == 0);
}

pub fn aborts_a_tunnel_that_is_cut(start: Start) {
    let identity = identity();
    let server = manual(start, tls_with(identity.clone()));
    type Expected = fn(&Event) -> bool;
    let ends: [(bool, Expected); 2] = [
        (true, |event| matches!(event, Event::BodyReadable(_))),
        (false, |event| matches!(event, Event::Aborted(_))),
    ];
    for (in_order, expected) in ends {
        let stream = connect(&server, configuration(&identity, None), "localhost").expect("a handshake");
        let socket = stream.socket().try_clone().expect("a descriptor");
        let mut client = Client::over(Box::new(stream));
        client.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
        let id = server.next_request();
        server
            .call(move |exchanges| {
                exchanges.upgrade(id, &super::answers::head(101, &[(b"upgrade", b"x")]))?;
                assert_eq!(exchanges.read_body(id, 100), Ok(howth_engine::BodyRead::Pending));
                Ok::<_, howth_engine::UpgradeError>(())
            })
            .expect("a tunnel");
        client.head();
        match in_order {
            true => client.end(),
            false => socket.shutdown(std::net::Shutdown::Write).expect("shutdown"),
        }
        let event = server.next_event();
        assert!(expected(&event), "{event:?}, in order: {in_order}");
        if in_order {
            server
                .call(move |exchanges| exchanges.fail(id))
                .expect("an open exchange");
            let _ = server.next_event();
        }
    }
}

pub fn drains_with_a_last_word(start: Start) {
    let identity = identity();
    let server = echo(start, tls_with(identity.clone()), EngineOptions::default());
    let (mut idle, mut asking) = (client(&server, &identity), client(&server, &identity));
    assert_eq!((idle.get("/").status(), asking.get("/").status()), (200, 200));
    server.drain();
    server.call(|_| ());
    let response = asking.get("/last");
    assert_eq!(response.field("connection"), Some("close"));
    asking.expect_end();
    idle.expect_end();
}

pub fn drains_instead_of_being_given_up(start: Start) {
    let identity = identity();
    let server = echo(start, tls_with(identity.clone()), EngineOptions::default());
    let (mut idle, mut asking) = (client(&server, &identity), client(&server, &identity));
    assert_eq!((idle.get("/").status(), asking.get("/").status()), (200, 200));
    server.release_idle(2);
    assert_eq!((idle.get("/").status(), asking.get("/").status()), (200, 200));
    server.release_all();
    server.call(|_| ());
    assert_eq!(asking.get("/last").field("connection"), Some("close"));
    asking.expect_end();
    idle.expect_end();
    assert!(server.take_released().is_empty(), "a connection was given up");
}

pub fn begins_tls_where_a_new_client_is_taken_to(start: Start) {
    let identity = identity();
    let tls = tls_with(identity.clone());
    let (first, second) = (
        echo(start, tls.clone(), EngineOptions::default()),
        echo(start, tls, EngineOptions::default()),
    );
    first.release_new(true);
    first.call(|_| ());
    let waiting = socket(&first);
    let handed = first.next_released();
    second.adopt(handed).expect("there is room");
    let stream = TlsStream::connect(waiting, &Arc::new(configuration(&identity, None)), "localhost");
    let mut client = Client::over(Box::new(stream.expect("a handshake")));
    assert_eq!(client.get("/").text(), "/");
    assert_eq!(second.counters().requests, 1);
}

pub fn makes_many_handshakes_and_serves_meanwhile(start: Start) {
    const CLIENTS: usize = 100;
    let identity = identity();
    let server = echo(start, tls_with(identity.clone()), EngineOptions::default());
    let configuration = Arc::new(configuration(&identity, None));
    // All hellos lie there when the engine looks.
    let held = server.hold_up();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (socket, configuration) = (socket(&server), configuration.clone());
            std::thread::spawn(move || {
                let stream = TlsStream::connect(socket, &configuration, "localhost").expect("a handshake");
                Client::over(Box::new(stream)).get("/").status()
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(50));
    drop(held);
    for client in clients {
        assert_eq!(client.join().expect("a client"), 200);
    }
    assert_eq!(server.counters().requests, CLIENTS as u64);
}
