//! Connections that change their protocol.

use howth_engine::{BodyRead, EngineOptions, Event, ExchangeId, Gone, UpgradeError};
use howth_http1::{InvalidResponse, ResponseHead};

use super::answers::{head, ok};
use super::client::{Client, manual, manual_with};
use super::harness::{Server, Start};

const UPGRADE: &str = "GET /socket HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n";
pub(crate) const GET: &str = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";

fn switching() -> ResponseHead<'static> {
    head(101, &[(b"upgrade", b"echo")])
}

/// A connection that has become a tunnel.
fn tunnel(start: Start) -> (Server, Client, ExchangeId) {
    tunnel_with(start, EngineOptions::default())
}

/// The same, with options.
fn tunnel_with(start: Start, options: EngineOptions) -> (Server, Client, ExchangeId) {
    let (server, mut client) = manual_with(start, options);
    client.send(UPGRADE);
    let id = server.next_request();
    assert_eq!(
        server.call(move |exchanges| exchanges.upgrade(id, &switching())),
        Ok(())
    );
    let response = client.head();
    assert_eq!(response.status_line, "HTTP/1.1 101 Switching Protocols");
    assert_eq!(
        (response.field("connection"), response.field("upgrade")),
        (Some("upgrade"), Some("echo"))
    );
    assert_eq!(response.field("content-length"), None);
    (server, client, id)
}

fn write(server: &Server, id: ExchangeId, bytes: &'static [u8]) {
    server
        .call(move |exchanges| exchanges.write(id, bytes))
        .expect("an open exchange");
}

pub fn carries_bytes_both_ways(start: Start) {
    let (server, mut client, id) = tunnel(start);
    assert_eq!(server.read(id, 100), BodyRead::Pending);
    client.send(b"\x00GET / HTTP/1.1\r\n\r\n");
    server.expect(Event::BodyReadable(id));
    assert_eq!(server.read(id, 1), BodyRead::Data(b"\x00".to_vec()));
    assert_eq!(
        server.read(id, 100),
        BodyRead::Data(b"GET / HTTP/1.1\r\n\r\n".to_vec())
    );
    write(&server, id, b"\xffany");
    assert_eq!(client.take(4), b"\xffany");
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    client.expect_end();
    client.end();
    server.expect(Event::Completed(id));
    assert_eq!(server.read_to_end(id), Ok(Vec::new()));
    server.wait_for(|counters| counters.connections == 0);
}

