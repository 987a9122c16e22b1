//! Whole and streamed responses to requests that were pipelined.

use howth_engine::{EngineOptions, Event, ExchangeId, Exchanges};
use howth_http1::ResponseHead;

use super::answers::{head, ok};
use super::client::Client;
use super::harness::{Server, Start};

const GET: &str = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
/// A body that is not written together with its head.
const LARGE: usize = 50_000;

fn stream(exchanges: &dyn Exchanges, id: ExchangeId, head: &ResponseHead<'_>) {
    exchanges.start(id, head, None).expect("an open exchange");
    exchanges.write(id, b"streamed").expect("an open exchange");
    exchanges.finish(id, &[]).expect("an open exchange");
}

/// However each response of a pipeline is written: they go out whole and in order, when all are begun at once, in the
/// order of the requests or against it.
pub fn writes_whole_and_streamed_responses_in_order(start: Start) {
    for is_reversed in [false, true] {
        let server = Server::manual(start, EngineOptions::default());
        let mut client = Client::connect(&server);
        client.send(GET.repeat(7));
        let mut ids: Vec<_> = (0..7).map(|_| server.next_request()).enumerate().collect();
        if is_reversed {
            ids.reverse();
        }
        server.call(move |exchanges| {
            for (position, id) in ids {
                match position {
                    1 | 2 | 5 => stream(exchanges, id, &ok()),
                    4 => exchanges
                        .respond(id, &ok(), &[b'l'; LARGE])
                        .expect("an open exchange"),
                    _ => exchanges.respond(id, &ok(), b"whole").expect("an open exchange"),
                }
            }
        });
        let large = "l".repeat(LARGE);
        for expected in [
            "whole", "streamed", "streamed", "whole", &large, "streamed", "whole",
        ] {
            assert!(client.response().text() == expected);
        }
        client.expect_silence();
        server.wait_for(|counters| counters.requests == 7);
        assert_eq!(server.call(|exchanges| exchanges.pending()), 0);
    }
}

/// Whatever waits behind a stream goes out once that ends, without another request or call.
pub fn writes_all_that_waits_behind_a_slow_stream(start: Start) {
    let server = Server::manual(start, EngineOptions::default());
    let mut client = Client::connect(&server);
    client.send(GET.repeat(5));
    let ids: Vec<_> = (0..5).map(|_| server.next_request()).collect();
    let slow = ids[0];
    server.call(move |exchanges| {
        exchanges.start(slow, &ok(), None).expect("an open exchange");
        exchanges.write(slow, b"slow").expect("an open exchange");
        exchanges
            .respond(ids[1], &ok(), b"whole")
            .expect("an open exchange");
        stream(exchanges, ids[2], &ok());
        exchanges
            .respond(ids[3], &ok(), &[b'l'; LARGE])
            .expect("an open exchange");
        exchanges
            .respond(ids[4], &ok(), b"whole")
            .expect("an open exchange");
    });
    // The engine has looked at all of them by now.
    client.head();
    assert_eq!(client.take(9), b"4\r\nslow\r\n");
    server
        .call(move |exchanges| exchanges.finish(slow, &[]))
        .expect("an open exchange");
    assert_eq!(client.take(5), b"0\r\n\r\n");
    for expected in ["whole", "streamed", &"l".repeat(LARGE), "whole"] {
        assert!(client.response().text() == expected);
    }
    client.expect_silence();
    server.wait_for(|counters| counters.requests == 5);
    assert_eq!(server.call(|exchanges| exchanges.pending()), 0);
}

/// A response that waits behind one with which the connection ends is not sent, however either is written.
pub fn writes_nothing_behind_the_last_response(start: Start) {
    let last = head(200, &[(b"connection", b"close")]);
    let whole = |exchanges: &dyn Exchanges, id: ExchangeId, head: &ResponseHead<'_>| {
        exchanges.respond(id, head, b"whole").expect("an open exchange");
    };
    let large = |exchanges: &dyn Exchanges, id: ExchangeId, head: &ResponseHead<'_>| {
        exchanges
            .respond(id, head, &[b'l'; LARGE])
            .expect("an open exchange");
    };
    let answers: [fn(&dyn Exchanges, ExchangeId, &ResponseHead<'_>); 3] = [whole, large, stream];
    for (first, second) in (0..9).map(|pair| (answers[pair / 3], answers[pair % 3])) {
        let server = Server::manual(start, EngineOptions::default());
        let mut client = Client::connect(&server);
        client.send(GET.repeat(2));
        let ids = [server.next_request(), server.next_request()];
        server.call(move |exchanges| {
            second(exchanges, ids[1], &ok());
            first(exchanges, ids[0], &last);
        });
        assert_eq!(client.response().field("connection"), Some("close"));
        client.expect_end();
        // In no particular order.
        let events = [server.next_event(), server.next_event()];
        assert!(events.contains(&Event::Completed(ids[0])) && events.contains(&Event::Aborted(ids[1])));
    }
}
