//! The engines answering a small GET on loopback, beside the libraries one would use instead.
//!
//! `cargo bench --features uring --bench engine`. Criterion reports throughput; a table after each group
//! reports the server's CPU time for each request, which is the figure to compare.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};

mod support;

use support::client::{Client, Load};
use support::contestants::{self, Contestant, Server};
use support::processors::Sides;
use support::table;

const KEEP_ALIVE: Load = Load {
    connections: 50,
    pipelined: 1,
};
const PIPELINED: Load = Load {
    connections: 50,
    pipelined: 16,
};

fn main() {
    contestants::serve_if_asked();
    let sides = Sides::take().expect("the processors are allowed");
    let mut criterion = Criterion::default()
        .without_plots()
        .nresamples(10_000)
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut entries: Vec<Entry> = contestants::all().into_iter().map(Entry::new).collect();
    run_group(
        &mut criterion,
        "engine, 50 connections",
        KEEP_ALIVE,
        sides,
        &mut entries,
    );
    run_group(
        &mut criterion,
        "engine, 50 connections, 16 pipelined",
        PIPELINED,
        sides,
        &mut entries,
    );
    criterion.final_summary();
}

/// A contestant, and its server once somebody asked for it.
struct Entry {
    contestant: Contestant,
    server: Option<Server>,
    /// Criterion ran it in this group: the command line may leave some out.
    is_asked: bool,
}

impl Entry {
    fn new(contestant: Contestant) -> Self {
        Entry {
            contestant,
            server: None,
            is_asked: false,
        }
    }

    fn server(&mut self, sides: Sides) -> &Server {
        self.server
            .get_or_insert_with(|| self.contestant.start(sides).expect("the server starts"))
    }
}

fn run_group(criterion: &mut Criterion, title: &str, load: Load, sides: Sides, entries: &mut [Entry]) {
    let mut group = criterion.benchmark_group(title);
    group.throughput(Throughput::Elements(load.requests_per_round()));
    for entry in &mut *entries {
        entry.is_asked = false;
        let name = entry.contestant.name;
        let mut client = None;
        group.bench_function(name, |bencher| {
            entry.is_asked = true;
            let client = client.get_or_insert_with(|| {
                Client::connect(entry.server(sides).address, load).expect("the server answers")
            });
            bencher.iter_custom(|rounds| {
                let start = Instant::now();
                client.run(rounds).expect("the server answers");
                start.elapsed()
            });
        });
    }
    group.finish();
    let running: Vec<(Contestant, &Server)> = entries
        .iter()
        .filter(|entry| entry.is_asked)
        .filter_map(|entry| Some((entry.contestant, entry.server.as_ref()?)))
        .collect();
    table::print(title, load, &running).expect("the servers answer");
}