/// What the client sends before it has its answer is the tunnel's.
pub fn keeps_what_came_before_the_switch(start: Start) {
    let (server, mut client) = manual(start);
    client.send([UPGRADE, "early"].concat());
    let id = server.next_request();
    client.send(" bird");
    server.expect_no_event();
    server
        .call(move |exchanges| exchanges.upgrade(id, &switching()))
        .expect("an open exchange");
    assert_eq!(client.head().status(), 101);
    let mut received = Vec::new();
    while received.len() < 10 {
        match server.read(id, 100) {
            BodyRead::Data(bytes) => received.extend(bytes),
            BodyRead::Pending => server.expect(Event::BodyReadable(id)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(received, b"early bird");
}

/// Each side ends by itself.
pub fn goes_on_when_one_side_has_ended(start: Start) {
    // The client's first.
    let (server, mut client, id) = tunnel(start);
    client.send("last");
    client.end();
    assert_eq!(server.read_to_end(id), Ok(b"last".to_vec()));
    write(&server, id, b"more");
    assert_eq!(client.take(4), b"more");
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    client.expect_end();
    server.expect(Event::Completed(id));
    // The server's first.
    let (server, mut client, id) = tunnel(start);
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    client.expect_end();
    server.expect(Event::Completed(id));
    assert_eq!(server.read(id, 100), BodyRead::Pending);
    client.send("still");
    server.expect(Event::BodyReadable(id));
    assert_eq!(server.read(id, 100), BodyRead::Data(b"still".to_vec()));
    client.end();
    assert_eq!(server.read_to_end(id), Ok(Vec::new()));
    server.wait_for(|counters| counters.connections == 0);
}

pub fn resets_a_tunnel_that_fails(start: Start) {
    let (server, mut client, id) = tunnel(start);
    write(&server, id, b"half");
    assert_eq!(client.take(4), b"half");
    assert_eq!(server.call(move |exchanges| exchanges.fail(id)), Ok(()));
    client.expect_reset();
    server.expect(Event::Aborted(id));
}

/// Also when our side has ended, by a call or by a time of its own.
pub fn resets_a_tunnel_whose_client_goes_on(start: Start) {
    let (server, mut client, id) = tunnel(start);
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    client.expect_end();
    server.expect(Event::Completed(id));
    client.send("still");
    assert_eq!(server.call(move |exchanges| exchanges.fail(id)), Ok(()));
    server.expect(Event::Aborted(id));
    server.wait_for(|counters| counters.connections == 0);
    let (server, mut client, id) = tunnel(start);
    server.call(move |exchanges| {
        exchanges.finish(id, &[]).expect("an open exchange");
        exchanges.set_timeout(id, 1).expect("an open exchange");
    });
    client.expect_end();
    server.expect(Event::Completed(id));
    server.expect(Event::Aborted(id));
}

/// What was asked before the tunnel is told that the client has left, too.
pub fn tells_earlier_requests_of_a_client_that_left(start: Start) {
    let (server, mut client) = manual(start);
    client.send([GET, UPGRADE].concat());
    let [first, second] = server.next_requests();
    server
        .call(move |exchanges| exchanges.upgrade(second, &switching()))
        .expect("an open exchange");
    client.end();
    server.expect(Event::Disconnected(first));
    server.respond(first, "first");
    assert_eq!(client.response().text(), "first");
    assert_eq!(client.head().status(), 101);
}

/// A response before it, given and not sent yet, says that the connection ends.
pub fn switches_nothing_behind_the_last_response(start: Start) {
    let (server, mut client) = manual(start);
    client.send([GET, GET, UPGRADE].concat());
    let [first, second, third] = server.next_requests();
    let upgraded = server.call(move |exchanges| {
        let last = exchanges.respond(second, &head(200, &[(b"connection", b"close")]), b"last");
        assert_eq!(last, Ok(()));
        exchanges.upgrade(third, &switching())
    });
    assert_eq!(upgraded, Err(UpgradeError::Gone(Gone)));
    server.respond(first, "first");
    assert_eq!(client.response().text(), "first");
    assert_eq!(client.response().text(), "last");
    client.expect_end();
    server.wait_until_gone(third);
}

pub fn holds_no_more_of_a_tunnel_than_of_a_body(start: Start) {
    let options = EngineOptions {
        body_high_watermark_bytes: 10_000,
        write_high_watermark_bytes: 10_000,
        ..EngineOptions::default()
    };
    let (server, mut client, id) = tunnel_with(start, options);
    let bytes = vec![7; 50_000_000];
    let sent = client.send_until_stuck(&bytes, std::time::Duration::from_millis(300));
    assert!(sent < bytes.len(), "all of it was taken");
    let mut received = 0;
    while received < sent {
        match server.read(id, usize::MAX) {
            BodyRead::Data(bytes) => received += bytes.len(),
            BodyRead::Pending => server.expect(Event::BodyReadable(id)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(received, sent);
}

/// A request that asks for another protocol and is answered in this one is a request like others.
pub fn answers_what_it_does_not_switch(start: Start) {
    let (server, mut client) = manual(start);
    client.send([UPGRADE, GET].concat());
    let id = server.next_request();
    server.expect_no_event();
    server.respond(id, "no");
    assert_eq!(client.response().text(), "no");
    let next = server.next_request_among_others();
    server.respond(next, "next");
    assert_eq!(client.response().text(), "next");
    // A part of a request that follows is one as well.
    client.send([UPGRADE, "GET / HT"].concat());
    let id = server.next_request_among_others();
    server.respond(id, "no");
    assert_eq!(client.response().text(), "no");
    client.send("TP/1.1\r\nhost: h\r\n\r\n");
    let next = server.next_request_among_others();
    server.respond(next, "next");
    assert_eq!(client.response().text(), "next");
}

pub fn switches_only_what_asks_for_it(start: Start) {
    let (server, mut client) = manual(start);
    let upgrade =
        move |server: &Server, id| server.call(move |exchanges| exchanges.upgrade(id, &switching()));
    client.send(GET);
    let id = server.next_request();
    assert_eq!(upgrade(&server, id), Err(UpgradeError::NotAsked));
    server.respond(id, "plain");
    assert_eq!(client.response().text(), "plain");
    client.send(UPGRADE.replace("\r\n\r\n", "\r\ncontent-length: 2\r\n\r\nhi"));
    let id = server.next_request_among_others();
    assert_eq!(upgrade(&server, id), Err(UpgradeError::HasBody));
    server.respond(id, "body");
    assert_eq!(client.response().text(), "body");
    client.send(UPGRADE);
    let id = server.next_request_among_others();
    let nameless = server.call(move |exchanges| exchanges.upgrade(id, &ok()));
    assert_eq!(nameless, Err(UpgradeError::Invalid(InvalidResponse::Switch)));
    let other = server.call(move |exchanges| exchanges.upgrade(id, &head(101, &[(b"upgrade", b"h2c")])));
    assert_eq!(other, Err(UpgradeError::Invalid(InvalidResponse::Switch)));
    assert_eq!(upgrade(&server, id), Ok(()));
    assert_eq!(client.head().status(), 101);
    assert_eq!(upgrade(&server, id), Err(UpgradeError::Gone(Gone)));
}

pub fn tunnels_for_connect_where_that_is_taken(start: Start) {
    let mut options = EngineOptions::default();
    options.limits.takes_connect = true;
    let (server, mut client) = manual_with(start, options);
    client.send("CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\n\r\nhello");
    let id = server.next_request();
    server
        .call(move |exchanges| exchanges.upgrade(id, &head(200, &[])))
        .expect("an open exchange");
    let response = client.head();
    assert_eq!((response.status(), response.field("content-length")), (200, None));
    assert_eq!(server.read(id, 100), BodyRead::Data(b"hello".to_vec()));
    write(&server, id, b"world");
    assert_eq!(client.take(5), b"world");
}

/// Once, at the last time that was set; and what is no tunnel has none.
pub fn tells_of_a_time_that_was_set(start: Start) {
    let (server, mut client, id) = tunnel(start);
    let set = |in_ms| server.call(move |exchanges| exchanges.set_alarm(id, in_ms));
    assert_eq!(set(Some(100_000)), Ok(()));
    assert_eq!(set(Some(20)), Ok(()));
    server.expect(Event::Alarm(id));
    server.expect_no_event();
    assert_eq!(set(Some(1)), Ok(()));
    assert_eq!(set(None), Ok(()));
    server.expect_no_event();
    // It is no end.
    write(&server, id, b"still");
    assert_eq!(client.take(5), b"still");
    // Nor is it one of our side alone.
    server
        .call(move |exchanges| exchanges.finish(id, &[]))
        .expect("an open exchange");
    client.expect_end();
    server.expect(Event::Completed(id));
    assert_eq!(set(Some(20)), Ok(()));
    server.expect(Event::Alarm(id));
    assert_eq!(set(Some(1)), Ok(()));
    assert_eq!(set(None), Ok(()));
    server.expect_no_event();
    assert_eq!(set(Some(100_000)), Ok(()));
    assert_eq!(server.call(move |exchanges| exchanges.fail(id)), Ok(()));
    server.expect(Event::Aborted(id));
    assert_eq!(set(Some(1)), Err(Gone));
    let mut client = Client::connect(&server);
    client.send(GET);
    let id = server.next_request();
    let refused = server.call(move |exchanges| exchanges.set_alarm(id, Some(1)));
    assert_eq!(refused, Err(Gone));
}

pub fn says_what_of_a_tunnel_is_unsent(start: Start) {
    let (server, mut client, id) = tunnel(start);
    let unsent = || server.call(move |exchanges| exchanges.unsent_bytes(id));
    let mut written = 0;
    while unsent() < 1_000_000 {
        let bytes = vec![7; 500_000];
        written += bytes.len();
        server
            .call(move |exchanges| exchanges.write(id, &bytes).map(|_| ()))
            .expect("an open exchange");
    }
    assert_eq!(client.take(written), vec![7; written]);
    server.expect(Event::Writable(id));
    assert_eq!(unsent(), 0);
}

/// No deadline of a message counts for a tunnel; and a drain waits for it.
pub fn keeps_a_tunnel_that_is_silent(start: Start) {
    let mut options = EngineOptions::default();
    let short = Some(std::time::Duration::from_millis(80));
    options.deadlines.head = short;
    options.deadlines.keep_alive = short;
    options.deadlines.body_gap = short;
    options.deadlines.handler = short;
    let (server, mut client, id) = tunnel_with(start, options);
    for _ in 0..5 {
        client.expect_silence();
    }
    server.drain();
    write(&server, id, b"still");
    assert_eq!(client.take(5), b"still");
}
