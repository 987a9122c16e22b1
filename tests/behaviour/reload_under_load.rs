//! Reloads while clients of every kind ask without a pause: not one request is lost, and no answer is torn.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::support::reloading::{
    CHUNKS, application, ask, expect_served, expect_served_on, post, reload, serving,
};
use crate::support::{Connection, Engine, Server, eventually, request};

on_both_engines![not_one_request_is_lost];

fn not_one_request_is_lost(engine: Engine) {
    reload_under_load(engine, 10, 300);
}

/// The same with a million requests: `cargo test --release --test behaviour -- --ignored a_million`, a minute.
mod a_million_requests_over_ten_reloads {
    use crate::support::Engine;

    #[test]
    #[ignore = "takes the whole machine: a step of its own in .ci/run"]
    fn io_uring() {
        if let Some(engine) = Engine::io_uring() {
            super::reload_under_load(engine, 10, 100_000);
        }
    }

    #[test]
    #[ignore = "takes the whole machine: a step of its own in .ci/run"]
    fn portable() {
        super::reload_under_load(Engine::Portable, 10, 100_000);
    }
}

/// Counts requests that were answered, until told to stop.
struct Load {
    address: SocketAddr,
    answered: AtomicU64,
    is_over: AtomicBool,
}

impl Load {
    fn connect(&self) -> Connection {
        Connection::tcp(self.address)
    }

    /// `round` answers how many requests it made. It is told how many rounds there were before.
    fn repeat(&self, mut round: impl FnMut(usize) -> u64) {
        for number in 0.. {
            if self.is_over.load(Ordering::Relaxed) {
                break;
            }
            self.answered.fetch_add(round(number), Ordering::Relaxed);
        }
    }

    fn wait_for(&self, requests: u64) {
        let before = self.answered.load(Ordering::Relaxed);
        eventually("answers under load", || {
            self.answered.load(Ordering::Relaxed) >= before + requests
        });
    }
}

/// What a client does until the load is over, and the connection that must be served by the last version then.
type Client = fn(&Load) -> Option<Connection>;

/// Each of them panics when an answer is missing, wrong, or the last of its connection.
const CLIENTS: [Client; 9] = [
    one_by_one,
    one_by_one,
    pipelined,
    with_bodies,
    pipelined_with_bodies,
    in_halves,
    in_halves,
    streamed,
    on_new_connections,
];

fn reload_under_load(engine: Engine, times: u64, requests_each: u64) {
    let server = serving(engine, "2");
    let load = Load {
        address: server.address(),
        answered: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
    };
    let last = format!("v{} ", times - 1);
    std::thread::scope(|scope| {
        let clients = CLIENTS.map(|client| {
            let (load, server, last) = (&load, &server, &last);
            scope.spawn(move || finish(client(load), server, last))
        });
        let reloaded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for version in 0..times {
                reload(&server, &application(&format!("v{version}")));
                load.wait_for(requests_each);
            }
        }));
        load.is_over.store(true, Ordering::Relaxed);
        for client in clients {
            client
                .join()
                .expect("a client all of whose requests were answered");
        }
        reloaded.expect("a reload each time");
    });
    assert!(load.answered.load(Ordering::Relaxed) >= times * requests_each);
    assert_eq!(server.stderr(), "");
}

fn finish(kept: Option<Connection>, server: &Server, last: &str) {
    match kept {
        Some(mut connection) => expect_served_on(&mut connection, last),
        None => expect_served(server, last),
    }
}

fn one_by_one(load: &Load) -> Option<Connection> {
    let mut connection = load.connect();
    load.repeat(|_| {
        ask(&mut connection, "/");
        1
    });
    Some(connection)
}

fn pipelined(load: &Load) -> Option<Connection> {
    let mut connection = load.connect();
    load.repeat(|_| {
        connection.send(request("GET", "/").repeat(3));
        for _ in 0..3 {
            assert!(!connection.response().closes());
        }
        3
    });
    Some(connection)
}

fn with_bodies(load: &Load) -> Option<Connection> {
    let (mut connection, body) = (load.connect(), "x".repeat(50_000));
    load.repeat(|_| {
        connection.send(post(&body));
        expect_echo(&mut connection, &body);
        1
    });
    Some(connection)
}

/// Bodies that differ from one another, the second too long to come in one piece.
fn pipelined_with_bodies(load: &Load) -> Option<Connection> {
    let mut connection = load.connect();
    load.repeat(|round| {
        let bodies = [100, 30_000, 1].map(|length| format!("{round} ").repeat(length));
        connection.send(bodies.each_ref().map(|body| post(body)).concat());
        for body in &bodies {
            expect_echo(&mut connection, body);
        }
        3
    });
    Some(connection)
}

/// A request is cut in two, in its head or in its body, and another is answered before the second part is sent.
fn in_halves(load: &Load) -> Option<Connection> {
    let (mut connection, mut other) = (load.connect(), load.connect());
    load.repeat(|round| {
        let body = format!("{round} ").repeat(20);
        let bytes = post(&body);
        let (first, second) = bytes.split_at(1 + round * 7 % (bytes.len() - 1));
        connection.send(first);
        ask(&mut other, "/");
        connection.send(second);
        expect_echo(&mut connection, &body);
        2
    });
    Some(connection)
}

fn streamed(load: &Load) -> Option<Connection> {
    let mut connection = load.connect();
    load.repeat(|_| {
        connection.send(request("GET", "/stream"));
        let response = connection.response();
        assert!(response.is_chunked && !response.closes(), "{response:?}");
        let lines: Vec<(&str, &str)> = response
            .text()
            .lines()
            .map(|line| line.split_once(' ').expect("a number and a version"))
            .collect();
        let version = lines[0].1;
        for (number, line) in lines.iter().enumerate() {
            assert_eq!(*line, (number.to_string().as_str(), version));
        }
        assert_eq!(lines.len(), CHUNKS);
        1
    });
    Some(connection)
}

fn on_new_connections(load: &Load) -> Option<Connection> {
    load.repeat(|_| {
        let mut connection = load.connect();
        connection.send("GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        assert_eq!(connection.response().status, 200);
        1
    });
    None
}

#[track_caller]
fn expect_echo(connection: &mut Connection, body: &str) {
    let response = connection.response();
    assert!(response.status == 200 && !response.closes(), "{response:?}");
    assert!(
        response.text() == body,
        "{:?} for {:?}",
        response.text().len(),
        body.len()
    );
}
