//! Accepting when the process has no descriptor left. A process of its own, because the limit is shared.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::{Duration, Instant};

use howth_engine::{Deadlines, EngineOptions, Event, Exchanges, Handed, Handler, Listener, Place, Turn};
use howth_http1::ResponseHead;
use howth_io_uring_net::{RingEngine, Wait};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

const PATIENCE: Duration = Duration::from_secs(20);
/// How long accepting rests.
const REST: Duration = Duration::from_millis(100);

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

struct Served {
    engine: RingEngine,
    handler: Hello,
}

impl Served {
    fn turn(&mut self, wait: Wait) -> Turn {
        self.engine.turn(wait, &mut self.handler).expect("the ring works")
    }

    fn turn_until(&mut self, what: &str, condition: impl Fn(&RingEngine) -> bool) {
        let start = Instant::now();
        while !condition(&self.engine) {
            assert!(start.elapsed() < PATIENCE, "{what} did not come");
            self.turn(Wait::For(Duration::from_millis(10)));
        }
    }

    fn ask(&mut self, client: &mut TcpStream) {
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
            .expect("write");
        client.set_nonblocking(true).expect("set");
        let (start, mut answer) = (Instant::now(), [0; 512]);
        let mut length = 0;
        while !answer[..length].ends_with(b"\r\n\r\n") {
            assert!(start.elapsed() < PATIENCE, "no answer came");
            self.turn(Wait::For(Duration::from_millis(10)));
            length += client.read(&mut answer[length..]).unwrap_or(0);
        }
        assert!(answer.starts_with(b"HTTP/1.1 204 "));
    }
}

/// Accepting rests instead of spinning, and goes on when there are descriptors again. A rest that nobody waits for the
/// end of, because there is no room meanwhile, wakes nobody.
#[test]
fn accepting_outlives_a_lack_of_descriptors() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let options = EngineOptions {
        deadlines: Deadlines::none(),
        connections_max: 2,
        ..EngineOptions::default()
    };
    let engine = RingEngine::new(vec![Listener::from(listener)], options).expect("a ring");
    let handler = Hello(engine.exchanges());
    let mut served = Served { engine, handler };
    let mut first = TcpStream::connect(address).expect("connect");
    served.ask(&mut first);
    // What is needed later has its descriptor now.
    let second = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let (given, other) = UnixStream::pair().expect("a pair");
    given.set_nonblocking(true).expect("set");
    let limit = getrlimit(Resource::Nofile);
    let spare = std::fs::File::open("/dev/null").expect("open");
    let next = spare.as_raw_fd() as u64;
    drop(spare);
    let none_left = Rlimit {
        current: Some(next),
        maximum: limit.maximum,
    };
    // The kernel reads the limit when an accept begins, so that another one has to.
    served.engine.set_accepting(false);
    for _ in 0..3 {
        served.turn(Wait::For(Duration::from_millis(10)));
    }
    setrlimit(Resource::Nofile, none_left).expect("setrlimit");
    second.connect(&address.into()).expect("connect");
    served.engine.set_accepting(true);

    let is_resting = |engine: &RingEngine| engine.next_deadline().is_some();
    served.turn_until("a rest", is_resting);
    assert!(served.engine.next_deadline() <= Some(REST));
    assert_eq!(served.turn(Wait::Not), Turn::Idle, "a rest is no work");
    // Those who are connected are served meanwhile.
    served.ask(&mut first);
    // It tries again, and rests again.
    std::thread::sleep(REST);
    served.turn_until("another rest", |engine| {
        engine.next_deadline().is_some_and(|deadline| !deadline.is_zero())
    });

    // There is no room any more, and so nothing to be woken for.
    served
        .engine
        .adopt(Handed::new(given.into(), Place::default(), false))
        .expect("room for it");
    std::thread::sleep(2 * REST);
    served.turn(Wait::Not);
    assert_eq!(served.engine.next_deadline(), None);

    setrlimit(Resource::Nofile, limit).expect("setrlimit");
    drop(other);
    let mut second = TcpStream::from(second);
    served.ask(&mut second);
    assert_eq!(served.engine.counters().accepted, 2);
}
