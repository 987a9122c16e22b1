//! All connections are dealt to one core; how much is done?
//!
//! A closed loop of requests that compute. Beside it: one core alone, and connections dealt evenly, which says what
//! the cores reach at best. On two processors of one physical core that is less than twice as much.

use std::net::TcpStream;

use howth_load::Stop;
use serde::Serialize;

use super::deal;
use super::subject::Subject;
use crate::asking::complaint;
use crate::error::CompareError;
use crate::server::Server;

/// Of each request.
pub(super) const BURN_MS: f64 = 2.0;
/// Enough for every core to have a few requests waiting.
pub(super) const CONNECTIONS: usize = 32;

/// Requests a second.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    /// Of a server with one core.
    pub(super) one_core: f64,
    /// Of all cores, with connections dealt evenly.
    pub(super) even: f64,
    /// Of all cores, with all connections dealt to one of them.
    pub(super) skewed: f64,
    pub(super) complaint: Option<String>,
}

impl Outcome {
    pub(super) fn even_ratio(&self) -> f64 {
        self.even / self.one_core
    }

    pub(super) fn skewed_ratio(&self) -> f64 {
        self.skewed / self.one_core
    }
}

/// What is asked of everybody, in words.
pub(super) fn condition() -> String {
    format!("closed loop, {CONNECTIONS} connections, every request computes for {BURN_MS} ms")
}

pub(super) fn measure(subject: &Subject<'_>) -> Result<Outcome, CompareError> {
    let cores = subject.options.cores;
    let mut complaints = Vec::new();
    let mut throughput = |server: &Server, connections: Vec<TcpStream>| {
        let (rate, complaint) = closed_loop(subject, server, connections)?;
        complaints.extend(complaint);
        Ok::<f64, CompareError>(rate)
    };
    let one_core = {
        let server = subject.start(1)?;
        throughput(&server, deal::on_one_core(&server, CONNECTIONS)?)?
    };
    let even = {
        let server = subject.start(cores)?;
        let each = CONNECTIONS.div_ceil(cores);
        throughput(&server, deal::evenly(&server, cores, each)?)?
    };
    let skewed = {
        let server = subject.start(cores)?;
        throughput(&server, deal::on_one_core(&server, CONNECTIONS)?)?
    };
    Ok(Outcome {
        one_core,
        even,
        skewed,
        complaint: complaints.into_iter().next(),
    })
}

/// Requests a second over these connections, and what was wrong. Where the server ends one, the next is dealt to
/// whichever core it happens.
fn closed_loop(
    subject: &Subject<'_>,
    server: &Server,
    connections: Vec<TcpStream>,
) -> Result<(f64, Option<String>), CompareError> {
    let run = howth_load::Options {
        connections: connections.len(),
        stop: Stop::After(subject.options.seconds),
        warm_up: subject.options.warm_up,
        ..deal::get(subject.burn.path(BURN_MS)).load(server.port)
    };
    let (report, _) = subject.load(server, &run, connections)?;
    let reopened = report.connections_opened;
    let complaint = complaint(&report)
        .or_else(|| (reopened > 0).then(|| format!("{reopened} connections ended and were opened anew")));
    Ok((report.requests_per_second, complaint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_one_core() {
        let outcome = Outcome {
            one_core: 400.0,
            even: 760.0,
            skewed: 420.0,
            complaint: None,
        };
        assert!((outcome.even_ratio() - 1.9).abs() < 1e-9);
        assert!((outcome.skewed_ratio() - 1.05).abs() < 1e-9);
    }
}
