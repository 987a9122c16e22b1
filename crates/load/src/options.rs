//! What a run is asked to do.
//!
//! Owns the options, their defaults and their bounds. Called by: whoever starts a run.

use std::time::Duration;

use serde::Serialize;

use crate::error::LoadError;
use crate::expectation::Expectation;

/// Connections of one run at most; ports of one address are 65,536.
const CONNECTIONS_MAX: usize = 60_000;
/// Requests on the way on one connection at most.
const PIPELINING_MAX: usize = 1024;
/// Requests per second at most.
const RATE_MAX: f64 = 100_000_000.0;
/// Threads at most.
const THREADS_MAX: usize = 256;

/// When requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Closed loop: a connection's next requests are sent when its last ones were answered. Latency counts from
    /// the moment of sending.
    Closed,
    /// Open loop: this many requests per second over all connections, whether answers come or not. Latency
    /// counts from the moment at which a request was *due*, so a server that stalls cannot hide its delay
    /// (coordinated omission).
    Rate(f64),
}

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// This long after the warm-up; what is on the way then is awaited.
    After(Duration),
    /// When this many requests were sent after the warm-up and are answered or failed.
    Requests(u64),
}

/// A request like the others but for its path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Occasional {
    /// Of each thread's requests every so many-th.
    pub every: u64,
    /// Path and query.
    pub path: String,
}

/// A run. `Options::new(url)` is a closed loop of 50 connections over one thread for 10 seconds.
#[derive(Clone, Debug)]
pub struct Options {
    /// `http://`, `https://`, or `ws://` and `wss://` for echoed messages.
    pub url: String,
    /// The request method.
    pub method: String,
    /// Field lines besides `host` and the framing; a `host` here replaces the URL's.
    pub fields: Vec<(String, String)>,
    /// The request's body, or the WebSocket message.
    pub body: Vec<u8>,
    /// A request that takes the place of the usual one now and then.
    pub occasional: Option<Occasional>,
    /// Connections, spread over the threads.
    pub connections: usize,
    /// Threads, each with a ring of its own.
    pub threads: usize,
    /// Requests that may be on the way on one connection.
    pub pipelining: usize,
    /// When requests are sent.
    pub pace: Pace,
    /// When the run ends.
    pub stop: Stop,
    /// Sending goes on for this long before anything is counted.
    pub warm_up: Duration,
    /// The longest time to connect, and from a request's sending to the end of its answer.
    pub timeout: Duration,
    /// Whether HTTP/2 is spoken: by ALPN over TLS, with prior knowledge in clear text. Pipelined requests are streams.
    pub http2: bool,
    /// Whether what one connection sends comes back on all of them: WebSockets in a closed loop. The next message follows when
    /// all have the last one, and each that came back counts.
    pub broadcasts: bool,
    /// Whether connections serve more than one request. If not, latency includes connecting.
    pub keep_alive: bool,
    /// What every answer has to be.
    pub expect: Expectation,
    /// Whether the report has a record of each request, of 32 bytes.
    pub records: bool,
    /// Takes any certificate; refused for targets that are not loopback.
    pub accept_any_certificate: bool,
    /// Whether a connection takes up the TLS session of one before; if not, each makes a whole handshake.
    pub resume_sessions: bool,
    /// Certificates (PEM) of authorities to be trusted besides the public ones.
    pub trusted_pem: Option<Vec<u8>>,
    /// Allows targets that are not loopback.
    pub yes_remote: bool,
}

impl Options {
    /// The defaults for `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Options {
            url: url.into(),
            method: "GET".to_owned(),
            fields: Vec::new(),
            body: Vec::new(),
            occasional: None,
            connections: 50,
            threads: 1,
            pipelining: 1,
            pace: Pace::Closed,
            stop: Stop::After(Duration::from_secs(10)),
            warm_up: Duration::ZERO,
            timeout: Duration::from_secs(10),
            http2: false,
            broadcasts: false,
            keep_alive: true,
            expect: Expectation::default(),
            records: false,
            accept_any_certificate: false,
            resume_sessions: true,
            trusted_pem: None,
            yes_remote: false,
        }
    }

    /// Checks every number against its bounds.
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        let bounds = [
            ("connections", self.connections, CONNECTIONS_MAX),
            ("threads", self.threads, THREADS_MAX),
            ("pipelining", self.pipelining, PIPELINING_MAX),
        ];
        if let Some((option, _, max)) = bounds.iter().find(|(_, value, max)| *value < 1 || value > max) {
            return Err(LoadError::OutOfBounds {
                option,
                min: 1,
                max: *max as u64,
            });
        }
        if let Pace::Rate(rate) = self.pace
            && !(rate > 0.0 && rate <= RATE_MAX)
        {
            return Err(LoadError::OutOfBounds {
                option: "rate",
                min: 1,
                max: RATE_MAX as u64,
            });
        }
        if self.occasional.as_ref().is_some_and(|other| other.every < 1) {
            return Err(LoadError::OutOfBounds {
                option: "every",
                min: 1,
                max: u64::MAX,
            });
        }
        if self.timeout.is_zero() {
            return Err(LoadError::Conflict(
                "a timeout of nothing lets no request succeed",
            ));
        }
        if self.pipelining > 1 && !self.keep_alive {
            return Err(LoadError::Conflict(
                "pipelining needs connections that are kept alive",
            ));
        }
        let is_in_turn = self.pace == Pace::Closed && self.pipelining == 1 && self.threads == 1;
        if self.broadcasts && !is_in_turn {
            return Err(LoadError::Conflict(
                "of broadcasts one is on the way at a time, in the closed loop of one thread",
            ));
        }
        Ok(())
    }

    /// Threads that have a connection to serve.
    pub(crate) fn threads_used(&self) -> usize {
        self.threads.min(self.connections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bounds() {
        let good = Options::new("http://127.0.0.1/");
        assert!(good.check().is_ok());
        for spoil in [
            |options: &mut Options| options.connections = 0,
            |options: &mut Options| options.threads = 0,
            |options: &mut Options| options.pipelining = 100_000,
            |options: &mut Options| options.pace = Pace::Rate(0.0),
            |options: &mut Options| options.pace = Pace::Rate(f64::NAN),
            |options: &mut Options| options.timeout = Duration::ZERO,
            |options: &mut Options| {
                options.occasional = Some(Occasional {
                    every: 0,
                    path: "/".to_owned(),
                });
            },
            |options: &mut Options| {
                options.pipelining = 2;
                options.keep_alive = false;
            },
            |options: &mut Options| {
                options.broadcasts = true;
                options.threads = 2;
            },
        ] {
            let mut bad = good.clone();
            spoil(&mut bad);
            assert!(bad.check().is_err());
        }
    }
}
