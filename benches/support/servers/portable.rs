//! The portable engine without V8.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::TcpListener;

use howth_engine::{EngineOptions, Listener};
use howth_io_portable::PortableEngine;

use super::handler::Hello;

/// Serves for ever.
pub fn serve(listener: TcpListener) -> io::Result<Infallible> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut engine = PortableEngine::new(vec![Listener::from(listener)], EngineOptions::default())?;
        let mut handler = Hello(engine.exchanges());
        loop {
            poll_fn(|context| engine.poll_turn(context, &mut handler)).await;
        }
    })
}
