//! Requests that differ, and connections that were made before.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::server::Server;
use howth_load::{ErrorClass, Errors, LoadError, Observer, Occasional, Options, Pace, Stop, run, run_over};

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
const UNAVAILABLE: &[u8] = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";

struct Nobody;

impl Observer for Nobody {}

/// Tells the request lines it reads; refuses `/busy`.
fn telling_server() -> (Server, Receiver<String>) {
    let (sender, lines) = channel();
    let server = Server::of_connections(move |mut stream, _| {
        let sender = sender.clone();
        let tell = move |line| drop(sender.send(line));
        stream.set_nodelay(true)?;
        answer_all(&mut stream, tell)
    });
    (server, lines)
}

fn answer_all(stream: &mut TcpStream, tell: impl Fn(String)) -> io::Result<()> {
    let mut received = String::new();
    let mut piece = [0; 4096];
    loop {
        while let Some((head, rest)) = received.split_once("\r\n\r\n") {
            let line = head.lines().next().unwrap_or_default().to_owned();
            let answer = if line.contains("/busy") {
                UNAVAILABLE
            } else {
                HELLO
            };
            tell(line);
            received = rest.to_owned();
            stream.write_all(answer)?;
        }
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            len => received.push_str(&String::from_utf8_lossy(&piece[..len])),
        }
    }
}

#[test]
fn every_fourth_request_asks_for_the_other_path_and_is_recorded_as_such() {
    for pipelining in [1, 3] {
        let (server, lines) = telling_server();
        let mut options = Options::new(server.url());
        options.connections = 3;
        options.pipelining = pipelining;
        options.stop = Stop::Requests(100);
        options.records = true;
        options.occasional = Some(Occasional {
            every: 4,
            path: "/busy".to_owned(),
        });
        let report = run(&options).expect("the server listens");
        assert_eq!((report.requests, report.errors.refused), (75, 25));
        assert_eq!(report.records.len(), 100);
        for record in &report.records {
            assert_eq!(
                record.error,
                record.is_occasional.then_some(ErrorClass::Refused),
                "{record:?}"
            );
        }
        let busy = lines.try_iter().filter(|line| line == "GET /busy HTTP/1.1");
        assert_eq!(busy.count(), 25);
    }
}

#[test]
fn records_are_in_the_order_in_which_requests_were_due() {
    let (server, _lines) = telling_server();
    let mut options = Options::new(server.url());
    options.pace = Pace::Rate(500.0);
    options.warm_up = Duration::from_millis(100);
    options.stop = Stop::Requests(50);
    options.records = true;
    let report = run(&options).expect("the server listens");
    let due: Vec<u64> = report.records.iter().map(|record| record.due_ns).collect();
    let expected: Vec<u64> = (0..50).map(|number| number * 2_000_000).collect();
    assert_eq!(due, expected);
}

#[test]
fn connections_that_are_given_are_used() {
    let (server, _lines) = telling_server();
    let given: Vec<TcpStream> = (0..2)
        .map(|_| TcpStream::connect(server.address).expect("the server listens"))
        .collect();
    let mut options = Options::new(server.url());
    options.connections = 3;
    options.stop = Stop::Requests(60);
    let report = run_over(&options, given, &mut Nobody).expect("the server listens");
    assert_eq!((report.requests, report.errors), (60, Errors::default()));
    // Two were given, and one was missing.
    assert_eq!((server.connections(), report.connections_opened), (3, 0));
}

#[test]
fn more_connections_than_the_run_has_are_refused() {
    let (server, _lines) = telling_server();
    let given = vec![TcpStream::connect(server.address).expect("the server listens")];
    let mut options = Options::new(server.url());
    options.keep_alive = false;
    assert!(matches!(
        run_over(&options, given, &mut Nobody),
        Err(LoadError::Conflict(_))
    ));
}
