//! Open loops over loopback: the rate is kept, and a stalled server cannot hide its delay.

use std::sync::mpsc::channel;
use std::time::Duration;

use crate::server::{Server, Then};
use howth_load::{Errors, Observer, Options, Pace, Stop, run, run_observed};

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

fn options(server: &Server, rate: f64, duration: Duration) -> Options {
    let mut options = Options::new(server.url());
    options.pace = Pace::Rate(rate);
    options.stop = Stop::After(duration);
    options
}

#[test]
fn every_request_of_the_schedule_is_sent_or_reported() {
    for (threads, keep_alive) in [(1, true), (3, true), (1, false)] {
        let server = Server::of_answer(HELLO);
        let mut options = options(&server, 500.0, Duration::from_secs(1));
        options.threads = threads;
        options.keep_alive = keep_alive;
        let report = run(&options).expect("the server listens");
        assert_eq!(report.requests + report.unsent, 500);
        assert_eq!(report.errors, Errors::default());
        assert_eq!(server.requests(), report.requests);
        assert!(report.requests > 250, "{}", report.requests);
    }
}

#[test]
fn a_number_of_requests_ends_an_open_loop() {
    let server = Server::of_answer(HELLO);
    let mut options = options(&server, 2000.0, Duration::ZERO);
    options.stop = Stop::Requests(300);
    let report = run(&options).expect("the server listens");
    assert_eq!(
        (report.requests, report.unsent, report.errors),
        (300, 0, Errors::default())
    );
}

/// The server stops for 700 ms once. Requests that became due meanwhile are as late as they are, although most
/// of them were not even sent while it stood still.
#[test]
fn a_stall_shows_in_the_latency_of_all_requests_due_meanwhile() {
    let server = Server::of_answers(|number| {
        if number == 50 {
            std::thread::sleep(Duration::from_millis(700));
        }
        (HELLO.as_bytes().to_vec(), Then::Go)
    });
    let mut options = options(&server, 100.0, Duration::from_secs(2));
    options.connections = 1;
    let report = run(&options).expect("the server listens");
    assert_eq!(report.requests + report.unsent, 200);
    let late = report.histogram().count_between(300_000_000, u64::MAX);
    // Due in the first 400 ms of the stall: 40; a closed loop would see one.
    assert!(late >= 35, "{late} late requests");
    assert!(report.latency.max_us >= 690_000.0);
}

#[test]
fn what_could_not_be_sent_is_reported() {
    let (sender, _receiver) = channel::<()>();
    let server = Server::of_connections(move |stream, _| {
        let _held = (sender.clone(), stream);
        loop {
            std::thread::park();
        }
    });
    let mut options = options(&server, 100.0, Duration::from_secs(1));
    options.connections = 2;
    options.timeout = Duration::from_millis(1500);
    let report = run(&options).expect("the server listens");
    assert_eq!(
        (report.requests, report.errors.timeout, report.unsent),
        (0, 2, 98)
    );
}

struct Impatient;

impl Observer for Impatient {
    fn is_interrupted(&self) -> bool {
        true
    }
}

#[test]
fn a_run_that_is_broken_off_reports_what_there_was() {
    let server = Server::of_answer(HELLO);
    let options = options(&server, 100.0, Duration::from_secs(3600));
    let report = run_observed(&options, &mut Impatient).expect("the server listens");
    assert!((50..1000).contains(&report.requests), "{}", report.requests);
}

#[test]
fn pipelining_gives_an_open_loop_room() {
    let server = Server::of_answer(HELLO);
    let mut options = options(&server, 2000.0, Duration::from_millis(500));
    options.connections = 1;
    options.pipelining = 32;
    let report = run(&options).expect("the server listens");
    assert_eq!(
        (report.requests + report.unsent, report.errors),
        (1000, Errors::default())
    );
}
