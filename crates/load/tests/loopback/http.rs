//! Runs over loopback against small servers: what is right is counted, what is wrong is classed.

use std::sync::mpsc::channel;
use std::time::Duration;

use crate::server::{Server, Then};
use howth_load::{
    Errors, LoadError, Observer, Options, Report, Second, Stop, run, run_observed, run_with_progress,
};
use sha2::{Digest, Sha256};

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

fn options(server: &Server, requests: u64) -> Options {
    let mut options = Options::new(server.url());
    options.connections = 4;
    options.stop = Stop::Requests(requests);
    options.timeout = Duration::from_secs(20);
    options
}

fn report(options: &Options) -> Report {
    run(options).expect("the server listens")
}

#[test]
fn right_answers_are_counted_exactly() {
    for (pipelining, threads) in [(1, 1), (8, 1), (1, 2), (5, 3)] {
        let server = Server::of_answer(HELLO);
        let mut options = options(&server, 1000);
        options.pipelining = pipelining;
        options.threads = threads;
        options.expect.body_bytes = Some(5);
        options.expect.body_sha256 = Some(Sha256::digest(b"hello").into());
        let report = report(&options);
        assert_eq!(
            (report.requests, report.errors, report.unsent),
            (1000, Errors::default(), 0)
        );
        assert_eq!((server.requests(), server.connections()), (1000, 4));
        assert_eq!(report.histogram().len(), 1000);
        assert_eq!(report.received_bytes, 1000 * HELLO.len() as u64);
        assert_eq!(
            report.seconds.iter().map(|second| second.requests).sum::<u64>(),
            1000
        );
    }
}

#[test]
fn every_framing_is_understood() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    let server = Server::of_answers(move |number| match number % 3 {
        0 => (chunked.as_bytes().to_vec(), Then::Go),
        1 => (b"HTTP/1.0 200 OK\r\n\r\nhello".to_vec(), Then::Close),
        _ => (HELLO.as_bytes().to_vec(), Then::Go),
    });
    let mut options = options(&server, 300);
    options.expect.body_bytes = Some(5);
    let report = report(&options);
    assert_eq!((report.requests, report.errors), (300, Errors::default()));
    assert!(report.connections_opened > 90, "{}", report.connections_opened);
}

#[test]
fn answers_without_a_body_end_with_their_head() {
    for (method, answer) in [
        ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\n\r\n"),
    ] {
        let server = Server::of_answer(answer);
        let mut options = options(&server, 50);
        options.method = method.to_owned();
        let report = report(&options);
        assert_eq!(
            (report.requests, report.errors),
            (50, Errors::default()),
            "{answer}"
        );
    }
}

#[test]
fn a_wrong_answer_is_an_error_and_no_throughput() {
    let wrong_every_second = |wrong: &'static str| {
        Server::of_answers(move |number| {
            let answer = if number % 2 == 0 { HELLO } else { wrong };
            (answer.as_bytes().to_vec(), Then::Go)
        })
    };
    let count = |wrong, of: fn(&Errors) -> u64| {
        let server = wrong_every_second(wrong);
        let mut options = options(&server, 100);
        options.connections = 1;
        options.expect.body_bytes = Some(5);
        options.expect.body_sha256 = Some(Sha256::digest(b"hello").into());
        let report = report(&options);
        assert_eq!((report.requests, report.histogram().len()), (50, 50), "{wrong}");
        assert_eq!((of(&report.errors), report.errors.total()), (50, 50), "{wrong}");
    };
    count("HTTP/1.1 500 Oh\r\ncontent-length: 5\r\n\r\nhello", |errors| {
        errors.status
    });
    count("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhell", |errors| {
        errors.length
    });
    count("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhullo", |errors| {
        errors.hash
    });
}

#[test]
fn an_answer_that_breaks_off_or_off_the_protocol_is_classed() {
    let count = |answer: &'static str, of: fn(&Errors) -> u64| {
        let server = Server::of_answers(move |_| (answer.as_bytes().to_vec(), Then::Close));
        let mut options = options(&server, 20);
        options.expect.body_bytes = Some(5);
        let report = report(&options);
        assert_eq!(
            (report.requests, of(&report.errors), report.errors.total()),
            (0, 20, 20),
            "{answer:?}"
        );
    };
    count("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", |errors| {
        errors.read
    });
    count("HTTP/1.1 200 O", |errors| errors.read);
    count("", |errors| errors.read);
    count("HTTP/1.0 200 OK\r\n\r\nhel", |errors| errors.length);
    count("SSH-2.0-OpenSSH\r\n", |errors| errors.protocol);
}

#[test]
fn bytes_that_nobody_asked_for_are_an_error() {
    let server = Server::of_answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n");
    let report = report(&options(&server, 20));
    assert!(report.errors.protocol > 0, "{:?}", report.errors);
}

