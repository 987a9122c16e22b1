//! What the supervisor is told.
//!
//! Owns plain data. Never reads a command line. Called by: the runtime, which fills it in.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use crate::affinity::Pinning;
use crate::listen::ListenOptions;

/// What the supervisor is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program's file or folder.
    pub entry: PathBuf,
    /// Where to listen.
    pub listen: ListenOptions,
    /// Cores to serve on; `None` is auto: affinity and cgroup quota decide.
    pub cores: Option<NonZeroUsize>,
    /// Which processors they run on.
    pub pinning: Pinning,
    /// Reload on change of a file beside or below the program's.
    pub watch: bool,
    /// Where the process's id is written.
    pub pid_file: Option<PathBuf>,
    /// The path a new core has to answer well before it takes another's place.
    pub reload_check: Option<String>,
    /// How long requests in flight may take to finish after SIGTERM, or when new code has taken the place of old.
    pub drain: Duration,
    /// The line printed when serving begins is suppressed.
    pub quiet: bool,
}
