//! Several listeners of one engine: each with connections, settings and an end of its own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::Duration;

use howth_engine::{
    ConnectionEnd, Deadlines, EngineOptions, Event, ExchangeId, Handed, Listener, ListenerId,
    ListeningSocket, Place,
};
use howth_http1::Limits;

use super::client::{Client, manual, manual_with};
use super::harness::{Command, PATIENCE, Server, Start};
use super::place::Stream;
use super::secure;
use super::tls_client::{identity, server as tls_with};

const FIRST: ListenerId = ListenerId(0);
const SECOND: ListenerId = ListenerId(7);
const ELSEWHERE: Place = Place(3);
const GET: &str = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";

/// What is asked of listeners.
impl Server {
    /// Has the engine listen on something else as well.
    pub fn listen(&self, listener: Listener) {
        (self.commands)(Command::Listen(listener));
    }

    pub fn stop_accepting(&self, listener: ListenerId) {
        (self.commands)(Command::StopAccepting(listener));
    }

    pub fn drain_listener(&self, listener: ListenerId) {
        (self.commands)(Command::DrainListener(listener));
    }

    pub fn abort_listener(&self, listener: ListenerId) {
        (self.commands)(Command::AbortListener(listener));
    }

    /// The next listener that has come to its end, if one has.
    pub fn take_ended(&self) -> Option<ListenerId> {
        let (sender, receiver) = channel();
        (self.commands)(Command::TakeEnded(sender));
        receiver.recv_timeout(PATIENCE).expect("the engine's thread")
    }

    /// Waits until a listener has come to its end, which has to be the next that does.
    pub fn wait_until_ended(&self, listener: ListenerId) {
        let mut ended = None;
        self.wait_until("the end of a listener", || {
            ended = self.take_ended();
            ended.is_some()
        });
        assert_eq!(ended, Some(listener));
    }
}

/// One more listener, and where it listens.
fn another(id: ListenerId) -> (Listener, SocketAddr) {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("it is bound");
    let listener = Listener {
        id,
        place: ELSEWHERE,
        ..Listener::from(socket)
    };
    (listener, address)
}

fn over(stream: impl Stream + 'static) -> Client {
    Client::over(Box::new(stream))
}

/// A server with two listeners, a client of each that was served, and where the second listens.
fn two(start: Start) -> (Server, Client, Client, SocketAddr) {
    let (server, mut first) = manual(start);
    let (listener, address) = another(SECOND);
    server.listen(listener);
    let mut second = over(TcpStream::connect(address).expect("it listens"));
    serve(&server, &mut first);
    serve(&server, &mut second);
    (server, first, second, address)
}

/// Has a request of a client answered, on a connection that stays open.
fn serve(server: &Server, client: &mut Client) {
    client.send(GET);
    let id = server.next_request();
    server.respond(id, "served");
    let response = client.response();
    assert_eq!((response.text(), response.field("connection")), ("served", None));
    server.expect(Event::Completed(id));
}

fn listener_of(server: &Server, id: ExchangeId) -> Option<ListenerId> {
    server.call(move |exchanges| exchanges.listener(id))
}

fn connections(server: &Server, listener: ListenerId) -> usize {
    server.call(move |exchanges| exchanges.listeners().connections(listener))
}

pub fn serves_a_listener_that_is_added(start: Start) {
    let (server, mut first, mut second, address) = two(start);
    first.send(GET);
    let of_first = server.next_request();
    second.send(GET);
    let of_second = server.next_request();
    assert_eq!(listener_of(&server, of_first), Some(FIRST));
    assert_eq!(listener_of(&server, of_second), Some(SECOND));
    let places = server.call(move |exchanges| (exchanges.place(of_first), exchanges.place(of_second)));
    assert_eq!(places, (Some(Place::default()), Some(ELSEWHERE)));
    let pending = server.call(|exchanges| exchanges.listeners().pending(SECOND));
    assert_eq!(pending, 1);
    // What is told of connections is asked for by listener.
    server.call(|exchanges| exchanges.listeners().tell_opened(SECOND));
    let _not_told = Client::connect(&server);
    let _told = TcpStream::connect(address).expect("it listens");
    let Event::Opened(_, SECOND) = server.next_event() else {
        panic!("not told of the connection");
    };
    server.wait_for(|counters| counters.connections == 4);
    server.expect_no_event();
    assert_eq!(
        (connections(&server, FIRST), connections(&server, SECOND)),
        (2, 2)
    );
}

