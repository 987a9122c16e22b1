//! TLS and WebSocket over loopback.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::server::{Server, Then};
use base64::Engine;
use howth_load::{Errors, LoadError, Options, Stop, run};
use rustls::pki_types::PrivateKeyDer;
use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

struct Identity {
    pem: Vec<u8>,
    config: Arc<ServerConfig>,
}

fn identity() -> Identity {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .expect("a certificate");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("key and certificate match");
    Identity {
        pem: made.cert.pem().into_bytes(),
        config: Arc::new(config),
    }
}

fn tls_server(config: Arc<ServerConfig>, body: Vec<u8>) -> Server {
    let answer = [
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(),
        &body,
    ]
    .concat();
    Server::of_connections(move |stream, counted| {
        let session = ServerConnection::new(config.clone()).map_err(std::io::Error::other)?;
        let mut stream = StreamOwned::new(session, stream);
        crate::server::answer_all(&mut stream, counted, &|_| (answer.clone(), Then::Go))
    })
}

fn options(url: String, requests: u64) -> Options {
    let mut options = Options::new(url);
    options.connections = 3;
    options.stop = Stop::Requests(requests);
    options.timeout = Duration::from_secs(20);
    options
}

#[test]
fn requests_go_through_tls() {
    let identity = identity();
    for (body_bytes, pipelining, keep_alive) in
        [(5, 1, true), (5, 8, true), (200_000, 1, true), (5, 1, false)]
    {
        let body = vec![b'y'; body_bytes];
        let server = tls_server(identity.config.clone(), body.clone());
        let mut options = options(format!("https://{}/", server.address), 100);
        options.pipelining = pipelining;
        options.keep_alive = keep_alive;
        options.trusted_pem = Some(identity.pem.clone());
        options.expect.body_sha256 = Some(Sha256::digest(&body).into());
        let report = run(&options).expect("the server listens");
        assert_eq!((report.requests, report.errors), (100, Errors::default()));
        assert_eq!(server.requests(), 100);
    }
}

#[test]
fn sessions_are_taken_up_unless_whole_handshakes_are_wanted() {
    for resume_sessions in [true, false] {
        let identity = identity();
        let (kinds, seen) = std::sync::mpsc::channel();
        let config = identity.config;
        let server = Server::of_connections(move |stream, counted| {
            let session = ServerConnection::new(config.clone()).map_err(std::io::Error::other)?;
            let mut stream = StreamOwned::new(session, stream);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            let ended = crate::server::answer_all(&mut stream, counted, &|_| (answer.to_vec(), Then::Go));
            let _ = kinds.send(stream.conn.handshake_kind());
            ended
        });
        let mut options = options(format!("https://{}/", server.address), 20);
        options.connections = 1;
        options.keep_alive = false;
        options.resume_sessions = resume_sessions;
        options.accept_any_certificate = true;
        let report = run(&options).expect("the server listens");
        assert_eq!((report.requests, report.errors), (20, Errors::default()));
        let resumed = seen
            .iter()
            .take(20)
            .filter(|kind| *kind == Some(HandshakeKind::Resumed))
            .count();
        assert_eq!(resumed > 0, resume_sessions, "{resumed} of 20");
    }
}

#[test]
fn a_certificate_is_trusted_only_on_request() {
    let identity = identity();
    let server = tls_server(identity.config, b"hello".to_vec());
    let mut options = options(format!("https://{}/", server.address), 100);
    options.stop = Stop::After(Duration::from_millis(300));
    let report = run(&options).expect("the server listens");
    assert_eq!((report.requests, server.requests()), (0, 0));
    assert!(report.errors.connect > 0);
    options.accept_any_certificate = true;
    options.stop = Stop::Requests(10);
    let report = run(&options).expect("the server listens");
    assert_eq!((report.requests, report.errors), (10, Errors::default()));
}

/// The server's side of the opening handshake (RFC 6455 section 4.2.2).
fn accept<S: Read + Write>(mut stream: S) -> std::io::Result<WebSocket<S>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let key = head
        .lines()
        .find_map(|line| line.strip_prefix("sec-websocket-key: "));
    let key = key.expect("the generator asks for a WebSocket");
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    let accept = base64::engine::general_purpose::STANDARD.encode(digest);
    let fields = "upgrade: websocket\r\nconnection: upgrade";
    write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\n{fields}\r\nsec-websocket-accept: {accept}\r\n\r\n"
    )?;
    stream.flush()?;
    Ok(WebSocket::from_raw_socket(stream, Role::Server, None))
}

