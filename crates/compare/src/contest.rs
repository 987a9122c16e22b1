//! The rounds: which server is measured when.
//!
//! Owns the order. All contestants of a group of workloads run at once and are asked in turn, and another one begins
//! each round, so that whatever else the machine does meets all of them. One that is not asked uses no CPU.

use std::collections::BTreeMap;

use crate::applications::{self, Applications};
use crate::contestant::{self, Contestant};
use crate::core_pin::on_core;
use crate::error::CompareError;
use crate::facts::Facts;
use crate::figure::Figure;
use crate::lineup::Lineup;
use crate::options::Options;
use crate::results::{Comparison, Sample};
use crate::server::{Launch, Placement, Server};
use crate::workload::{Kind, Load, Workload};
use crate::{idle, measure, npm, workloads};

/// Of what the best of the others reaches in a closed loop, asked for in an open one.
const LATENCY_SHARE: f64 = 0.7;
/// Idle connections are opened so often at most: memory differs little between rounds.
const IDLE_ROUNDS_MAX: usize = 3;

/// Is told how it goes, and asked whether it shall go on.
pub trait Observer {
    /// A measurement begins: the `position`-th of `steps`.
    fn step(&mut self, position: usize, steps: usize, what: &str);
    /// Whether the comparison is to be broken off.
    fn is_interrupted(&self) -> bool;
}

/// Compares.
///
/// # Errors
/// The options make no sense, a runtime is missing, or somebody interrupts. What goes wrong with one contestant is
/// noted in the comparison.
pub fn compare(options: &Options, observer: &mut dyn Observer) -> Result<Comparison, CompareError> {
    let workloads = workloads::chosen(&options.workloads, &options.sizes)?;
    for core in [options.server_core, options.load_core] {
        on_core(core, || ())?;
    }
    raise_descriptor_limit();
    if options.lineup.install {
        install(&options.lineup, &workloads)?;
    }
    let (contestants, mut notes) = contestant::choose(&options.lineup)?;
    let workloads = possible(workloads, npm::has_packages(&options.lineup.cache), &mut notes);
    let applications = Applications::write(&npm::modules(&options.lineup.cache))?;
    let mut contest = Contest {
        options,
        applications,
        observer,
        comparison: Comparison::new(
            Facts::gather(options, contestant::versions(&contestants)),
            notes,
            &workloads,
        ),
        position: 0,
        steps: steps(options, &workloads, &contestants),
        contestants,
    };
    for group in workloads.chunk_by(Workload::shares_servers_with) {
        contest.group(group)?;
    }
    Ok(contest.comparison)
}

/// What is missing of the runtimes, and of what the workloads need.
fn install(lineup: &Lineup, workloads: &[Workload]) -> Result<(), CompareError> {
    npm::install_runtimes(&lineup.cache, &lineup.runtimes_to_install())?;
    let use_packages = |workload: &Workload| applications::uses_packages(workload.application);
    match workloads.iter().any(use_packages) {
        true => npm::install_packages(&lineup.cache),
        false => Ok(()),
    }
}

fn needs_packages(workload: &Workload) -> bool {
    applications::imports_packages(workload.application)
}

/// The workloads that can be measured; those that cannot are noted.
fn possible(workloads: Vec<Workload>, has_packages: bool, notes: &mut Vec<String>) -> Vec<Workload> {
    let (possible, others): (Vec<_>, Vec<_>) = workloads
        .into_iter()
        .partition(|workload| has_packages || !needs_packages(workload));
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|workload| workload.name).collect();
        notes.push(format!(
            "left out, as their packages are not installed (--install has them from npm): {}",
            names.join(", ")
        ));
    }
    possible
}

struct Contest<'a> {
    options: &'a Options,
    contestants: Vec<Contestant>,
    applications: Applications,
    observer: &'a mut dyn Observer,
    comparison: Comparison,
    position: usize,
    steps: usize,
}

fn rounds(options: &Options, workload: &Workload) -> usize {
    match workload.kind {
        Kind::Start => options.sizes.starts,
        Kind::Idle => options.rounds.min(IDLE_ROUNDS_MAX),
        Kind::Load(_) | Kind::Latency(_) | Kind::Transfer(_) => options.rounds,
    }
}

