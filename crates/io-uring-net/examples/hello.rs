//! The ring engine answering from plain Rust: what the engine costs without V8.
//!
//! `cargo run --release -p howth-io-uring-net --example hello -- 3000`

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use std::rc::Rc;
    use std::time::Duration;

    use howth_engine::{EngineOptions, Event, Exchanges, Handler};
    use howth_http1::ResponseHead;
    use howth_io_uring_net::{Listener, RingEngine, Wait};

    struct Hello(Rc<dyn Exchanges>);

    impl Handler for Hello {
        fn on_batch(&mut self, events: &[Event]) {
            let fields: &[(&[u8], &[u8])] = &[(b"content-type", b"text/plain;charset=UTF-8")];
            let head = ResponseHead {
                status: 200,
                reason: None,
                fields,
            };
            for event in events {
                if let Event::Request(id) = event {
                    let _ = self.0.respond(*id, &head, b"Hi");
                }
            }
        }
    }

    let port = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(3000);
    let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
    let mut engine = RingEngine::new(vec![Listener::from(listener)], EngineOptions::default())?;
    let mut handler = Hello(engine.exchanges());
    loop {
        engine.turn(Wait::For(Duration::from_millis(100)), &mut handler)?;
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("io_uring is a Linux interface");
}
