//! Connections and the engine from beginning to end.

use std::collections::HashSet;
use std::time::Duration;

use howth_engine::{Deadlines, EngineOptions, Event, Gone, ListenerId};

use super::answers::ok;
use super::client::{Client, manual};
use super::harness::{Listen, Server, Start};

const GET: &str = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";

pub fn aborts_when_the_client_resets(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    client.send(GET);
    let first = server.next_request();
    let second = server.next_request();
    client.reset();
    server.expect_aborted(first);
    server.expect_aborted(second);
    assert_eq!(
        server.call(move |exchanges| exchanges.respond(first, &ok(), b"late")),
        Err(Gone)
    );
    assert_eq!(server.call(|exchanges| exchanges.pending()), 0);
    server.wait_for(|counters| counters.connections == 0);
    // Also when the request said that it is the last.
    let mut client = Client::connect(&server);
    client.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    let last = server.next_request();
    client.reset();
    server.expect_aborted(last);
}

pub fn shows_requests_of_a_client_that_left_at_once(start: Start) {
    let (sender, seen) = std::sync::mpsc::channel();
    let server = Server::automatic(
        start,
        Listen::Loopback,
        EngineOptions {
            // A reset that comes together with bytes can go unnoticed by a multishot receive (seen on Linux 6.18):
            // the kernel is woken once for both, and reads once. The body's deadline ends the connection then.
            deadlines: Deadlines {
                body_gap: Some(Duration::from_secs(1)),
                ..Deadlines::default()
            },
            ..EngineOptions::default()
        },
        move |exchanges, event| {
            if let Event::Request(id) = event {
                let path = exchanges
                    .head(id)
                    .expect("a request that is told of")
                    .path()
                    .to_owned();
                sender.send(path).expect("the test");
            }
        },
    );
    for number in 0..200 {
        let mut client = Client::connect(&server);
        client.send(format!(
            "POST /{number} HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nhalf"
        ));
        if number % 2 == 0 {
            client.reset();
        }
    }
    server.wait_for(|counters| counters.accepted == 200 && counters.connections == 0);
    // A reset may come before the request was read; an orderly end may not.
    let seen: HashSet<_> = seen.try_iter().collect();
    assert!(
        (0..200)
            .filter(|number| number % 2 == 1)
            .all(|number| seen.contains(&format!("/{number}")))
    );
}

pub fn answers_a_client_that_half_closed(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    client.send(GET);
    client.end();
    let first = server.next_request();
    let second = server.next_request();
    server.expect(Event::Disconnected(first));
    server.expect(Event::Disconnected(second));
    assert!(server.call(move |exchanges| exchanges.is_disconnected(second)));
    server.respond(first, "first");
    assert_eq!(client.response().text(), "first");
    server.expect(Event::Completed(first));
    server.respond(second, "second");
    assert_eq!(client.response().text(), "second");
    client.expect_end();
    server.expect(Event::Completed(second));
    assert!(!server.call(move |exchanges| exchanges.is_disconnected(second)));
    server.wait_for(|counters| counters.connections == 0);
}

pub fn drains_to_the_end(start: Start) {
    let (server, mut busy) = manual(start);
    let mut idle = Client::connect(&server);
    idle.send(GET);
    let id = server.next_request();
    server.respond(id, "warm");
    assert_eq!(idle.response().text(), "warm");
    server.expect(Event::Completed(id));
    busy.send(GET);
    let id = server.next_request();
    server.drain();
    server.respond(id, "last");
    let response = busy.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("last", Some("close"))
    );
    busy.expect_end();
    idle.expect_end();
    drop((busy, idle));
    server.expect(Event::Completed(id));
    server.join();
}

pub fn answers_what_is_on_the_wire_while_draining(start: Start) {
    let (server, mut client) = manual(start);
    server.wait_for(|counters| counters.connections == 1);
    server.drain();
    client.send(GET);
    let id = server.next_request();
    server.respond(id, "still here");
    let response = client.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("still here", Some("close"))
    );
    client.expect_end();
    drop(client);
    server.expect(Event::Completed(id));
    server.join();
}

pub fn ends_idle_connections_at_once(start: Start) {
    // They are not left alone for half a second, as in a drain of all.
    let (server, mut asks) = manual(start);
    let mut idle = Client::connect(&server);
    idle.send(GET);
    let id = server.next_request();
    server.respond(id, "warm");
    assert_eq!(idle.response().text(), "warm");
    server.expect(Event::Completed(id));
    let mut silent = Client::connect(&server);
    server.wait_for(|counters| counters.connections == 3);
    // Nothing looks at the sockets between these.
    let held = server.hold_up();
    server.drain_listener(ListenerId::default());
    asks.send(GET);
    drop(held);
    let id = server.next_request();
    idle.expect_end();
    silent.expect_end();
    server.wait_for(|counters| counters.connections == 1);
    server.respond(id, "last");
    let response = asks.response();
    assert_eq!(
        (response.text(), response.field("connection")),
        ("last", Some("close"))
    );
    server.expect(Event::Completed(id));
    asks.expect_end();
    drop((asks, idle, silent));
    server.join();
}

