//! Responses that an application encodes itself, and what it does with connections.
//!
//! Owns the cases of servers whose applications know HTTP by themselves, as those of node:http do. Called by: the tests of
//! both engines, and of `connection` in memory.

use std::time::Duration;

use howth_engine::{
    Backpressure, BodyRead, ConnectionEnd, ConnectionId, Deadlines, EngineOptions, Event, ExchangeId, Gone,
    ListenerId,
};

use super::client::{Client, manual, manual_with};
use super::harness::{Server, Start};
use super::tunnels::GET;

const ONLY: ListenerId = ListenerId(0);

const FIRST: &[u8] = b"HTTP/1.1 200 Mine\r\nX-Own: 1\r\nContent-Length: 5\r\n\r\nfirst";
const SECOND: &[u8] = b"HTTP/1.1 200 Mine\r\nContent-Length: 6\r\n\r\nsecond";

/// Begins, writes, and ends.
fn answer(server: &Server, id: ExchangeId, bytes: &'static [u8], keep_alive: bool) {
    server.call(move |exchanges| {
        exchanges.start_encoded(id).expect("an open exchange");
        assert_eq!(exchanges.write(id, bytes), Ok(Backpressure::Ready));
        exchanges
            .finish_encoded(id, keep_alive)
            .expect("an open exchange");
    });
}

fn connection(server: &Server, id: ExchangeId) -> ConnectionId {
    server
        .call(move |exchanges| exchanges.connection(id))
        .expect("an open exchange")
}

pub fn sends_what_an_application_encodes(start: Start) {
    let (server, mut client) = manual(start);
    for _ in 0..2 {
        client.send(GET);
        let id = server.next_request();
        assert!(server.call(move |exchanges| exchanges.stays_open(id)));
        answer(&server, id, FIRST, true);
        assert_eq!(client.take(FIRST.len()), FIRST);
        server.expect(Event::Completed(id));
        assert_eq!(
            server.call(move |exchanges| exchanges.start_encoded(id)),
            Err(Gone)
        );
    }
}

pub fn ends_connections_whose_responses_are_whole(start: Start) {
    let (server, mut client) = manual(start);
    let mut waiting = Client::connect(&server);
    waiting.send(GET);
    let owed = server.next_request();
    client.send(GET);
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start_encoded(id).expect("an open exchange");
        exchanges.write(id, FIRST).expect("an open exchange");
        exchanges.finish_encoded(id, true).expect("an open exchange");
        exchanges
            .listeners()
            .end_connections(ONLY, ConnectionEnd::InOrder);
    });
    assert_eq!(client.take(FIRST.len()), FIRST);
    client.expect_end();
    server.expect(Event::Completed(id));
    answer(&server, owed, SECOND, true);
    assert_eq!(waiting.take(SECOND.len()), SECOND);
    server.expect(Event::Completed(owed));
    waiting.send(GET);
    server.next_request();
}

pub fn keeps_encoded_responses_in_order(start: Start) {
    let (server, mut client) = manual(start);
    client.send([GET, GET].concat());
    let [first, second] = server.next_requests();
    answer(&server, second, SECOND, false);
    answer(&server, first, FIRST, true);
    assert_eq!(client.take(FIRST.len()), FIRST);
    assert_eq!(client.take(SECOND.len()), SECOND);
    client.expect_end();
}

pub fn closes_behind_the_last_encoded_response(start: Start) {
    let (server, mut client) = manual(start);
    client.send([GET, GET].concat());
    let [first, second] = server.next_requests();
    answer(&server, first, FIRST, false);
    assert_eq!(client.take(FIRST.len()), FIRST);
    client.expect_end();
    server.expect(Event::Aborted(second));
    let _ = client;
}

