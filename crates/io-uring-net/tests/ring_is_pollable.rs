//! The engine's descriptor becomes readable when a completion waits, which is what lets a core park in another
//! poller (epoll) without missing a connection.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::time::Duration;

use howth_engine::{EngineOptions, Event, Exchanges, Handler, Turn};
use howth_http1::ResponseHead;
use howth_io_uring_net::{Listener, RingEngine, Wait};

struct Hello(Rc<dyn Exchanges>);

impl Handler for Hello {
    fn on_batch(&mut self, events: &[Event]) {
        let head = ResponseHead {
            status: 200,
            reason: None,
            fields: &[],
        };
        for event in events {
            if let Event::Request(id) = event {
                self.0.respond(*id, &head, b"Hi").expect("the exchange is open");
            }
        }
    }
}

/// Waits in poll(2), not in the ring.
fn is_readable(descriptor: i32, timeout_ms: i32) -> bool {
    let mut polled = libc::pollfd {
        fd: descriptor,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one pollfd, which outlives the call.
    unsafe { libc::poll(&raw mut polled, 1, timeout_ms) == 1 }
}

#[test]
fn a_core_that_parks_elsewhere_is_woken_by_the_ring() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let mut engine =
        RingEngine::new(vec![Listener::from(listener)], EngineOptions::default()).expect("a ring");
    let readiness = engine.readiness().expect("a descriptor");
    let mut handler = Hello(engine.exchanges());
    let client = std::thread::spawn(move || {
        let mut answers = 0;
        let mut stream = std::net::TcpStream::connect(address).expect("it listens");
        for _ in 0..20 {
            std::thread::sleep(Duration::from_millis(5));
            stream
                .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                .expect("it reads");
            let mut answer = [0; 4096];
            answers += usize::from(stream.read(&mut answer).expect("it answers") > 0);
        }
        answers
    });
    let mut parked = 0;
    while !client.is_finished() {
        match engine.turn(Wait::Not, &mut handler).expect("the ring works") {
            Turn::Worked => {}
            Turn::Idle => {
                engine.before_park();
                if engine.turn(Wait::Not, &mut handler).expect("the ring works") == Turn::Idle {
                    parked += 1;
                    let woken = is_readable(readiness.as_raw_fd(), 2_000);
                    assert!(
                        woken || client.is_finished(),
                        "the ring did not wake a parked core"
                    );
                }
                engine.after_park();
            }
            Turn::Finished => panic!("nobody drained the engine"),
        }
    }
    assert_eq!(client.join().expect("the client got its answers"), 20);
    assert!(parked >= 20, "the core never parked");
}
