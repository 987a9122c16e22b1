//! Connections that move from one engine to another.

use std::time::Duration;

use howth_engine::{BindAddress, EngineOptions, Event, Exchanges};

use super::answers::{head, ok};
use super::client::{Client, manual};
use super::harness::{Listen, Server, Start};

pub(crate) const GET: &str = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";

/// An engine that answers everything with its name.
pub(crate) fn named(start: Start, name: &'static str) -> Server {
    named_with(start, name, EngineOptions::default())
}

pub(crate) fn named_with(start: Start, name: &'static str, options: EngineOptions) -> Server {
    Server::automatic(start, Listen::Loopback, options, answer_with(name))
}

fn answer_with(name: &'static str) -> impl FnMut(&dyn Exchanges, Event) + Send {
    move |exchanges, event| {
        if let Event::Request(id) = event {
            exchanges
                .respond(id, &ok(), name.as_bytes())
                .expect("an open exchange");
        }
    }
}

/// A client of `server` whose first request was answered.
pub(crate) fn served(server: &Server) -> Client {
    let mut client = Client::connect(server);
    client.get("/");
    client
}

pub fn goes_on_in_another_engine(start: Start) {
    let (first, second) = (named(start, "first"), named(start, "second"));
    let mut client = Client::connect(&first);
    assert_eq!(client.get("/").text(), "first");
    for _ in 0..3 {
        first.release_idle(1);
        second.adopt(first.next_released()).expect("there is room");
        assert_eq!(client.get("/").text(), "second");
        second.release_idle(1);
        first.adopt(second.next_released()).expect("there is room");
        assert_eq!(client.get("/").text(), "first");
    }
    let counters = (first.counters(), second.counters());
    assert_eq!((counters.0.accepted, counters.1.accepted), (1, 0));
    assert_eq!((counters.0.released, counters.0.adopted), (3, 3));
    assert_eq!((counters.0.connections, counters.1.connections), (1, 0));
}

pub fn loses_no_byte_on_the_way(start: Start) {
    let (first, second) = (named(start, "first"), named(start, "second"));
    let mut client = served(&first);
    first.release_idle(1);
    let handed = first.next_released();
    client.send(GET);
    client.send(&GET[..20]);
    second.adopt(handed).expect("there is room");
    assert_eq!(client.response().text(), "second");
    client.send(&GET[20..]);
    assert_eq!(client.response().text(), "second");
}

pub fn moves_a_connection_that_said_nothing(start: Start) {
    let (first, second) = (named(start, "first"), named(start, "second"));
    let mut client = Client::connect(&first);
    first.wait_for(|counters| counters.connections == 1);
    first.release_idle(1);
    second.adopt(first.next_released()).expect("there is room");
    assert_eq!(client.get("/").text(), "second");
}

pub fn moves_a_unix_socket(start: Start) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let listen = Listen::Unix(folder.path().join("socket"));
    let first = Server::automatic(start, listen, EngineOptions::default(), answer_with("first"));
    assert!(matches!(first.address, BindAddress::Unix(_)));
    let second = named(start, "second");
    let mut client = served(&first);
    first.release_idle(1);
    second.adopt(first.next_released()).expect("there is room");
    assert_eq!(client.get("/").text(), "second");
}

pub fn keeps_a_connection_that_has_a_request(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server.release_idle(usize::MAX);
    server.respond(id, "here");
    let response = client.response();
    assert_eq!((response.text(), response.field("connection")), ("here", None));
    server.expect(Event::Completed(id));
    client.send(GET);
    let id = server.next_request();
    assert!(server.take_released().is_empty());
    server.respond(id, "here as well");
    assert_eq!(client.response().text(), "here as well");
}

pub fn keeps_a_connection_with_a_part_of_a_head(start: Start) {
    let (server, mut client) = manual(start);
    client.send(&GET[..20]);
    // Another one is answered only after those bytes were received.
    let mut another = Client::connect(&server);
    another.send(GET);
    let id = server.next_request();
    server.respond(id, "");
    another.response();
    server.expect(Event::Completed(id));
    server.release_all();
    drop(server.next_released());
    client.send(&GET[20..]);
    let id = server.next_request();
    server.respond(id, "whole");
    assert_eq!(client.response().text(), "whole");
    drop(server.next_released());
    server.expect(Event::Completed(id));
    server.join();
}

pub fn gives_every_connection_up_once_it_is_idle(start: Start) {
    let (server, mut client) = manual(start);
    let second = named(start, "second");
    let idle = Client::connect(&server);
    server.wait_for(|counters| counters.connections == 2);
    client.send(GET);
    let id = server.next_request();
    server.release_all();
    let handed = server.next_released();
    second.adopt(handed).expect("there is room");
    second.wait_for(|counters| counters.connections == 1);
    server.respond(id, "first");
    let response = client.response();
    assert_eq!((response.text(), response.field("connection")), ("first", None));
    client.send(GET);
    second.adopt(server.next_released()).expect("there is room");
    assert_eq!(client.response().text(), "second");
    server.expect(Event::Completed(id));
    server.expect_no_event();
    server.join();
    drop(idle);
}