/// What the client has asked for, and what a drain asks for, counts more than what the application says.
pub fn closes_encoded_responses_where_it_must(start: Start) {
    let (server, mut client) = manual(start);
    client.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    let id = server.next_request();
    assert!(!server.call(move |exchanges| exchanges.stays_open(id)));
    answer(&server, id, FIRST, true);
    assert_eq!(client.take(FIRST.len()), FIRST);
    client.expect_end();

    let mut client = Client::connect(&server);
    client.send(GET);
    let id = server.next_request_among_others();
    server.drain();
    assert!(!server.call(move |exchanges| exchanges.stays_open(id)));
    answer(&server, id, FIRST, true);
    assert_eq!(client.take(FIRST.len()), FIRST);
    client.expect_end();
}

/// Nobody here knows how the client would tell that it is not whole.
pub fn resets_an_encoded_response_that_breaks_off(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start_encoded(id).expect("an open exchange");
        exchanges.write(id, FIRST).expect("an open exchange");
    });
    assert_eq!(client.take(FIRST.len()), FIRST);
    server
        .call(move |exchanges| exchanges.fail(id))
        .expect("an open exchange");
    client.expect_reset();
    server.expect(Event::Aborted(id));
}

pub fn makes_a_tunnel_that_the_application_answers(start: Start) {
    let (server, mut client) = manual(start);
    client.send("GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: own\r\n\r\nearly");
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.upgrade_encoded(id).expect("a request that asks for it");
        exchanges
            .write(id, b"HTTP/1.1 101 Own\r\n\r\n")
            .expect("a tunnel");
    });
    assert_eq!(client.take(20), b"HTTP/1.1 101 Own\r\n\r\n");
    assert_eq!(server.read(id, 100), BodyRead::Data(b"early".to_vec()));
    let tunnel = connection(&server, id);
    server
        .call(move |exchanges| exchanges.end_connection(tunnel, ConnectionEnd::AtOnce))
        .expect("an open connection");
    client.expect_end();
    server.wait_until_gone(id);
}

pub fn tells_of_connections(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    server.call(|exchanges| exchanges.listeners().tell_opened(ONLY));
    let mut client = Client::connect(&server);
    let Event::Opened(opened, ONLY) = server.next_event() else {
        panic!("not told of a connection");
    };
    client.send(GET);
    let id = server.next_request();
    assert_eq!(connection(&server, id), opened);
    assert_eq!(
        server.call(move |exchanges| exchanges.watch_connection(opened)),
        Ok(())
    );
    answer(&server, id, FIRST, false);
    assert_eq!(client.take(FIRST.len()), FIRST);
    client.expect_end();
    drop(client);
    server.expect(Event::Completed(id));
    server.expect(Event::Closed(opened, ONLY));
    assert_eq!(
        server.call(move |exchanges| exchanges.watch_connection(opened)),
        Err(Gone)
    );
}

pub fn ends_connections_in_order(start: Start) {
    let (server, mut busy) = manual(start);
    busy.send(GET);
    let id = server.next_request();
    let mut idle = Client::connect(&server);
    idle.send(GET);
    let asked = server.next_request();
    answer(&server, asked, FIRST, true);
    assert_eq!(idle.take(FIRST.len()), FIRST);
    server.expect(Event::Completed(asked));
    // Who has asked nothing yet is not idle: a request may be on its way.
    let mut new = Client::connect(&server);
    server.wait_for(|counters| counters.connections == 3);
    server.call(|exchanges| {
        exchanges
            .listeners()
            .end_connections(ONLY, ConnectionEnd::InOrder)
    });
    idle.expect_end();
    let of_busy = connection(&server, id);
    server
        .call(move |exchanges| exchanges.end_connection(of_busy, ConnectionEnd::InOrder))
        .expect("an open connection");
    assert!(!server.call(move |exchanges| exchanges.stays_open(id)));
    answer(&server, id, FIRST, true);
    assert_eq!(busy.take(FIRST.len()), FIRST);
    busy.expect_end();
    new.send(GET);
    let id = server.next_request_among_others();
    answer(&server, id, FIRST, true);
    assert_eq!(new.take(FIRST.len()), FIRST);
}

