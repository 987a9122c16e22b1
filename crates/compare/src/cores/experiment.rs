//! The names of the experiments.

use serde::Serialize;

/// One experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Experiment {
    /// One request in a hundred computes for 50 ms; what do the others feel?
    Mixed,
    /// All connections are dealt to one core; how much is done?
    Skew,
    /// More is asked than can be done; how much is still answered in time?
    Overload,
    /// The application is loaded anew again and again; what is lost?
    Reload,
}

impl Experiment {
    /// All, in the order of results.
    pub const ALL: [Experiment; 4] = [
        Experiment::Mixed,
        Experiment::Skew,
        Experiment::Overload,
        Experiment::Reload,
    ];

    /// As it is typed and printed.
    pub fn name(self) -> &'static str {
        match self {
            Experiment::Mixed => "mixed",
            Experiment::Skew => "skew",
            Experiment::Overload => "overload",
            Experiment::Reload => "reload",
        }
    }
}
