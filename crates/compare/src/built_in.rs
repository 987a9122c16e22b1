//! The built-in server: howth with the least of all applications, for a measurement that names no server.
//!
//! Owns its life. Never measures it. Called by: `howth bench http` without a URL.

use std::path::{Path, PathBuf};

use crate::applications::Applications;
use crate::contestant::Contestant;
use crate::error::CompareError;
use crate::lineup::Runtime;
use crate::server::{Launch, Placement, Server};
use crate::workloads::hello_request;

const APPLICATION: &str = "hello";

/// howth, which answers every request with "Hi". Dropping it ends it.
#[derive(Debug)]
pub struct BuiltInServer {
    server: Server,
    /// Its files, which it may read again.
    _applications: Applications,
}

impl BuiltInServer {
    /// Starts this binary on one core and a free port of 127.0.0.1, and waits for its first answer.
    ///
    /// # Errors
    /// It does not start, or does not answer.
    pub fn start(howth: PathBuf) -> Result<Self, CompareError> {
        let contestant = Contestant::of_runtime(Runtime::Howth, howth)?;
        // It needs no packages.
        let applications = Applications::write(Path::new("/nonexistent"))?;
        let launch = Launch {
            application: APPLICATION,
            folder: &applications.folder(APPLICATION),
            first: &hello_request(),
            placement: Placement::Cores(1),
            port: None,
        };
        Ok(BuiltInServer {
            server: Server::start(&contestant, launch)?,
            _applications: applications,
        })
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}/", self.server.address())
    }
}
