//! Responses that break off, and what becomes of those before and behind them.

use howth_engine::{Body, Event, ExchangeId, Exchanges, Gone, WriteError};

use super::answers::ok;
use super::client::{Client, manual};
use super::harness::{Server, Start};

const GET: &str = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
/// More than the socket buffers of both sides hold.
const HUGE: usize = 20_000_000;

/// A way to give a whole response.
type Answer = fn(&dyn Exchanges, ExchangeId);
/// A way not to.
type Failure = fn(&dyn Exchanges, ExchangeId);

const ANSWERS: [(Answer, usize); 4] = [
    (
        |exchanges, id| exchanges.respond(id, &ok(), b"first").expect("an open exchange"),
        5,
    ),
    (
        |exchanges, id| {
            exchanges
                .respond(id, &ok(), &[b'f'; 50_000])
                .expect("an open exchange");
        },
        50_000,
    ),
    (
        |exchanges, id| {
            exchanges.start(id, &ok(), None).expect("an open exchange");
            exchanges.write(id, b"first").expect("an open exchange");
            exchanges.finish(id, &[]).expect("an open exchange");
        },
        5,
    ),
    (
        |exchanges, id| {
            exchanges
                .respond_with(id, &ok(), Body::Owned(vec![b'f'; HUGE]))
                .expect("an open exchange");
        },
        HUGE,
    ),
];

fn begin(exchanges: &dyn Exchanges, id: ExchangeId, length: Option<u64>) {
    exchanges.start(id, &ok(), length).expect("an open exchange");
    exchanges.write(id, b"part").expect("an open exchange");
}

const FAILURES: [Failure; 4] = [
    |exchanges, id| exchanges.fail(id).expect("an open exchange"),
    |exchanges, id| {
        begin(exchanges, id, None);
        exchanges.fail(id).expect("an open exchange");
    },
    |exchanges, id| {
        begin(exchanges, id, Some(5));
        let error = WriteError::Length {
            declared: 5,
            given: 6,
        };
        assert_eq!(exchanges.write(id, b"ed"), Err(error));
    },
    |exchanges, id| {
        begin(exchanges, id, Some(5));
        let error = WriteError::Length {
            declared: 5,
            given: 4,
        };
        assert_eq!(exchanges.finish(id, &[]), Err(error));
    },
];

/// The events of three exchanges of which the second has failed, in any order.
fn expect_events(server: &Server, [first, second, third]: [ExchangeId; 3]) {
    let mut events = vec![server.next_event(), server.next_event(), server.next_event()];
    for event in [
        Event::Completed(first),
        Event::Aborted(second),
        Event::Aborted(third),
    ] {
        let position = events.iter().position(|own| *own == event);
        events.remove(position.unwrap_or_else(|| panic!("no {event:?} in {events:?}")));
    }
}

pub fn breaks_off(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server.call(move |exchanges| begin(exchanges, id, None));
    client.head();
    assert_eq!(client.take(9), b"4\r\npart\r\n");
    server.call(move |exchanges| {
        exchanges.fail(id).expect("an open exchange");
        assert_eq!(exchanges.write(id, b"more"), Err(WriteError::Gone(Gone)));
        assert_eq!(exchanges.finish(id, &[]), Err(WriteError::Gone(Gone)));
        assert_eq!(exchanges.fail(id), Err(Gone));
    });
    client.expect_end();
    server.expect(Event::Aborted(id));
    // Where the end of the connection would be the end of the body, there is a reset instead.
    let mut client = Client::connect(&server);
    client.send("GET / HTTP/1.0\r\n\r\n");
    let id = server.next_request();
    server.call(move |exchanges| begin(exchanges, id, None));
    client.head();
    assert_eq!(client.take(4), b"part");
    server
        .call(move |exchanges| exchanges.fail(id))
        .expect("an open exchange");
    assert_eq!(client.expect_reset(), b"");
    server.expect(Event::Aborted(id));
}

