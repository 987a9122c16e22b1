//! A request on a connection that has had some already allocates nothing.
#![cfg(target_os = "linux")]

#[path = "../../engine-conformance/tests/support/allocations.rs"]
mod counting;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use counting::allocations;
use howth_engine::{EngineOptions, Event, Exchanges, Handler, Listener};
use howth_http1::ResponseHead;
use howth_io_uring_net::{RingEngine, Wait};

const GET: &[u8] = b"GET /hello HTTP/1.1\r\nhost: localhost\r\nuser-agent: test\r\naccept: */*\r\n\r\n";
const POST: &[u8] = b"POST /hello HTTP/1.1\r\nhost: localhost\r\ncontent-length: 16\r\n\r\n0123456789abcdef";
const CHUNKED: &[u8] =
    b"POST /hello HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n";

/// Rounds until everything is as large as it gets. Buffers are used in turn, so that all have to come round.
const WARM_UP: u32 = 300;
const ROUNDS: u32 = 1000;

/// Answers at once, and reads the bodies if told so.
struct Hello {
    exchanges: Rc<dyn Exchanges>,
    reads_bodies: bool,
    answered: usize,
}

impl Handler for Hello {
    fn on_batch(&mut self, events: &[Event]) {
        let head = ResponseHead {
            status: 200,
            reason: None,
            fields: &[(b"content-type", b"text/plain;charset=UTF-8")],
        };
        for event in events {
            let Event::Request(id) = event else { continue };
            let mut body_bytes = 0;
            if self.reads_bodies {
                let read = self
                    .exchanges
                    .read_whole_body(*id, &mut |body| body_bytes = body.len());
                assert_eq!(read, Ok(true));
                assert!(body_bytes > 0);
            }
            self.exchanges.respond(*id, &head, b"Hi").expect("it is open");
            self.answered += 1;
        }
    }
}

/// One connection, of which client and engine are on the same thread.
struct Served {
    engine: RingEngine,
    handler: Hello,
    client: TcpStream,
    answers: Vec<u8>,
}

impl Served {
    fn new(reads_bodies: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let client = TcpStream::connect(listener.local_addr().expect("it is bound")).expect("it listens");
        let patience = Some(Duration::from_secs(20));
        client.set_read_timeout(patience).expect("a timeout");
        let engine =
            RingEngine::new(vec![Listener::from(listener)], EngineOptions::default()).expect("a ring");
        let handler = Hello {
            exchanges: engine.exchanges(),
            reads_bodies,
            answered: 0,
        };
        Served {
            engine,
            handler,
            client,
            answers: vec![0; 64 * 1024],
        }
    }

    /// Sends `requests`, of which there are `count`, and reads all answers; gives what the engine allocated.
    fn round(&mut self, requests: &[u8], count: usize) -> u64 {
        self.client.write_all(requests).expect("it is open");
        let (engine, handler) = (&mut self.engine, &mut self.handler);
        let until = handler.answered + count;
        let allocated = allocations(|| {
            while handler.answered < until || handler.exchanges.pending() > 0 {
                let wait = Wait::For(Duration::from_millis(100));
                engine.turn(wait, handler).expect("the ring works");
            }
        });
        let mut missing = count;
        while missing > 0 {
            let read = self.client.read(&mut self.answers).expect("answers");
            assert!(read > 0, "the connection was closed");
            // No answer is cut in two: the connection is local, and they are small.
            missing -= self.answers[..read]
                .windows(2)
                .filter(|bytes| *bytes == b"Hi")
                .count();
        }
        allocated
    }
}

/// What the engine allocates for so many rounds of requests, once it is warm.
fn allocated(request: &[u8], pipelined: usize, reads_bodies: bool) -> u64 {
    let mut served = Served::new(reads_bodies);
    let requests = request.repeat(pipelined);
    for _ in 0..WARM_UP {
        served.round(&requests, pipelined);
    }
    (0..ROUNDS).map(|_| served.round(&requests, pipelined)).sum()
}

#[test]
fn a_request_allocates_nothing() {
    assert_eq!(allocated(GET, 1, false), 0);
}

#[test]
fn pipelined_requests_allocate_nothing() {
    assert_eq!(allocated(GET, 16, false), 0);
}

#[test]
fn a_body_that_is_not_read_allocates_nothing() {
    assert_eq!(allocated(POST, 1, false), 0);
}

#[test]
fn a_body_that_is_read_allocates_nothing() {
    assert_eq!(allocated(POST, 1, true), 0);
    assert_eq!(allocated(POST, 16, true), 0);
    assert_eq!(allocated(CHUNKED, 1, true), 0);
}
