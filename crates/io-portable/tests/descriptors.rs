//! Accepting when the process has no descriptor left. A process of its own, because the limit is shared.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::time::Duration;

use howth_engine::{EngineOptions, Event, Exchanges, Handler, Listener, Turn};
use howth_http1::ResponseHead;
use howth_io_portable::PortableEngine;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

struct Hello(Rc<dyn Exchanges>);

impl Handler for Hello {
    fn on_batch(&mut self, events: &[Event]) {
        for event in events {
            if let Event::Request(id) = event {
                let head = ResponseHead {
                    status: 204,
                    reason: None,
                    fields: &[],
                };
                self.0.respond(*id, &head, b"").expect("an open exchange");
            }
        }
    }
}

/// Accepting rests instead of spinning, and goes on when there are descriptors again.
#[test]
fn accepting_outlives_a_lack_of_descriptors() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let address = listener.local_addr().expect("an address");
    let (turns_sender, turns) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let mut engine = PortableEngine::new(vec![Listener::from(listener)], EngineOptions::default())
                .expect("an engine");
            let mut handler = Hello(engine.exchanges());
            poll_fn(|context| {
                while engine.poll_turn(context, &mut handler) == Poll::Ready(Turn::Worked) {
                    turns_sender.send(()).expect("the test");
                }
                Poll::<()>::Pending
            })
            .await;
        });
    });
    let ask = |stream: &mut TcpStream| {
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
            .expect("write");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("read");
            answer.extend(byte);
        }
        assert!(answer.starts_with(b"HTTP/1.1 204 "));
    };
    let mut first = TcpStream::connect(address).expect("connect");
    ask(&mut first);

    let limit = getrlimit(Resource::Nofile);
    let mut second = TcpStream::connect(address).expect("connect");
    ask(&mut second);
    let spare = std::fs::File::open("/dev/null").expect("open");
    let next = std::os::fd::AsRawFd::as_raw_fd(&spare) as u64;
    drop(spare);
    // Room for the client's socket and none for the server's.
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(next + 1),
            maximum: limit.maximum,
        },
    )
    .expect("setrlimit");
    let mut third = TcpStream::connect(address).expect("connect");
    while turns.try_recv().is_ok() {}
    std::thread::sleep(Duration::from_millis(500));
    let turns = turns.try_iter().count();
    assert!(turns < 50, "{turns} turns without anything to do");
    // Those who are connected are served meanwhile.
    ask(&mut first);
    setrlimit(Resource::Nofile, limit).expect("setrlimit");
    ask(&mut third);
}