pub fn serves_who_came_as_another_closed_the_same_socket(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let (listener, address) = another(SECOND);
    let ListeningSocket::Tcp(socket) = &listener.socket else {
        panic!("it listens by TCP");
    };
    let third = Listener {
        id: ListenerId(2),
        place: ELSEWHERE,
        ..Listener::from(socket.try_clone().expect("a duplicate"))
    };
    for listener in [listener, third] {
        server.listen(listener);
        server.call(|_| ());
    }
    // The one that is told of the client closes before it has looked.
    let held = server.hold_up();
    let mut client = over(TcpStream::connect(address).expect("it listens"));
    server.stop_accepting(SECOND);
    drop(held);
    client.send(GET);
    let id = server.next_request();
    server.respond(id, "ok");
    assert_eq!(client.response().text(), "ok");
}

pub fn tells_of_connections_once_they_are_secure(start: Start) {
    let identity = identity();
    let server = secure::manual(start, tls_with(identity.clone()));
    server.call(|exchanges| exchanges.listeners().tell_opened(FIRST));
    let _silent = secure::socket(&server);
    server.wait_for(|counters| counters.connections == 1);
    server.expect_no_event();
    let mut client = secure::client(&server, &identity);
    let Event::Opened(opened, FIRST) = server.next_event() else {
        panic!("not told of a connection");
    };
    let facts = server.call(move |exchanges| exchanges.connection_tls_facts(opened));
    assert_eq!(facts.expect("TLS").version, "TLSv1.3");
    client.send(GET);
    let id = server.next_request();
    let asked = server.call(move |exchanges| exchanges.connection(id));
    assert_eq!(asked, Some(opened));
    server.respond(id, "ok");
    assert_eq!(client.response().text(), "ok");
}

pub fn bounds_heads_by_listener(start: Start) {
    let (server, mut first, mut second, _) = two(start);
    server.call(|exchanges| {
        let bound = &mut |limits: &mut Limits| limits.head_bytes_max = 200;
        exchanges.listeners().change_limits(SECOND, bound);
    });
    let long = format!("GET / HTTP/1.1\r\nhost: h\r\nx: {}\r\n\r\n", "y".repeat(300));
    second.send(&long);
    assert_eq!(second.response().status(), 431);
    first.send(&long);
    let id = server.next_request();
    assert_eq!(listener_of(&server, id), Some(FIRST));
}

pub fn takes_requests_without_a_host_by_listener(start: Start) {
    let (server, mut first, mut second, _) = two(start);
    server.call(|exchanges| {
        let without = &mut |limits: &mut Limits| limits.requires_host = false;
        exchanges.listeners().change_limits(SECOND, without);
    });
    let hostless = "GET / HTTP/1.1\r\n\r\n";
    second.send(hostless);
    let id = server.next_request();
    server.respond(id, "ok");
    assert_eq!(second.response().text(), "ok");
    server.expect(Event::Completed(id));
    first.send(hostless);
    assert_eq!(first.response().status(), 400);
}

pub fn closes_one_listener_and_serves_the_other(start: Start) {
    let (server, mut first, mut second, address) = two(start);
    server.stop_accepting(SECOND);
    // Its connections go on until they end by themselves.
    serve(&server, &mut second);
    serve(&server, &mut first);
    assert!(TcpStream::connect(address).is_err(), "nobody listens there");
    assert_eq!(server.take_ended(), None);
    second.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    let id = server.next_request();
    server.respond(id, "last");
    assert_eq!(second.response().text(), "last");
    second.expect_end();
    drop(second);
    server.expect(Event::Completed(id));
    server.wait_until_ended(SECOND);
    serve(&server, &mut first);
    serve(&server, &mut Client::connect(&server));
    server.stop_accepting(FIRST);
    drop(first);
    server.join();
}

pub fn drains_one_listener_alone(start: Start) {
    let (server, mut first, mut second, address) = two(start);
    let mut idle = over(TcpStream::connect(address).expect("it listens"));
    serve(&server, &mut idle);
    second.send(GET);
    let id = server.next_request();
    server.drain_listener(SECOND);
    idle.expect_end();
    assert_eq!(server.take_ended(), None, "a response is owed");
    serve(&server, &mut first);
    server.respond(id, "last");
    let response = second.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("last", Some("close"))
    );
    server.expect(Event::Completed(id));
    server.wait_until_ended(SECOND);
    assert!(TcpStream::connect(address).is_err(), "nobody listens there");
    serve(&server, &mut first);
}