pub fn is_through_before_a_client_ends_its_connection(start: Start) {
    let (server, mut client) = manual(start);
    client.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc");
    let id = server.next_request();
    server.drain_listener(ListenerId::default());
    server.respond(id, "last");
    assert_eq!(client.response().text(), "last");
    // The client has not ended its side, and the engine lingers for it.
    server.wait_until_ended(ListenerId::default());
    drop(client);
    server.expect(Event::Completed(id));
    server.join();
}

pub fn aborts_everything(start: Start) {
    let (server, mut client) = manual(start);
    let idle = Client::connect(&server);
    client.send(GET);
    let id = server.next_request();
    server.abort();
    server.expect(Event::Aborted(id));
    assert_eq!(client.expect_over(), b"");
    drop(idle);
    server.join();
}

pub fn accepts_no_more_than_the_bound(start: Start) {
    let server = Server::manual(
        start,
        EngineOptions {
            connections_max: 2,
            ..EngineOptions::default()
        },
    );
    let first = Client::connect(&server);
    let _second = Client::connect(&server);
    server.wait_for(|counters| counters.connections == 2);
    let mut third = Client::connect(&server);
    third.send(GET);
    third.expect_silence();
    assert_eq!(server.counters().accepted, 2);
    drop(first);
    let id = server.next_request();
    server.respond(id, "at last");
    assert_eq!(third.response().text(), "at last");
}

pub fn holds_the_bound_in_a_rush(start: Start) {
    let options = EngineOptions {
        connections_max: 2,
        ..EngineOptions::default()
    };
    let server = Server::manual(start, options);
    // They all come in one turn.
    let held = server.hold_up();
    let mut clients: Vec<Client> = (0..6).map(|_| Client::connect(&server)).collect();
    clients.iter_mut().for_each(|client| client.send(GET));
    drop(held);
    for _ in 0..3 {
        let ids = [server.next_request(), server.next_request()];
        server.expect_no_event();
        assert_eq!(server.counters().connections, 2);
        ids.into_iter().for_each(|id| server.respond(id, "at last"));
        let mut served: Vec<Client> = clients.extract_if(.., |client| !client.is_silent()).collect();
        assert_eq!(served.len(), 2);
        for client in &mut served {
            assert_eq!(client.response().text(), "at last");
        }
        for _ in ids {
            let event = server.event_within(Duration::from_secs(10));
            assert!(matches!(event, Some(Event::Completed(_))), "{event:?}");
        }
    }
}

pub fn never_uses_an_id_twice(start: Start) {
    let (server, mut client) = manual(start);
    let mut seen = HashSet::new();
    for _ in 0..100 {
        client.send(GET);
        let id = server.next_request();
        assert!(seen.insert(id));
        server.respond(id, "");
        client.response();
        server.expect(Event::Completed(id));
    }
    for id in seen {
        assert_eq!(server.call(move |exchanges| exchanges.cancel_body(id)), Err(Gone));
    }
}

pub fn counts(start: Start) {
    let (server, mut client) = manual(start);
    for _ in 0..3 {
        client.send(GET);
        let id = server.next_request();
        server.respond(id, "");
        client.response();
        server.expect(Event::Completed(id));
    }
    let mut refused = Client::connect(&server);
    refused.send("nonsense\r\n\r\n");
    refused.response();
    let counters = server.counters();
    assert_eq!(
        (counters.accepted, counters.requests, counters.refused),
        (2, 3, 1)
    );
    assert!(counters.turns >= 4);
    assert!(counters.sends >= 4);
}

/// An engine serves the clients of all its listeners, counts them together, and ends with all of them.
pub fn serves_several_listeners(start: Start) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let server = Server::automatic(
        start,
        Listen::Both(path.clone()),
        EngineOptions {
            connections_max: 2,
            ..EngineOptions::default()
        },
        |exchanges, event| {
            if let Event::Request(id) = event {
                exchanges.respond(id, &ok(), b"served").expect("an open exchange");
            }
        },
    );
    let mut by_port = Client::connect(&server);
    let mut by_path = Client::connect_to(&path);
    for _ in 0..3 {
        assert_eq!(by_port.get("/").text(), "served");
        assert_eq!(by_path.get("/").text(), "served");
    }
    // There is no room for a third, whichever way it comes.
    let mut waiting = Client::connect_to(&path);
    waiting.send("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    waiting.expect_silence();
    drop(by_port);
    assert_eq!(waiting.response().text(), "served");
    server.drain();
    waiting.expect_end();
    by_path.expect_end();
    server.join();
    assert!(
        std::os::unix::net::UnixStream::connect(&path).is_err(),
        "nobody listens"
    );
}
