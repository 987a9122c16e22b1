//! What a reader must know to judge the figures of a comparison: the machine, and the conditions.

use serde::Serialize;

use crate::machine::Machine;
use crate::options::Options;

/// In the results' JSON.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Facts {
    #[serde(flatten)]
    pub(crate) machine: Machine,
    pub(crate) server_core: usize,
    pub(crate) load_core: usize,
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
    pub(crate) warm_up_seconds: f64,
}

impl Facts {
    pub(crate) fn gather(options: &Options, versions: Vec<(String, String)>) -> Self {
        Facts {
            machine: Machine::gather(versions),
            server_core: options.server_core,
            load_core: options.load_core,
            rounds: options.rounds,
            seconds: options.seconds.as_secs_f64(),
            warm_up_seconds: options.warm_up.as_secs_f64(),
        }
    }
}