pub fn aborts_one_listener_alone(start: Start) {
    let (server, mut first, mut second, address) = two(start);
    second.send(GET);
    let id = server.next_request();
    server.abort_listener(SECOND);
    server.expect(Event::Aborted(id));
    assert_eq!(second.expect_over(), b"");
    server.wait_until_ended(SECOND);
    assert!(TcpStream::connect(address).is_err(), "nobody listens there");
    serve(&server, &mut first);
}

pub fn ends_the_connections_of_one_listener(start: Start) {
    let (server, mut first, mut second, address) = two(start);
    server.call(|exchanges| {
        exchanges
            .listeners()
            .end_connections(SECOND, ConnectionEnd::InOrder);
    });
    second.expect_end();
    serve(&server, &mut first);
    serve(
        &server,
        &mut over(TcpStream::connect(address).expect("it listens on")),
    );
}

pub fn uses_a_slot_again_with_nothing_of_the_last(start: Start) {
    let (server, mut first, second, _) = two(start);
    server.call(|exchanges| {
        let bound = &mut |limits: &mut Limits| limits.head_bytes_max = 10;
        exchanges.listeners().change_limits(SECOND, bound);
        exchanges.listeners().take_refusals(SECOND);
    });
    server.stop_accepting(SECOND);
    drop(second);
    server.wait_until_ended(SECOND);
    let third = ListenerId(8);
    let (listener, address) = another(third);
    server.listen(listener);
    let mut client = over(TcpStream::connect(address).expect("it listens"));
    client.send(GET);
    let id = server.next_request();
    assert_eq!(listener_of(&server, id), Some(third));
    server.respond(id, "served");
    assert_eq!(client.response().text(), "served");
    server.expect(Event::Completed(id));
    client.send("BAD\r\n\r\n");
    assert_eq!(client.response().status(), 400);
    serve(&server, &mut first);
}

pub fn hands_connections_to_the_listener_of_their_place(start: Start) {
    let (first, _, mut client, _) = two(start);
    let (second, _) = manual(start);
    let (listener, _) = another(ListenerId(9));
    second.listen(listener);
    first.call(|exchanges| {
        // The other one is not to be chosen.
        exchanges
            .listeners()
            .end_connections(FIRST, ConnectionEnd::InOrder);
    });
    first.wait_for(|counters| counters.connections == 1);
    first.release_idle(1);
    let handed = first.next_released();
    assert_eq!((handed.place(), handed.has_asked()), (ELSEWHERE, true));
    second.adopt(handed).expect("there is room");
    client.send(GET);
    let id = second.next_request();
    assert_eq!(listener_of(&second, id), Some(ListenerId(9)));
    second.respond(id, "here");
    assert_eq!(client.response().text(), "here");
}

pub fn serves_nobody_whose_listener_is_not_there(start: Start) {
    let (server, mut first) = manual(start);
    let (client, handed) = std::os::unix::net::UnixStream::pair().expect("two sockets");
    handed.set_nonblocking(true).expect("a socket");
    server
        .adopt(Handed::new(handed.into(), Place(5), false))
        .expect("it is taken, and closed");
    over(client).expect_end();
    // That of nowhere is anybody's.
    let (client, handed) = std::os::unix::net::UnixStream::pair().expect("two sockets");
    handed.set_nonblocking(true).expect("a socket");
    server
        .adopt(Handed::new(handed.into(), Place::ANYWHERE, false))
        .expect("there is room");
    serve(&server, &mut over(client));
    serve(&server, &mut first);
}

pub fn has_deadlines_for_each_listener(start: Start) {
    let (server, mut first) = manual_with(
        start,
        EngineOptions {
            deadlines: Deadlines::none(),
            ..EngineOptions::default()
        },
    );
    serve(&server, &mut first);
    server.listen(Listener {
        id: SECOND,
        ..Listener::from(howth_engine::ListeningSocket::Elsewhere)
    });
    // In memory connections come to the listener that was added last.
    let mut second = Client::connect(&server);
    serve(&server, &mut second);
    let has_none = server.call(|exchanges| exchanges.listeners().deadlines(SECOND) == Deadlines::none());
    assert!(has_none, "a new listener has the engine's options");
    server.call(|exchanges| {
        let deadlines = Deadlines {
            keep_alive: Some(Duration::from_secs(2)),
            ..Deadlines::none()
        };
        exchanges.listeners().set_deadlines(SECOND, &deadlines);
    });
    server.pass(Duration::from_millis(1900));
    serve(&server, &mut second);
    server.pass(Duration::from_millis(1900));
    assert_eq!(server.counters().connections, 2);
    second.expect_end();
    drop(second);
    server.wait_for(|counters| counters.connections == 1);
    server.pass(Duration::from_secs(100_000));
    serve(&server, &mut first);
}