/// What was written goes out, of those whose turn it is.
pub fn ends_connections_at_once(start: Start) {
    let (server, mut client) = manual(start);
    client.send([GET, GET, GET].concat());
    let [first, second, third] = server.next_requests();
    server.call(move |exchanges| {
        exchanges.start_encoded(first).expect("an open exchange");
        exchanges.write(first, FIRST).expect("an open exchange");
        exchanges.start_encoded(third).expect("an open exchange");
        exchanges.write(third, SECOND).expect("an open exchange");
    });
    server.call(|exchanges| exchanges.listeners().end_connections(ONLY, ConnectionEnd::AtOnce));
    assert_eq!(client.take(FIRST.len()), FIRST);
    client.expect_end();
    server.expect(Event::Aborted(second));
    server.expect(Event::Aborted(third));
    server.expect(Event::Completed(first));
}

pub fn ends_a_connection_by_a_reset(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    let connection = connection(&server, id);
    server
        .call(move |exchanges| exchanges.end_connection(connection, ConnectionEnd::Reset))
        .expect("an open connection");
    client.expect_reset();
    server.expect(Event::Aborted(id));
}

pub fn tells_what_is_no_request(start: Start) {
    let (server, mut client) = manual(start);
    server.call(|exchanges| exchanges.listeners().take_refusals(ONLY));
    client.send([GET, "BAD\r\n\r\n"].concat());
    let id = server.next_request();
    let Event::Rejected(rejected) = server.next_event() else {
        panic!("not told of what is no request");
    };
    let rejection = server.call(move |exchanges| exchanges.rejection(rejected));
    assert_eq!(rejection.map(|rejection| rejection.status), Some(400));
    assert_eq!(
        server.read(rejected, 100),
        BodyRead::Data(b"BAD\r\n\r\n".to_vec())
    );
    answer(&server, rejected, SECOND, true);
    answer(&server, id, FIRST, true);
    assert_eq!(client.take(FIRST.len()), FIRST);
    assert_eq!(client.take(SECOND.len()), SECOND);
    client.expect_end();
}

/// A body that breaks a rule, and a head that breaks off.
pub fn tells_what_is_no_whole_request(start: Start) {
    let (server, mut client) = manual(start);
    server.call(|exchanges| exchanges.listeners().take_refusals(ONLY));
    client.send("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n");
    let id = server.next_request();
    server.expect(Event::Aborted(id));
    let Event::Rejected(rejected) = server.next_event() else {
        panic!("not told of what is no body");
    };
    answer(&server, rejected, SECOND, false);
    assert_eq!(client.take(SECOND.len()), SECOND);
    client.expect_end();

    let mut client = Client::connect(&server);
    client.send("GET / HT");
    client.end();
    let rejected = loop {
        if let Event::Rejected(rejected) = server.next_event() {
            break rejected;
        }
    };
    answer(&server, rejected, SECOND, false);
    assert_eq!(client.take(SECOND.len()), SECOND);
}

pub fn takes_other_deadlines(start: Start) {
    let (server, mut idle) = manual_with(
        start,
        EngineOptions {
            deadlines: Deadlines::none(),
            ..EngineOptions::default()
        },
    );
    idle.send(GET);
    let id = server.next_request();
    answer(&server, id, FIRST, true);
    assert_eq!(idle.take(FIRST.len()), FIRST);
    server.expect(Event::Completed(id));
    server.pass(Duration::from_secs(1000));
    server.call(|exchanges| {
        let deadlines = Deadlines {
            keep_alive: Some(Duration::from_secs(2)),
            head: Some(Duration::from_secs(3)),
            ..exchanges.listeners().deadlines(ONLY)
        };
        exchanges.listeners().set_deadlines(ONLY, &deadlines);
    });
    idle.expect_end();
    let mut slow = Client::connect(&server);
    slow.send("GET");
    assert_eq!(slow.response().status(), 408);
}