#[test]
fn a_server_that_closes_after_each_answer_is_served_by_new_connections() {
    let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello";
    let server = Server::of_answers(move |_| (answer.as_bytes().to_vec(), Then::Close));
    let report = report(&options(&server, 100));
    assert_eq!((report.requests, report.errors), (100, Errors::default()));
    assert!(server.connections() >= 100);
}

#[test]
fn a_connection_per_request_is_one() {
    let server = Server::of_answer(HELLO);
    let mut options = options(&server, 100);
    options.keep_alive = false;
    let report = report(&options);
    assert_eq!((report.requests, report.errors), (100, Errors::default()));
    assert_eq!((server.connections(), report.connections_opened), (100, 100));
}

#[test]
fn a_server_that_never_answers_is_left_after_the_timeout() {
    let (sender, receiver) = channel::<()>();
    let server = Server::of_connections(move |stream, _| {
        let _held = (sender.clone(), stream);
        loop {
            std::thread::park();
        }
    });
    let mut options = options(&server, 8);
    options.timeout = Duration::from_millis(100);
    let report = report(&options);
    assert_eq!(
        (report.requests, report.errors.timeout, report.errors.total()),
        (0, 8, 8)
    );
    drop(receiver);
}

#[test]
fn bodies_go_out_and_come_in_whole() {
    let body = vec![b'x'; 1_000_000];
    let answer = [
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(),
        &body,
    ]
    .concat();
    let server = Server::of_answers(move |_| (answer.clone(), Then::Go));
    let mut options = options(&server, 40);
    options.method = "POST".to_owned();
    options.expect.body_sha256 = Some(Sha256::digest(&body).into());
    options.body = body;
    let report = report(&options);
    assert_eq!((report.requests, report.errors), (40, Errors::default()));
    assert!(report.sent_bytes > 40_000_000 && report.received_bytes > 40_000_000);
}

#[test]
fn a_port_without_a_listener_is_told_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let error = run(&Options::new(format!("http://{address}/"))).expect_err("nobody listens");
    assert!(matches!(error, LoadError::Unreachable { .. }), "{error}");
}

#[test]
fn a_server_that_goes_away_is_counted() {
    let server = Server::of_connections(|mut stream, counted| {
        crate::server::answer_all(&mut stream, counted, &|number| {
            let then = if number % 10 == 9 { Then::Close } else { Then::Go };
            (HELLO.as_bytes().to_vec(), then)
        })
    });
    let report = report(&options(&server, 200));
    assert_eq!(report.requests + report.errors.total(), 200);
    assert_eq!(report.errors.total(), report.errors.read + report.errors.write);
    assert!(report.requests > 100);
}

#[test]
fn a_report_has_every_form_and_progress_is_told() {
    let server = Server::of_answer(HELLO);
    let mut options = options(&server, 0);
    options.warm_up = Duration::from_millis(100);
    options.stop = Stop::After(Duration::from_millis(1200));
    let mut seconds = 0;
    let report = run_with_progress(&options, |second| {
        assert_eq!(second.second, seconds);
        seconds += 1;
    })
    .expect("the server listens");
    assert!(seconds >= 1 && report.requests > 0);
    assert!(server.requests() > report.requests, "the warm-up was counted");
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).expect("JSON");
    assert_eq!(json["requests"], report.requests);
    assert!(report.to_text().contains("closed loop"));
    assert!(report.to_percentile_text().contains("Total count"));
    assert_eq!(count_in_hdr_log(&report.to_hdr_log()), report.requests);
}

#[test]
fn an_observer_is_told_once_when_counting_begins() {
    #[derive(Default)]
    struct Told(Vec<&'static str>);
    impl Observer for Told {
        fn counting_begins(&mut self) {
            self.0.push("counting");
        }
        fn second(&mut self, _: &Second) {
            self.0.push("second");
        }
    }
    for warm_up in [Duration::ZERO, Duration::from_millis(50)] {
        let server = Server::of_answer(HELLO);
        let mut options = options(&server, 20);
        options.warm_up = warm_up;
        options.threads = 2;
        let mut told = Told::default();
        let report = run_observed(&options, &mut told).expect("the server listens");
        assert_eq!(report.requests, 20);
        assert_eq!(told.0.first(), Some(&"counting"));
        assert_eq!(told.0.iter().filter(|what| **what == "counting").count(), 1);
    }
}

fn count_in_hdr_log(log: &str) -> u64 {
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
    let mut count = 0;
    for entry in IntervalLogIterator::new(log.as_bytes()) {
        if let LogEntry::Interval(interval) = entry.expect("a log") {
            let bytes = base64_decode(interval.encoded_histogram());
            let histogram: hdrhistogram::Histogram<u64> = Deserializer::new()
                .deserialize(&mut bytes.as_slice())
                .expect("a histogram");
            count += histogram.len();
        }
    }
    count
}

fn base64_decode(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .expect("base64")
}
