//! The ring engine without V8.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use howth_engine::{EngineOptions, Listener};
use howth_io_uring_net::{RingEngine, Wait};

use super::handler::Hello;

/// Serves until the ring fails.
pub fn serve(listener: TcpListener) -> io::Result<Infallible> {
    let mut engine = RingEngine::new(vec![Listener::from(listener)], EngineOptions::default())?;
    let mut handler = Hello(engine.exchanges());
    loop {
        engine.turn(Wait::For(Duration::from_millis(100)), &mut handler)?;
    }
}
