//! How much an address may have open, in all engines together.

use std::sync::Arc;
use std::time::Duration;

use howth_clients::AddressCounts;
use howth_engine::{ClientOptions, EngineOptions, Event, Http2Limits};

use super::announced::{announced_from, trusted, with};
use super::client::Client;
use super::frames::{DATA, HEADERS, greet, request, reset};
use super::harness::{Server, Start};
use super::secure::GET;

fn counts(bound: u32) -> Arc<AddressCounts> {
    AddressCounts::new(bound, 64)
}

fn of_connections(counts: &Arc<AddressCounts>) -> EngineOptions {
    with(ClientOptions {
        connections: Some(counts.clone()),
        ..ClientOptions::default()
    })
}

fn of_requests(counts: &Arc<AddressCounts>) -> EngineOptions {
    with(ClientOptions {
        requests: Some(counts.clone()),
        ..ClientOptions::default()
    })
}

fn served(server: &Server) -> Client {
    let mut client = Client::connect(server);
    client.send(GET);
    let id = server.next_request_among_others();
    server.respond(id, "served");
    assert_eq!(client.response().text(), "served");
    client
}

/// Nothing is left of what was counted.
fn expect_nothing(server: &Server, counts: &Arc<AddressCounts>) {
    server.wait_until("nothing that is counted", || counts.addresses() == 0);
}

pub fn closes_connections_beyond_the_bound(start: Start) {
    let counts = counts(2);
    let server = Server::manual(start, of_connections(&counts));
    let [first, second] = [0, 1].map(|_| served(&server));
    let mut third = Client::connect(&server);
    assert_eq!(third.expect_over(), b"");
    let counted_out = server.counters().counted_out;
    assert_eq!(counted_out, 1);
    drop(first);
    server.wait_for(|counters| counters.connections == 1);
    let again = served(&server);
    drop((second, again));
    expect_nothing(&server, &counts);
}

pub fn counts_whom_a_header_names(start: Start) {
    let counts = counts(1);
    let mut options = announced_from("loopback");
    options.clients.connections = Some(counts.clone());
    let server = Server::manual(start, options);
    let connect = |address: &str| {
        let mut client = Client::connect(&server);
        client.send(format!("PROXY TCP4 {address} 10.0.0.1 1 2\r\n"));
        client
    };
    let first = connect("192.0.2.1");
    server.wait_until("what is counted", || counts.addresses() == 1);
    assert_eq!(connect("192.0.2.1").expect_over(), b"");
    let mut second = connect("192.0.2.2");
    second.send(GET);
    let id = server.next_request();
    server.respond(id, "another");
    assert_eq!(second.response().text(), "another");
    drop((first, second));
    expect_nothing(&server, &counts);
}

pub fn counts_a_connection_once_in_two_engines(start: Start) {
    let counts = counts(1);
    let servers = [0, 1].map(|_| Server::manual(start, of_connections(&counts)));
    let mut client = served(&servers[0]);
    servers[0].release_idle(1);
    let handed = servers[0].next_released();
    // It counts on its way as well.
    assert_eq!(Client::connect(&servers[1]).expect_over(), b"");
    servers[1].adopt(handed).expect("there is room");
    client.send(GET);
    let id = servers[1].next_request();
    servers[1].respond(id, "moved");
    assert_eq!(client.response().text(), "moved");
    assert_eq!(Client::connect(&servers[0]).expect_over(), b"");
    drop(client);
    expect_nothing(&servers[1], &counts);
    drop(served(&servers[0]));
    expect_nothing(&servers[0], &counts);
}

pub fn gives_connections_back_that_are_aborted(start: Start) {
    let counts = counts(8);
    let server = Server::manual(start, of_connections(&counts));
    let clients: Vec<Client> = (0..8).map(|_| served(&server)).collect();
    server.abort();
    server.wait_until("nothing that is counted", || counts.addresses() == 0);
    drop(clients);
}