fn steps(options: &Options, workloads: &[Workload], contestants: &[Contestant]) -> usize {
    let of = |workload: &Workload| {
        let serving = contestants
            .iter()
            .filter(|contestant| contestant.serves(workload.application));
        rounds(options, workload) * serving.count()
    };
    workloads.iter().map(of).sum()
}

/// For many connections, and the servers inherit it. What is not allowed shows when it is needed.
pub(crate) fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let _ = setrlimit(Resource::Nofile, raised);
}

impl Contest<'_> {
    fn group(&mut self, group: &[Workload]) -> Result<(), CompareError> {
        let Some(first) = group.first() else { return Ok(()) };
        match &first.kind {
            Kind::Start => self.starts(first),
            Kind::Idle => self.idle(first),
            Kind::Latency(load) => self.latency(first, load),
            Kind::Load(_) | Kind::Transfer(_) => self.loads(group),
        }
    }

    fn loads(&mut self, group: &[Workload]) -> Result<(), CompareError> {
        let servers = self.start_all(&group[0]);
        for round in 0..self.options.rounds {
            for workload in group {
                for server in in_turn(&servers, round) {
                    self.begin(workload, &server.name, round)?;
                    let sample = match &workload.kind {
                        Kind::Transfer(transfer) => measure::transfer(server, transfer, self.options),
                        Kind::Load(load) => measure::load(server, load, None, self.options),
                        Kind::Latency(_) | Kind::Start | Kind::Idle => continue,
                    };
                    self.end(workload, &server.name, sample);
                }
            }
        }
        Ok(())
    }

    fn latency(&mut self, workload: &Workload, load: &Load) -> Result<(), CompareError> {
        let servers = self.start_all(workload);
        let Some((best, peak)) = self.peak(&servers, load)? else {
            return Ok(());
        };
        let rate = peak * LATENCY_SHARE;
        self.comparison.condition(
            workload.name,
            format!(
                "{} requests/s, {:.0} % of what {best} reaches in a closed loop",
                Figure::RequestsPerSecond.written(rate),
                LATENCY_SHARE * 100.0
            ),
        );
        for round in 0..self.options.rounds {
            for server in in_turn(&servers, round) {
                self.begin(workload, &server.name, round)?;
                let sample = measure::load(server, load, Some(rate), self.options);
                self.end(workload, &server.name, sample);
            }
        }
        Ok(())
    }

    /// The best of those that howth is compared with, and its requests a second in a closed loop; without any, the
    /// best of all.
    fn peak(&mut self, servers: &[Server], load: &Load) -> Result<Option<(String, f64)>, CompareError> {
        let mut rates = self.comparison.medians("hello", Figure::RequestsPerSecond);
        if rates.is_empty() {
            for server in servers {
                self.check_interrupt()?;
                let sample = measure::load(server, load, None, self.options)?;
                rates.extend(
                    sample
                        .get(Figure::RequestsPerSecond)
                        .map(|rate| (server.name.clone(), rate)),
                );
            }
        }
        let is_peer = |name: &str| {
            self.contestants
                .iter()
                .any(|other| other.name == name && other.is_peer())
        };
        if rates.iter().any(|(name, _)| is_peer(name)) {
            rates.retain(|(name, _)| is_peer(name));
        }
        Ok(rates
            .into_iter()
            .max_by(|(_, one), (_, other)| one.total_cmp(other)))
    }

    fn starts(&mut self, workload: &Workload) -> Result<(), CompareError> {
        self.one_by_one(workload, |server| {
            Ok(Sample::new(
                BTreeMap::from([
                    (Figure::StartMs, server.start.as_secs_f64() * 1000.0),
                    (Figure::ResidentBytes, server.resident_bytes() as f64),
                ]),
                None,
            ))
        })
    }

    fn idle(&mut self, workload: &Workload) -> Result<(), CompareError> {
        let connections = self.options.sizes.idle_connections;
        let request = workloads::first_request(workload);
        self.one_by_one(workload, |server| {
            let bytes = idle::bytes_per_connection(server, connections, &request)?;
            Ok(Sample::new(BTreeMap::from([(Figure::IdleBytes, bytes)]), None))
        })
    }

    /// A new process for each measurement.
    fn one_by_one(
        &mut self,
        workload: &Workload,
        measure: impl Fn(&Server) -> Result<Sample, CompareError>,
    ) -> Result<(), CompareError> {
        let contestants: Vec<Contestant> = self.serving(workload).cloned().collect();
        for round in 0..rounds(self.options, workload) {
            for contestant in in_turn(&contestants, round) {
                self.begin(workload, &contestant.name, round)?;
                let sample = self
                    .start(contestant, workload)
                    .and_then(|server| measure(&server));
                self.end(workload, &contestant.name, sample);
            }
        }
        Ok(())
    }

    /// Every contestant that serves the workload; whoever does not start is noted.
    fn start_all(&mut self, workload: &Workload) -> Vec<Server> {
        let contestants: Vec<Contestant> = self.serving(workload).cloned().collect();
        let mut servers = Vec::new();
        for contestant in contestants {
            match self.start(&contestant, workload) {
                Ok(server) => servers.push(server),
                Err(error) => self
                    .comparison
                    .fail(workload.name, &contestant.name, error.to_string()),
            }
        }
        servers
    }

    fn start(&self, contestant: &Contestant, workload: &Workload) -> Result<Server, CompareError> {
        let launch = Launch {
            application: workload.application,
            folder: &self.applications.folder(workload.application),
            first: &workloads::first_request(workload),
            placement: Placement::Processor(self.options.server_core),
            port: None,
        };
        Server::start(contestant, launch)
    }

    fn serving(&self, workload: &Workload) -> impl Iterator<Item = &Contestant> {
        let application = workload.application;
        self.contestants
            .iter()
            .filter(move |contestant| contestant.serves(application))
    }

    fn begin(&mut self, workload: &Workload, name: &str, round: usize) -> Result<(), CompareError> {
        self.check_interrupt()?;
        self.position += 1;
        let what = format!("{}, round {}: {name}", workload.name, round + 1);
        self.observer.step(self.position, self.steps, &what);
        Ok(())
    }

    fn end(&mut self, workload: &Workload, name: &str, sample: Result<Sample, CompareError>) {
        match sample {
            Ok(sample) => self.comparison.add(workload.name, name, sample),
            Err(error) => self.comparison.fail(workload.name, name, error.to_string()),
        }
    }

    fn check_interrupt(&self) -> Result<(), CompareError> {
        match self.observer.is_interrupted() {
            true => Err(CompareError::Interrupted),
            false => Ok(()),
        }
    }
}

