//! An engine that is dropped in the middle of its work leaves no connection open.
#![cfg(target_os = "linux")]

use std::io::Read;
use std::time::Duration;

use howth_engine::{EngineOptions, Event, Handler, Listener};
use howth_io_uring_net::{RingEngine, Wait};

struct Silent;

impl Handler for Silent {
    fn on_batch(&mut self, _: &[Event]) {}
}

#[test]
fn a_dropped_engine_closes_its_connections() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let mut engine =
        RingEngine::new(vec![Listener::from(listener)], EngineOptions::default()).expect("a ring");
    let mut client = std::net::TcpStream::connect(address).expect("it listens");
    client
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    while engine.counters().connections == 0 {
        engine
            .turn(Wait::For(Duration::from_millis(10)), &mut Silent)
            .expect("the ring works");
    }
    drop(engine);
    assert!(
        matches!(client.read(&mut [0]), Ok(0)),
        "the connection is still open"
    );
}