fn echo<S: Read + Write>(stream: S, counted: &AtomicU64, spoil_every: u64) -> std::io::Result<()> {
    let mut socket = accept(stream)?;
    while let Ok(message) = socket.read() {
        let Message::Binary(payload) = message else {
            continue;
        };
        let number = counted.fetch_add(1, Ordering::SeqCst);
        let reply = match number % spoil_every {
            0 if spoil_every < u64::MAX => Message::Binary(vec![b'z'; payload.len()].into()),
            _ => Message::Binary(payload),
        };
        if socket.send(reply).is_err() {
            break;
        }
    }
    Ok(())
}

#[test]
fn messages_are_echoed() {
    let server = Server::of_connections(|stream, counted| echo(stream, counted, u64::MAX));
    for (len, pipelining) in [(0, 1), (16, 1), (16, 10), (100_000, 2)] {
        let mut options = options(format!("ws://{}/echo", server.address), 200);
        options.body = vec![b'm'; len];
        options.pipelining = pipelining;
        let report = run(&options).expect("the server listens");
        assert_eq!(
            (report.requests, report.errors),
            (200, Errors::default()),
            "{len} bytes"
        );
    }
}

#[test]
fn messages_are_echoed_through_tls() {
    let Identity { config, pem } = identity();
    let server = Server::of_connections(move |stream, counted| {
        let session = ServerConnection::new(config.clone()).map_err(std::io::Error::other)?;
        echo(StreamOwned::new(session, stream), counted, u64::MAX)
    });
    let mut options = options(format!("wss://{}/echo", server.address), 100);
    options.body = b"hello".to_vec();
    options.trusted_pem = Some(pem);
    let report = run(&options).expect("the server listens");
    assert_eq!((report.requests, report.errors), (100, Errors::default()));
}

#[test]
fn what_one_sends_is_awaited_on_all() {
    let members: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    let server = Server::of_connections(move |stream, counted| {
        let other = stream.try_clone()?;
        let mut socket = accept(stream)?;
        members.lock().expect("nobody has panicked").push(other);
        while let Ok(message) = socket.read() {
            counted.fetch_add(1, Ordering::SeqCst);
            let members = members.lock().expect("nobody has panicked");
            for member in members.iter() {
                let mut to = WebSocket::from_raw_socket(member, Role::Server, None);
                // One may have left.
                let _ = to.send(message.clone());
            }
        }
        Ok(())
    });
    let mut options = options(format!("ws://{}/", server.address), 20);
    options.body = b"hello".to_vec();
    options.broadcasts = true;
    let report = run(&options).expect("the server listens");
    // Seven messages: none is cut off before all have it.
    assert_eq!((report.requests, report.errors), (21, Errors::default()));
    assert_eq!(server.requests(), 7);
    options.pipelining = 2;
    assert!(matches!(run(&options), Err(LoadError::Conflict(_))));
    options.pipelining = 1;
    options.url = server.url();
    assert!(matches!(run(&options), Err(LoadError::Conflict(_))));
}

#[test]
fn another_message_is_no_echo() {
    let server = Server::of_connections(|stream, counted| echo(stream, counted, 4));
    let mut options = options(format!("ws://{}/echo", server.address), 100);
    options.body = b"hello".to_vec();
    let report = run(&options).expect("the server listens");
    assert_eq!(
        (report.requests, report.errors.hash, report.errors.total()),
        (75, 25, 25)
    );
}

#[test]
fn a_server_without_websocket_cannot_be_connected_to() {
    let server = Server::of_answer("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    let mut options = options(format!("ws://{}/echo", server.address), 10);
    options.stop = Stop::After(Duration::from_millis(200));
    let report = run(&options).expect("the server listens");
    assert_eq!(report.requests, 0);
    assert!(report.errors.connect > 0);
    options.keep_alive = false;
    assert!(matches!(run(&options), Err(LoadError::Conflict(_))));
}
