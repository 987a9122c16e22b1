//! What is measured on several cores, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use super::experiment::Experiment;
use crate::lineup::Lineup;

/// The experiments. `Options::new(howth, cache)` is all of them on two cores.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who is measured.
    pub lineup: Lineup,
    /// Empty: all.
    pub experiments: Vec<Experiment>,
    /// On so many a server serves.
    pub cores: usize,
    /// How often `mixed` and `skew` are measured.
    pub rounds: usize,
    /// Of load for each figure.
    pub seconds: Duration,
    /// Of load before each figure.
    pub warm_up: Duration,
    /// Requests a second while the application is loaded anew.
    pub reload_rate: f64,
    /// From one reload to the next.
    pub reload_interval: Duration,
}

impl Options {
    /// The defaults.
    pub fn new(howth: PathBuf, cache: PathBuf) -> Self {
        Options {
            lineup: Lineup::new(howth, cache),
            experiments: Vec::new(),
            cores: 2,
            rounds: 3,
            seconds: Duration::from_secs(10),
            warm_up: Duration::from_secs(2),
            reload_rate: 20_000.0,
            reload_interval: Duration::from_secs(5),
        }
    }

    /// A short look, too short to quote.
    pub fn quick(self) -> Self {
        Options {
            rounds: 1,
            seconds: Duration::from_secs(4),
            warm_up: Duration::from_secs(1),
            reload_rate: 2_000.0,
            reload_interval: Duration::from_millis(800),
            ..self
        }
    }

    /// In the order of results.
    pub(crate) fn chosen(&self) -> Vec<Experiment> {
        let mut chosen = Experiment::ALL.to_vec();
        chosen.retain(|experiment| self.experiments.is_empty() || self.experiments.contains(experiment));
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn experiments_are_chosen_in_the_order_of_results() {
        let mut options = Options::new("howth".into(), "cache".into());
        assert_eq!(options.chosen(), Experiment::ALL);
        options.experiments = vec![Experiment::Reload, Experiment::Skew];
        assert_eq!(options.chosen(), [Experiment::Skew, Experiment::Reload]);
    }
}