pub fn answers_what_it_has_read_before_it_gives_up(start: Start) {
    let (server, mut client) = manual(start);
    let second = named(start, "second");
    client.send(GET.repeat(3));
    let ids = [
        server.next_request(),
        server.next_request(),
        server.next_request(),
    ];
    server.release_all();
    for id in ids {
        server.respond(id, "first");
    }
    let handed = server.next_released();
    client.send(GET.repeat(2));
    second.adopt(handed).expect("there is room");
    for name in ["first", "first", "first", "second", "second"] {
        assert_eq!(client.response().text(), name);
    }
}

pub fn finishes_a_body_before_it_gives_up(start: Start) {
    let (server, mut client) = manual(start);
    client.send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf ");
    let id = server.next_request();
    server.release_all();
    client.send("whole");
    client.send(GET);
    assert_eq!(server.read_to_end(id).expect("a body"), b"half whole");
    server.respond(id, "read");
    assert_eq!(client.response().text(), "read");
    let second = named(start, "second");
    // The request behind may have been read together with the body.
    let read_together = loop {
        match server.event_within(Duration::from_millis(5)) {
            Some(Event::Request(next)) => {
                server.respond(next, "second");
                break true;
            }
            Some(_) => {}
            None => {
                if let Some(handed) = server.take_released().pop() {
                    second.adopt(handed).expect("there is room");
                    break false;
                }
            }
        }
    };
    assert_eq!(client.response().text(), "second");
    if read_together {
        drop(server.next_released());
    }
}

/// A tunnel that begins while connections are given up is read on, and stays.
pub fn keeps_a_connection_that_becomes_a_tunnel(start: Start) {
    let (server, mut client) = manual(start);
    client.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n");
    let id = server.next_request();
    server.release_all();
    let head = head(101, &[(b"upgrade", b"echo")]);
    server
        .call(move |exchanges| exchanges.upgrade(id, &head))
        .expect("an open exchange");
    assert_eq!(client.head().status(), 101);
    client.send("bytes");
    client.end();
    assert_eq!(server.read_to_end(id), Ok(b"bytes".to_vec()));
    assert!(server.take_released().is_empty());
}

pub fn closes_what_is_left_when_it_drains_after_all(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server.release_all();
    server.drain();
    server.respond(id, "last");
    let response = client.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("last", Some("close"))
    );
    client.expect_end();
    drop(client);
    server.expect(Event::Completed(id));
    server.join();
}

pub fn leaves_clients_to_others(start: Start) {
    let server = named(start, "first");
    served(&server);
    server.set_accepting(false);
    let mut client = loop {
        // The end of accepting takes a moment.
        let mut client = Client::connect(&server);
        client.send(GET);
        if client.is_silent() {
            break client;
        }
    };
    server.set_accepting(true);
    assert_eq!(client.response().text(), "first");
    // Once more than it was told to, which changes nothing.
    server.set_accepting(true);
    assert_eq!(served(&server).get("/").text(), "first");
}

pub fn gives_new_connections_up(start: Start) {
    let (first, second) = (named(start, "first"), named(start, "second"));
    let mut old = served(&first);
    first.release_new(true);
    // It has heard of that when it answers this.
    first.counters();
    let mut client = Client::connect(&first);
    client.send(GET);
    second.adopt(first.next_released()).expect("there is room");
    assert_eq!(client.response().text(), "second");
    assert_eq!(old.get("/").text(), "first");
    first.release_new(false);
    first.counters();
    assert_eq!(served(&first).get("/").text(), "first");
    let counters = first.counters();
    assert_eq!((counters.accepted, counters.released), (3, 1));
}

pub fn gives_up_clients_it_has_no_room_for(start: Start) {
    let options = EngineOptions {
        connections_max: 1,
        ..EngineOptions::default()
    };
    let (first, second) = (named_with(start, "first", options), named(start, "second"));
    let old = served(&first);
    let mut client = Client::connect(&first);
    client.send(GET);
    assert!(client.is_silent());
    first.release_new(true);
    second.adopt(first.next_released()).expect("there is room");
    assert_eq!(client.response().text(), "second");
    first.release_new(false);
    first.counters();
    let mut client = Client::connect(&first);
    client.send(GET);
    assert!(client.is_silent());
    drop(old);
    assert_eq!(client.response().text(), "first");
}

pub fn waits_for_nobody_when_it_is_aborted(start: Start) {
    let (server, mut asking) = manual(start);
    asking.send(GET);
    let id = server.next_request();
    let mut idle = Client::connect(&server);
    server.wait_for(|counters| counters.connections == 2);
    server.release_idle(1);
    server.wait_for(|counters| counters.released == 1);
    server.abort();
    idle.expect_over();
    asking.expect_over();
    server.expect(Event::Aborted(id));
    server.join();
}

pub fn loses_nothing_between_two_engines(start: Start) {
    let (first, second) = (named(start, "either"), named(start, "either"));
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|number| {
                let mut client = Client::connect(&first);
                scope.spawn(move || {
                    for round in 0..500 {
                        let count = 1 + (number + round) % 3;
                        client.send(GET.repeat(count));
                        for _ in 0..count {
                            assert_eq!(client.response().text(), "either");
                        }
                    }
                })
            })
            .collect();
        while clients.iter().any(|client| !client.is_finished()) {
            for (from, to) in [(&first, &second), (&second, &first)] {
                from.release_idle(3);
                for handed in from.take_released() {
                    to.adopt(handed).expect("there is room");
                }
            }
        }
    });
    assert!(second.counters().adopted > 0);
    assert!(second.counters().requests > 0);
}
