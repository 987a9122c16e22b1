//! TLS sessions that clients break, end, or make long: what comes behind a failure is nobody's request, an end is told, and
//! what is kept of a session has a bound.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use howth_engine::{
    BodyRead, EngineOptions, Event, Opened, Sealed, TlsFacts, TlsFailure, TlsServer, TlsSession,
};

use super::answers::echo_path;
use super::client::Client;
use super::frames::{greeting, options, request};
use super::harness::{Listen, Server, Start};
use super::secure::{GET, connect, echo, manual, socket};
use super::tls_client::{configuration, identity, server as tls_with};

/// Sizes at which an engine may end a read.
const READS: [usize; 4] = [2048, 4096, 16 * 1024, 64 * 1024];

/// A client whose session is agreed upon, and its socket.
fn agreed(server: &Server, trusted: &howth_tls::Identity) -> (Client, TcpStream) {
    let stream = connect(server, configuration(trusted, None), "localhost").expect("a handshake");
    let socket = stream.socket().try_clone().expect("a descriptor");
    (Client::over(Box::new(stream)), socket)
}

/// A record that nobody can open, so long that the next read begins behind it, and clear text there.
fn injected(length: usize, clear: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff; length];
    bytes[..3].copy_from_slice(&[23, 9, 9]);
    bytes.extend_from_slice(clear);
    bytes
}

pub fn takes_no_request_in_clear_behind_a_failure(start: Start) {
    let identity = identity();
    let server = echo(start, tls_with(identity.clone()), EngineOptions::default());
    for (before, length) in READS.into_iter().enumerate() {
        let (mut client, mut socket) = agreed(&server, &identity);
        assert_eq!(client.get("/").status(), 200);
        let held = server.hold_up();
        let bytes = injected(
            length,
            b"POST /transfer HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n",
        );
        socket.write_all(&bytes).expect("write");
        drop(held);
        server.wait_for(|counters| counters.connections == 0);
        assert_eq!(
            server.counters().requests,
            before as u64 + 1,
            "behind {length} bytes"
        );
    }
}

pub fn takes_no_body_in_clear_behind_a_failure(start: Start) {
    let identity = identity();
    let server = manual(start, tls_with(identity.clone()));
    for length in READS {
        let (mut client, mut socket) = agreed(&server, &identity);
        client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\n");
        let id = server.next_request();
        assert_eq!(server.read(id, 100), BodyRead::Pending);
        let held = server.hold_up();
        socket.write_all(&injected(length, b"hello")).expect("write");
        drop(held);
        server.expect(Event::Aborted(id));
    }
}

pub fn aborts_streams_of_a_session_that_fails(start: Start) {
    let identity = identity();
    let server = Server::manual_on(start, Listen::Secure(tls_with(identity.clone())), options());
    let (mut client, mut socket) = agreed(&server, &identity);
    client.send([greeting(&[]), request(1, "GET", "/", &[])].concat());
    let id = server.next_request();
    socket.write_all(&injected(READS[0], b"")).expect("write");
    server.expect(Event::Aborted(id));
    server.wait_for(|counters| counters.connections == 0);
    assert_eq!(server.call(|exchanges| exchanges.pending()), 0);
}

pub fn ends_a_tunnel_with_a_last_word(start: Start) {
    let identity = identity();
    let server = manual(start, tls_with(identity.clone()));
    let (mut client, _) = agreed(&server, &identity);
    client.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.upgrade(id, &super::answers::head(101, &[(b"upgrade", b"x")])))
        .expect("a tunnel");
    client.head();
    client.end();
    while server.read(id, 100) != BodyRead::End {
        server.expect(Event::BodyReadable(id));
    }
    server.call(move |exchanges| exchanges.finish(id, &[]).expect("an open exchange"));
    server.expect(Event::Completed(id));
    client.expect_end();
}

