//! Which experiment is made with whom, and when.
//!
//! Owns the order: another contestant begins each round. Every measurement has servers of its own, which end with it,
//! so that nobody works off what another measurement has left.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::burn::Burn;
use super::experiment::Experiment;
use super::options::Options;
use super::report::{Measured, Report};
use super::subject::{APPLICATION, Launcher, Subject};
use super::{mixed, overload, reload, skew};
use crate::applications::Applications;
use crate::contest::{Observer, in_turn, raise_descriptor_limit};
use crate::contestant::{self, Contestant};
use crate::error::CompareError;
use crate::npm;

/// Makes the experiments.
///
/// # Errors
/// A runtime is missing, or somebody interrupts. What goes wrong with one contestant is noted in the report.
pub fn measure(options: &Options, observer: &mut dyn Observer) -> Result<Report, CompareError> {
    raise_descriptor_limit();
    if options.lineup.install {
        npm::install_runtimes(&options.lineup.cache, &options.lineup.runtimes_to_install())?;
    }
    let (contestants, mut notes) = contestant::choose(&options.lineup)?;
    let (contestants, others): (Vec<Contestant>, Vec<Contestant>) = contestants
        .into_iter()
        .partition(|contestant| contestant.serves(APPLICATION));
    notes.extend(
        others
            .iter()
            .map(|other| format!("{} is left out: it does not serve this application", other.name)),
    );
    let report = Report::new(options, contestant::versions(&contestants), notes);
    let mut contest = Contest {
        options,
        applications: Applications::write(&npm::modules(&options.lineup.cache))?,
        burns: BTreeMap::new(),
        position: 0,
        steps: steps(options, &contestants),
        contestants,
        observer,
        report,
    };
    for experiment in options.chosen() {
        contest.experiment(experiment)?;
    }
    Ok(contest.report)
}

struct Contest<'a> {
    options: &'a Options,
    contestants: Vec<Contestant>,
    applications: Applications,
    /// By contestant, once they are known.
    burns: BTreeMap<String, Burn>,
    observer: &'a mut dyn Observer,
    report: Report,
    position: usize,
    steps: usize,
}

/// Overload is a curve and a reload is repeated in itself; both take long.
fn rounds(options: &Options, experiment: Experiment) -> usize {
    match experiment {
        Experiment::Mixed | Experiment::Skew => options.rounds,
        Experiment::Overload | Experiment::Reload => 1,
    }
}

fn takes_part(contestant: &Contestant, experiment: Experiment) -> bool {
    experiment != Experiment::Reload || contestant.renewal().is_some()
}

fn steps(options: &Options, contestants: &[Contestant]) -> usize {
    let of = |experiment: Experiment| {
        let part = contestants
            .iter()
            .filter(|contestant| takes_part(contestant, experiment));
        rounds(options, experiment) * part.count()
    };
    options.chosen().into_iter().map(of).sum()
}

impl Contest<'_> {
    fn experiment(&mut self, experiment: Experiment) -> Result<(), CompareError> {
        match experiment {
            Experiment::Mixed => self.report.mixed = self.rounds(experiment, mixed::measure)?,
            Experiment::Skew => self.report.skew = self.rounds(experiment, skew::measure)?,
            Experiment::Overload => self.report.overload = self.rounds(experiment, overload::measure)?,
            Experiment::Reload => self.report.reload = self.rounds(experiment, reload::measure)?,
        }
        Ok(())
    }

    fn rounds<T>(
        &mut self,
        experiment: Experiment,
        measure: impl Fn(&Subject<'_>) -> Result<T, CompareError>,
    ) -> Result<Vec<Measured<T>>, CompareError> {
        let mut contestants = self.contestants.clone();
        contestants.retain(|contestant| takes_part(contestant, experiment));
        let mut measured: Vec<Measured<T>> = contestants
            .iter()
            .map(|contestant| Measured::new(&contestant.name))
            .collect();
        for round in 0..rounds(self.options, experiment) {
            let order: Vec<usize> = (0..contestants.len()).collect();
            for position in in_turn(&order, round).copied() {
                let contestant = &contestants[position];
                let name = &contestant.name;
                self.begin(experiment, name, round)?;
                match self.measure(contestant, &measure) {
                    Ok((outcome, other_load)) => {
                        measured[position].rounds.push(outcome);
                        self.report.disturbed(experiment, name, other_load);
                    }
                    Err(CompareError::Interrupted) => return Err(CompareError::Interrupted),
                    Err(error) => self.report.fail(experiment, name, &error.to_string()),
                }
            }
        }
        Ok(measured)
    }

    /// An outcome, and how many processors others used meanwhile.
    fn measure<T>(
        &mut self,
        contestant: &Contestant,
        measure: impl Fn(&Subject<'_>) -> Result<T, CompareError>,
    ) -> Result<(T, f64), CompareError> {
        let launcher = Launcher {
            contestant,
            applications: &self.applications,
        };
        let burn = match self.burns.get(&contestant.name) {
            Some(burn) => *burn,
            None => Burn::calibrate(&launcher.start(1)?)?,
        };
        self.burns.insert(contestant.name.clone(), burn);
        let subject = Subject {
            options: self.options,
            contestant,
            burn,
            launcher,
            observer: self.observer,
            other_load: Cell::default(),
        };
        let outcome = measure(&subject)?;
        Ok((outcome, subject.other_load.get()))
    }

    fn begin(&mut self, experiment: Experiment, name: &str, round: usize) -> Result<(), CompareError> {
        if self.observer.is_interrupted() {
            return Err(CompareError::Interrupted);
        }
        self.position += 1;
        let what = format!("{}, round {}: {name}", experiment.name(), round + 1);
        self.observer.step(self.position, self.steps, &what);
        Ok(())
    }
}
