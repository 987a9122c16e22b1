//! Requests that compute: how many rounds of the application's loop take a millisecond of CPU time.
//!
//! A loop that watches the clock would be done in time even where it did not run, so the work is a number of rounds,
//! in the request's path. It is found out for each contestant by the CPU time that the kernel counts, so that a
//! request costs all of them the same, whatever their compilers make of the loop and whatever else the machine does.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::deal;
use crate::error::CompareError;
use crate::server::Server;

/// Of the first request; doubled until one takes as long as `STEP`.
const ROUNDS_FIRST: u64 = 100_000;
/// No processor does more in a step.
const ROUNDS_MAX: u64 = 1 << 32;
/// A request that is long enough for what else it costs to vanish.
const STEP: Duration = Duration::from_millis(10);
/// Until compilers have done their work.
const WARM_UP: Duration = Duration::from_millis(300);
/// The kernel counts in steps of 10 ms.
const MEASURED: Duration = Duration::from_secs(1);

/// How fast a contestant computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Burn {
    rounds_per_millisecond: f64,
}

impl Burn {
    /// Asks a server that nobody else asks.
    pub(super) fn calibrate(server: &Server) -> Result<Burn, CompareError> {
        let mut client = Client::connect(server)?;
        let mut rounds = ROUNDS_FIRST;
        while client.burn(rounds)? < STEP && rounds < ROUNDS_MAX {
            rounds *= 2;
        }
        client.burn_for(rounds, WARM_UP)?;
        let before = server.cpu_time();
        let requests = client.burn_for(rounds, MEASURED)?;
        let used = (server.cpu_time() - before).sum();
        Ok(Burn::of(rounds * requests, used))
    }

    fn of(rounds: u64, used: Duration) -> Burn {
        Burn {
            rounds_per_millisecond: rounds as f64 / (used.as_secs_f64() * 1000.0),
        }
    }

    /// The path of a request that computes so long.
    pub(super) fn path(self, milliseconds: f64) -> String {
        path((self.rounds_per_millisecond * milliseconds).round() as u64)
    }
}

/// One connection that asks again and again.
struct Client {
    stream: TcpStream,
    port: u16,
}

impl Client {
    fn connect(server: &Server) -> Result<Client, CompareError> {
        let dealt = deal::connect(server).map_err(CompareError::system("connect"))?;
        Ok(Client {
            stream: dealt.stream,
            port: server.port,
        })
    }

    fn burn(&mut self, rounds: u64) -> Result<Duration, CompareError> {
        let begin = Instant::now();
        deal::ask(&mut self.stream, self.port, &path(rounds))
            .map_err(CompareError::system("ask for a request that computes"))?;
        Ok(begin.elapsed())
    }

    /// Answers how many requests it were.
    fn burn_for(&mut self, rounds: u64, duration: Duration) -> Result<u64, CompareError> {
        let begin = Instant::now();
        let mut requests = 0;
        while begin.elapsed() < duration {
            self.burn(rounds)?;
            requests += 1;
        }
        Ok(requests)
    }
}

fn path(rounds: u64) -> String {
    format!("/burn/{rounds}")
}

/// CPU seconds that such requests take each second: every so many-th of `rate` a second, so long each.
pub(super) fn burnt_share(rate: f64, every: u64, milliseconds: f64) -> f64 {
    rate / every as f64 * milliseconds / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_follow_from_cpu_time() {
        let burn = Burn::of(3_000_000, Duration::from_millis(1500));
        assert_eq!(burn.path(50.0), "/burn/100000");
        assert_eq!(burn.path(0.5), "/burn/1000");
    }

    #[test]
    fn six_hundred_requests_a_second_burn_three_tenths_of_a_core() {
        assert!((burnt_share(600.0, 100, 50.0) - 0.3).abs() < 1e-9);
    }
}