/// All of them, another one first in each round.
pub(crate) fn in_turn<T>(all: &[T], round: usize) -> impl Iterator<Item = &T> {
    let first = round.checked_rem(all.len()).unwrap_or(0);
    let (before, after) = all.split_at(first);
    after.iter().chain(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Sizes;

    #[test]
    fn without_packages_their_workloads_are_left_out_and_noted() {
        let names = |has_packages, notes: &mut Vec<String>| {
            let typed = ["hello", "hono", "node-http", "koa"].map(str::to_owned);
            let chosen = workloads::chosen(&typed, &Sizes::default()).expect("known names");
            let possible = possible(chosen, has_packages, notes);
            possible.iter().map(|workload| workload.name).collect::<Vec<_>>()
        };
        let mut notes = Vec::new();
        assert_eq!(names(true, &mut notes), ["hello", "hono", "node-http", "koa"]);
        assert!(notes.is_empty(), "{notes:?}");
        assert_eq!(names(false, &mut notes), ["hello", "node-http"]);
        assert!(notes[0].ends_with("hono, koa"), "{notes:?}");
    }

    #[test]
    fn another_one_begins_each_round() {
        let turn = |round| in_turn(&["a", "b", "c"], round).copied().collect::<String>();
        assert_eq!([turn(0), turn(1), turn(2), turn(3)], ["abc", "bca", "cab", "abc"]);
        assert_eq!(in_turn::<u8>(&[], 5).count(), 0);
    }
}
