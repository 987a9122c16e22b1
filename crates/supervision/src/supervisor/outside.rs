//! What the supervisor hears from outside of the process, and what it says.
//!
//! Outlives the program that is served: that may be started anew. Never decides anything. Owns signals, the watch, the
//! process before this one, the PID file. Called by: the supervisor.

use std::os::unix::net::UnixStream;
use std::task::Context;

use super::upgrade::{Forerunner, Origin};
use crate::error::Error;
use crate::mode::Mode;
use crate::options::Options;
use crate::pid_file::PidFile;
use crate::signals::Signals;
use crate::watch::Watch;

pub(super) struct Outside {
    pub(super) signals: Signals,
    pub(super) watch: Watch,
    origin: Origin,
    /// The process before this one, until it is gone.
    forerunner: Option<Forerunner>,
    is_relieved: bool,
    /// Written once this process serves.
    pid_file: Option<PidFile>,
}

impl Outside {
    /// Must be called inside a tokio runtime.
    pub(super) fn new(mode: Mode, options: &Options, old_core: Option<UnixStream>) -> Result<Self, Error> {
        // Who asks for another process has to learn its id.
        let hears_upgrades = mode == Mode::Serve && options.pid_file.is_some();
        Ok(Outside {
            signals: Signals::new(mode, hears_upgrades).map_err(Error::Core)?,
            watch: Watch::new(options)?,
            origin: Origin::of_this_process().map_err(Error::Core)?,
            forerunner: old_core.map(Forerunner::new).transpose().map_err(Error::Core)?,
            is_relieved: false,
            pid_file: None,
        })
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Tells whoever wants to know that the process serves: on one core, on all.
    pub(super) fn tell_of_start(
        &mut self,
        options: &Options,
        serves: bool,
        serves_everywhere: bool,
    ) -> Result<(), Error> {
        if serves && self.pid_file.is_none() {
            self.pid_file = options.pid_file.as_deref().map(PidFile::write).transpose()?;
        }
        if let Some(forerunner) = self.forerunner.as_ref().filter(|_| serves_everywhere)
            && !self.is_relieved
        {
            self.is_relieved = true;
            forerunner.relieve();
        }
        Ok(())
    }

    /// Whether the process before this one may be told of clients, or was the moment before.
    pub(super) fn has_forerunner(&mut self, context: &mut Context<'_>) -> bool {
        self.forerunner
            .take_if(|forerunner| forerunner.poll_gone(context).is_ready());
        self.forerunner.is_some()
    }
}
