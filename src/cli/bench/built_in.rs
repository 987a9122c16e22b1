//! `howth bench http` without a URL: the server that is started for it.
//!
//! Owns that it ends with the measurement, also when a signal breaks that off. Never measures: `http` does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use howth_compare::BuiltInServer;

use super::contestants::failure;
use super::terminal::on_signals;
use crate::cli::failure::Failure;

pub struct BuiltIn {
    server: BuiltInServer,
    interrupt: Arc<AtomicBool>,
}

impl BuiltIn {
    /// Starts this binary once more. Signals are listened for from now on: the server is a process of its own, and
    /// would stay behind.
    pub fn start() -> Result<Self, Failure> {
        let howth = std::env::current_exe()
            .map_err(|error| Failure::runtime(format!("cannot find howth's own binary ({error})")))?;
        Ok(BuiltIn {
            interrupt: on_signals()?,
            server: BuiltInServer::start(howth).map_err(|error| failure(&error))?,
        })
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Whether a signal has come.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
}