pub fn refuses_requests_beyond_the_bound(start: Start) {
    let counts = counts(2);
    let server = Server::manual(start, of_requests(&counts));
    let mut clients = [0, 1, 2].map(|_| Client::connect(&server));
    clients[0].send(GET);
    clients[1].send(GET);
    let ids = server.next_requests::<2>();
    let refused = clients[2].get("/");
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.field("retry-after"), Some("1"));
    assert!(refused.text().contains("too many requests"), "{refused:?}");
    assert_eq!(server.counters().counted_out, 1);
    server.expect_no_event();
    server.respond(ids[0], "first");
    server.expect(Event::Completed(ids[0]));
    // Its connection goes on.
    clients[2].send(GET);
    let third = server.next_request();
    server.respond(third, "third");
    assert_eq!(clients[2].response().text(), "third");
    server.respond(ids[1], "second");
    server.expect(Event::Completed(third));
    server.expect(Event::Completed(ids[1]));
    assert_eq!(counts.addresses(), 0);
}

pub fn refuses_a_request_with_a_body_and_goes_on(start: Start) {
    let counts = counts(1);
    let mut options = of_requests(&counts);
    options.clients.requests_status = 429;
    let server = Server::manual(start, options);
    let mut clients = [0, 1].map(|_| Client::connect(&server));
    clients[0].send(GET);
    let first = server.next_request();
    clients[1].send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello");
    assert_eq!(clients[1].response().status(), 429);
    server.respond(first, "");
    server.expect(Event::Completed(first));
    clients[1].send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nworld");
    let second = server.next_request();
    assert_eq!(server.read_to_end(second).as_deref(), Ok(&b"world"[..]));
    server.respond(second, "read");
    assert_eq!(clients[1].response().text(), "read");
}

pub fn counts_requests_of_whom_proxies_name(start: Start) {
    let counts = counts(1);
    let mut options = of_requests(&counts);
    options.clients.trusted_proxies = trusted("loopback").trusted_proxies;
    let server = Server::manual(start, options);
    let mut clients = [0, 1, 2].map(|_| Client::connect(&server));
    let asked = |address: &str| format!("GET / HTTP/1.1\r\nhost: h\r\nx-forwarded-for: {address}\r\n\r\n");
    clients[0].send(asked("203.0.113.1"));
    let first = server.next_request();
    clients[1].send(asked("203.0.113.2"));
    let second = server.next_request();
    // What it says of itself makes it nobody else.
    clients[2].send(asked("203.0.113.9, 203.0.113.1"));
    assert_eq!(clients[2].response().status(), 503);
    server.respond(first, "");
    server.respond(second, "");
    expect_nothing(&server, &counts);
}

pub fn gives_back_requests_that_are_aborted(start: Start) {
    let counts = counts(3);
    let server = Server::manual(start, of_requests(&counts));
    for _ in 0..3 {
        let mut client = Client::connect(&server);
        // Two of a pipeline, and one whose body does not come.
        client.send(
            [
                GET,
                GET,
                b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\n",
            ]
            .concat(),
        );
        server.next_requests::<3>();
        client.reset();
        expect_nothing(&server, &counts);
        while server.event_within(Duration::ZERO).is_some() {}
    }
}

pub fn counts_streams(start: Start) {
    let counts = counts(2);
    let options = EngineOptions {
        http2: Some(Http2Limits::default()),
        ..of_requests(&counts)
    };
    let server = Server::manual(start, options);
    let mut client = greet(&server, &[]);
    for stream in [1, 3, 5] {
        client.send(request(stream, "GET", "/", &[]));
    }
    let ids = server.next_requests::<2>();
    let refused = client.frame_of(HEADERS, 5);
    assert_eq!(refused.status(), 503);
    assert!(client.frame_of(DATA, 5).ends());
    // One that its client resets makes room, and one that is answered.
    client.send(reset(1));
    server.expect_aborted(ids[0]);
    client.send(request(7, "GET", "/", &[]));
    let next = server.next_request_among_others();
    for (stream, id) in [(3, ids[1]), (7, next)] {
        server.respond(id, "answered");
        assert_eq!(client.frame_of(HEADERS, stream).status(), 200);
        assert!(client.frame_of(DATA, stream).ends());
    }
    expect_nothing(&server, &counts);
}

pub fn counts_nothing_twice_in_a_drain(start: Start) {
    let (connections, requests) = (counts(4), counts(4));
    let mut options = of_connections(&connections);
    options.clients.requests = Some(requests.clone());
    let server = Server::manual(start, options);
    let mut clients = [0, 1].map(|_| served(&server));
    clients[0].send(GET);
    let id = server.next_request_among_others();
    server.drain();
    server.respond(id, "last");
    assert_eq!(clients[0].response().text(), "last");
    server.join();
    assert_eq!((connections.addresses(), requests.addresses()), (0, 0));
}