pub fn bounds_a_handshake_in_small_pieces(start: Start) {
    let server = echo(start, tls_with(identity()), EngineOptions::default());
    let mut socket = socket(&server);
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a timeout");
    // RFC 8446 section 5.1: a message may be in many records. This one says that it is of 65,000 bytes.
    let message = [1, 0, 0xfd, 0xe8];
    let record = |byte: &u8| [22, 3, 1, 0, 1, *byte];
    let begun: Vec<u8> = message.iter().flat_map(record).collect();
    let more: Vec<u8> = [0; 50_000].iter().flat_map(record).collect();
    socket.write_all(&begun).expect("write");
    // The server may have ended it before all is sent.
    let _ = socket.write_all(&more);
    let mut said = Vec::new();
    let read = socket.read_to_end(&mut said);
    assert!(
        !read.is_err_and(|error| super::place::is_timeout(&error)),
        "300 KB of a handshake are kept"
    );
    server.wait_for(|counters| counters.connections == 0);
}

/// Sessions whose handshake is whatever comes first, and which seal nothing.
#[derive(Debug, Default)]
struct Counted(Arc<AtomicUsize>);

impl TlsServer for Counted {
    fn accept(&self) -> Box<dyn TlsSession> {
        Box::new(CountedSession {
            steps: self.0.clone(),
            is_agreed: false,
        })
    }
}

#[derive(Debug)]
struct CountedSession {
    steps: Arc<AtomicUsize>,
    is_agreed: bool,
}

impl TlsSession for CountedSession {
    fn receive(
        &mut self,
        bytes: &[u8],
        _: &mut Sealed,
        tell: &mut dyn FnMut(Opened<'_>),
    ) -> Result<(), TlsFailure> {
        match std::mem::replace(&mut self.is_agreed, true) {
            true => tell(Opened::Plain(bytes)),
            false => {
                self.steps.fetch_add(1, Ordering::Relaxed);
                tell(Opened::Agreed(None));
            }
        }
        Ok(())
    }

    fn seal(&mut self, plain: &[u8], out: &mut Sealed) -> Result<(), TlsFailure> {
        out.extend_from_slice(plain);
        Ok(())
    }

    fn close(&mut self, _: &mut Sealed) {}

    fn is_handshaking(&self) -> bool {
        !self.is_agreed
    }

    fn facts(&self) -> Option<Arc<TlsFacts>> {
        self.is_agreed.then(Arc::default)
    }
}

pub fn bounds_steps_of_clients_that_have_ended(start: Start) {
    const CLIENTS: usize = 100;
    let counted = Counted::default();
    let (steps, seen) = (counted.0.clone(), Arc::new(AtomicUsize::new(0)));
    let server = Server::automatic(
        start,
        Listen::Secure(Arc::new(counted)),
        EngineOptions::default(),
        {
            let (steps, seen) = (steps.clone(), seen.clone());
            move |exchanges, event| {
                seen.fetch_max(steps.load(Ordering::Relaxed), Ordering::Relaxed);
                echo_path(exchanges, event);
            }
        },
    );
    let mut asking = Client::over(Box::new(socket(&server)));
    asking.send("hello");
    server.wait_for(|_| steps.load(Ordering::Relaxed) == 1);
    let mut clients: Vec<TcpStream> = (0..CLIENTS).map(|_| socket(&server)).collect();
    server.wait_for(|counters| counters.connections == CLIENTS as u64 + 1);
    let held = server.hold_up();
    asking.send(GET);
    for client in &mut clients {
        client.write_all(b"hello").expect("write");
        client.shutdown(Shutdown::Write).expect("shutdown");
    }
    std::thread::sleep(Duration::from_millis(50));
    drop(held);
    assert_eq!(asking.response().status(), 200);
    let seen = seen.load(Ordering::Relaxed);
    assert!(
        seen <= 1 + 2 * 16,
        "{seen} steps before a request that came with them"
    );
    // Each is still taken up, and its end told behind that.
    server.wait_for(|counters| counters.connections == 1);
    assert_eq!(steps.load(Ordering::Relaxed), CLIENTS + 1);
}
