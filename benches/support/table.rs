//! CPU time for each request, of all contestants in turn.
//!
//! Owns a measurement beside Criterion's. The client is the slower side, so that elapsed time says how fast
//! the client is; what a server costs is its CPU time. Contestants alternate, and the median over the turns is
//! printed: whatever else the machine does meets all of them.

use std::io;
use std::time::{Duration, Instant};

use super::client::{Client, Load};
use super::contestants::{Contestant, Server};

/// How often each contestant has its turn.
const TURNS: usize = 7;
/// How long one turn takes.
const TURN: Duration = Duration::from_millis(250);
/// Rounds between two looks at the clock.
const ROUNDS: u64 = 10;

/// One turn of one contestant.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// Elapsed time for each request, in microseconds.
    elapsed_us: f64,
    /// The server's CPU time for each request, in microseconds, where the system tells.
    cpu_us: Option<f64>,
}

/// Measures, and prints one line for each contestant.
pub fn print(title: &str, load: Load, running: &[(Contestant, &Server)]) -> io::Result<()> {
    if running.is_empty() {
        return Ok(());
    }
    let mut samples = vec![Vec::with_capacity(TURNS); running.len()];
    for _ in 0..TURNS {
        for ((_, server), samples) in running.iter().zip(&mut samples) {
            samples.push(measure(server, load)?);
        }
    }
    println!("{title}: CPU time of the server for each request, median of {TURNS} turns");
    println!(
        "  {:<26}{:>12}{:>14}{:>14}",
        "", "CPU", "of the first", "requests/s"
    );
    let first = cpu_median(&samples[0]);
    for ((contestant, _), samples) in running.iter().zip(&samples) {
        let cpu = cpu_median(samples);
        let share = cpu.zip(first).map(|(cpu, first)| cpu / first);
        let rate = 1e6 / median(samples.iter().map(|sample| sample.elapsed_us).collect());
        println!(
            "  {:<26}{:>12}{:>14}{rate:>14.0}",
            contestant.name,
            cpu.map_or_else(|| "unknown".into(), |cpu| format!("{cpu:.2} µs")),
            share.map_or_else(String::new, |share| format!("× {share:.2}")),
        );
    }
    println!();
    Ok(())
}

fn measure(server: &Server, load: Load) -> io::Result<Sample> {
    let mut client = Client::connect(server.address, load)?;
    client.run(ROUNDS)?;
    let cpu_before = server.clock.read()?;
    let start = Instant::now();
    let mut requests = 0;
    while start.elapsed() < TURN {
        client.run(ROUNDS)?;
        requests += ROUNDS * load.requests_per_round();
    }
    let elapsed = start.elapsed();
    let cpu = server
        .clock
        .read()?
        .zip(cpu_before)
        .map(|(after, before)| after - before);
    let of_each = |time: Duration| time.as_secs_f64() * 1e6 / requests as f64;
    Ok(Sample {
        elapsed_us: of_each(elapsed),
        cpu_us: cpu.map(of_each),
    })
}

fn cpu_median(samples: &[Sample]) -> Option<f64> {
    let known: Option<Vec<f64>> = samples.iter().map(|sample| sample.cpu_us).collect();
    known.map(median)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
