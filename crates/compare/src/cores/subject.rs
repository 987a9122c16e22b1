//! One contestant in the hands of an experiment: how it is started and loaded.

use std::cell::Cell;
use std::net::TcpStream;

use super::burn::Burn;
use super::deal;
use super::options::Options;
use super::other_load::OtherLoad;
use crate::applications::Applications;
use crate::contest::Observer;
use crate::contestant::Contestant;
use crate::error::CompareError;
use crate::measure::{self, Used};
use crate::server::{Launch, Placement, Server};

/// The one application of all experiments.
pub(super) const APPLICATION: &str = "cores";

/// What an experiment needs to measure one contestant.
pub(super) struct Subject<'a> {
    pub(super) options: &'a Options,
    pub(super) contestant: &'a Contestant,
    pub(super) burn: Burn,
    pub(super) launcher: Launcher<'a>,
    pub(super) observer: &'a dyn Observer,
    /// The most processors that others used during one of its loads.
    pub(super) other_load: Cell<f64>,
}

/// Starts one contestant, from any thread.
#[derive(Clone, Copy)]
pub(super) struct Launcher<'a> {
    pub(super) contestant: &'a Contestant,
    pub(super) applications: &'a Applications,
}

impl Launcher<'_> {
    /// Starts it, and waits until all cores answer.
    pub(super) fn start(&self, cores: usize) -> Result<Server, CompareError> {
        let server = self.start_on(cores, None)?;
        deal::await_cores(&server, cores)?;
        Ok(server)
    }

    /// Starts another beside one that serves on a port; which of them answers is to be found out.
    pub(super) fn start_beside(&self, cores: usize, port: u16) -> Result<Server, CompareError> {
        self.start_on(cores, Some(port))
    }

    fn start_on(&self, cores: usize, port: Option<u16>) -> Result<Server, CompareError> {
        let launch = Launch {
            application: APPLICATION,
            folder: &self.applications.folder(APPLICATION),
            first: &deal::get("/"),
            placement: Placement::Cores(cores),
            port,
        };
        Server::start(self.contestant, launch)
    }
}

impl Subject<'_> {
    /// Starts it, and waits until all cores answer.
    pub(super) fn start(&self, cores: usize) -> Result<Server, CompareError> {
        self.launcher.start(cores)
    }

    /// Loads a server over connections that are open already, and what is missing of the run's.
    pub(super) fn load(
        &self,
        server: &Server,
        run: &howth_load::Options,
        connections: Vec<TcpStream>,
    ) -> Result<(howth_load::Report, Used), CompareError> {
        self.watch(|| measure::over(server, run, connections, &|| self.is_interrupted()))
    }

    /// Watches what others use while the servers live: whose parent has gone with them is nobody's.
    pub(super) fn watch<T>(&self, load: impl FnOnce() -> T) -> T {
        let other_load = OtherLoad::watch();
        let result = load();
        self.other_load
            .set(self.other_load.get().max(other_load.processors()));
        result
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.observer.is_interrupted()
    }
}
