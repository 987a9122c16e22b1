//! What the experiments have shown, and its forms: Markdown, JSON, pictures.
//!
//! Owns what is computed over rounds. Never measures.

mod chart;
mod curve;
mod markdown;
mod panels;

use serde::Serialize;

use super::experiment::Experiment;
use super::options::Options;
use super::other_load::TOLERATED;
use super::{mixed, overload, reload, skew};
use crate::error::CompareError;
use crate::machine::Machine;
use crate::statistics::Spread;

/// All results.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    machine: Machine,
    cores: usize,
    seconds: f64,
    reload_condition: String,
    notes: Vec<String>,
    failures: Vec<String>,
    pub(super) mixed: Vec<Measured<mixed::Outcome>>,
    pub(super) skew: Vec<Measured<skew::Outcome>>,
    pub(super) overload: Vec<Measured<overload::Outcome>>,
    pub(super) reload: Vec<Measured<reload::Outcome>>,
}

/// One contestant's outcomes of one experiment, one a round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measured<T> {
    pub(super) contestant: String,
    pub(super) rounds: Vec<T>,
}

impl<T> Measured<T> {
    pub(super) fn new(contestant: &str) -> Self {
        Measured {
            contestant: contestant.to_owned(),
            rounds: Vec::new(),
        }
    }

    /// A figure over the rounds.
    fn spread(&self, figure: impl Fn(&T) -> f64) -> Option<Spread> {
        Spread::of(self.rounds.iter().map(figure))
    }

    /// A figure's ratio to another contestant's, round by round.
    fn ratio(&self, other: &Measured<T>, figure: impl Fn(&T) -> f64) -> Option<Spread> {
        let pairs = self.rounds.iter().zip(&other.rounds);
        Spread::of(pairs.map(|(mine, theirs)| figure(mine) / figure(theirs)))
    }
}

impl Report {
    pub(super) fn new(options: &Options, versions: Vec<(String, String)>, notes: Vec<String>) -> Self {
        Report {
            machine: Machine::gather(versions),
            cores: options.cores,
            seconds: options.seconds.as_secs_f64(),
            reload_condition: reload::condition(options.reload_rate, options.reload_interval),
            notes,
            failures: Vec::new(),
            mixed: Vec::new(),
            skew: Vec::new(),
            overload: Vec::new(),
            reload: Vec::new(),
        }
    }

    pub(super) fn fail(&mut self, experiment: Experiment, contestant: &str, reason: &str) {
        self.failures
            .push(format!("{}, {contestant}: {reason}", experiment.name()));
    }

    /// Notes what others on the machine used meanwhile, if it is much.
    pub(super) fn disturbed(&mut self, experiment: Experiment, contestant: &str, processors: f64) {
        if processors > TOLERATED {
            self.notes.push(format!(
                "{}, {contestant}: other processes used {processors:.1} processors meanwhile",
                experiment.name()
            ));
        }
    }

    /// What went wrong, one line each. That a server is slow, refuses or loses requests where this is the question is
    /// an answer and no failure.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = self.failures.clone();
        failures.extend(complaints(Experiment::Mixed, &self.mixed, |outcome| {
            &outcome.complaint
        }));
        failures.extend(complaints(Experiment::Skew, &self.skew, |outcome| {
            &outcome.complaint
        }));
        failures.extend(complaints(Experiment::Reload, &self.reload, |outcome| {
            &outcome.complaint
        }));
        failures
    }

    /// As tables.
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// Everything, every series included.
    pub fn to_json(&self) -> String {
        let mut value =
            serde_json::to_value(self).expect("a report has no maps with keys that are no strings");
        value["failures"] = self.failures().into();
        format!("{value:#}\n")
    }

    /// Pictures with the names of their files: of each experiment that was made and has one.
    ///
    /// # Errors
    /// The library refuses: a bug.
    pub fn to_pictures(&self) -> Result<Vec<(&'static str, String)>, CompareError> {
        let mut pictures = Vec::new();
        if let Some(panels) = panels::of_mixed(self) {
            pictures.push((markdown::MIXED_PICTURE, panels::draw(&panels)?));
        }
        if let Some(curves) = curve::of_overload(self) {
            pictures.push((markdown::OVERLOAD_PICTURE, curve::draw(&curves)?));
        }
        if let Some(panels) = panels::of_reload(self) {
            pictures.push((markdown::RELOAD_PICTURE, panels::draw(&panels)?));
        }
        Ok(pictures)
    }
}

fn complaints<T>(
    experiment: Experiment,
    measured: &[Measured<T>],
    complaint: impl Fn(&T) -> &Option<String>,
) -> Vec<String> {
    let of = |measured: &Measured<T>| {
        let complaints = measured
            .rounds
            .iter()
            .filter_map(|outcome| complaint(outcome).as_ref());
        complaints
            .map(|complaint| format!("{}, {}: {complaint}", experiment.name(), measured.contestant))
            .collect::<Vec<_>>()
    };
    measured.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests;