/// What was written goes out, also when the end comes in the same turn.
pub fn sends_what_was_written_before_it_breaks_off(start: Start) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server.call(move |exchanges| {
        begin(exchanges, id, None);
        exchanges.fail(id).expect("an open exchange");
    });
    client.head();
    assert_eq!(client.take(9), b"4\r\npart\r\n");
    client.expect_end();
    server.expect(Event::Aborted(id));
}

/// However a response was given, and however the one behind it fails, in one turn: the first goes out whole.
pub fn breaks_off_behind_a_whole_response(start: Start) {
    for (answer, length) in ANSWERS {
        for fail in FAILURES {
            let (server, mut client) = manual(start);
            client.send(GET.repeat(3));
            let ids = [
                server.next_request(),
                server.next_request(),
                server.next_request(),
            ];
            server.call(move |exchanges| {
                answer(exchanges, ids[0]);
                fail(exchanges, ids[1]);
            });
            assert_eq!(client.response().body.len(), length);
            client.rest();
            expect_events(&server, ids);
        }
    }
}

/// The response before the one that fails is given later, or ends later.
pub fn breaks_off_before_an_earlier_response(start: Start) {
    for (answer, length) in ANSWERS {
        for fail in FAILURES {
            let (server, mut client) = manual(start);
            client.send(GET.repeat(3));
            let ids = [
                server.next_request(),
                server.next_request(),
                server.next_request(),
            ];
            server.call(move |exchanges| fail(exchanges, ids[1]));
            server.call(move |exchanges| answer(exchanges, ids[0]));
            assert_eq!(client.response().body.len(), length);
            client.rest();
            expect_events(&server, ids);
        }
    }
}

/// A response that says it has four bytes, of which the client has three.
fn three_bytes_of_four(start: Start) -> (Server, Client, ExchangeId) {
    let (server, mut client) = manual(start);
    client.send(GET);
    let id = server.next_request();
    server.call(move |exchanges| {
        exchanges.start(id, &ok(), Some(4)).expect("an open exchange");
        exchanges.write(id, b"abc").expect("an open exchange");
    });
    client.head();
    assert_eq!(client.take(3), b"abc");
    (server, client, id)
}

pub fn breaks_when_a_known_length_is_exceeded(start: Start) {
    let (server, mut client, id) = three_bytes_of_four(start);
    let error = server.call(move |exchanges| exchanges.write(id, b"de"));
    assert_eq!(
        error,
        Err(WriteError::Length {
            declared: 4,
            given: 5
        })
    );
    client.expect_end();
    server.expect(Event::Aborted(id));
}

pub fn breaks_when_a_known_length_is_not_reached(start: Start) {
    let (server, mut client, id) = three_bytes_of_four(start);
    let error = server.call(move |exchanges| exchanges.finish(id, &[]));
    assert_eq!(
        error,
        Err(WriteError::Length {
            declared: 4,
            given: 3
        })
    );
    client.expect_end();
    server.expect(Event::Aborted(id));
}

/// A length that is wrong before the client has seen anything is the application's fault, and can be told.
pub fn answers_500_for_a_wrong_length_that_nobody_saw(start: Start) {
    for fail in FAILURES.into_iter().skip(2) {
        // Alone.
        let (server, mut client) = manual(start);
        client.send(GET);
        let id = server.next_request();
        server.call(move |exchanges| {
            fail(exchanges, id);
            assert_eq!(exchanges.respond(id, &ok(), b"never"), Err(Gone));
        });
        let response = client.response();
        assert_eq!(
            (response.status(), response.field("connection")),
            (500, Some("close"))
        );
        client.expect_end();
        server.expect(Event::Aborted(id));
        // Behind a response that is given in the same turn, or later.
        for is_later in [false, true] {
            let (server, mut client) = manual(start);
            client.send(GET.repeat(2));
            let ids = [server.next_request(), server.next_request()];
            server.call(move |exchanges| {
                if !is_later {
                    exchanges
                        .respond(ids[0], &ok(), b"first")
                        .expect("an open exchange");
                }
                fail(exchanges, ids[1]);
            });
            if is_later {
                client.expect_silence();
                server.respond(ids[0], "first");
            }
            assert_eq!(client.response().text(), "first");
            assert_eq!(client.response().status(), 500);
            client.expect_end();
        }
    }
}
