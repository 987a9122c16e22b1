//! What is compared, how long, and where.

use std::path::PathBuf;
use std::time::Duration;

use crate::lineup::Lineup;

/// A comparison. `Options::new(howth, cache)` is all workloads in five rounds of five seconds.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who is measured.
    pub lineup: Lineup,
    /// Workloads by name; empty: all.
    pub workloads: Vec<String>,
    /// How often everything is measured.
    pub rounds: usize,
    /// Of load for each figure.
    pub seconds: Duration,
    /// Of load before each figure.
    pub warm_up: Duration,
    /// How much of what is not measured by time.
    pub sizes: Sizes,
    /// The server's core.
    pub server_core: usize,
    /// The load generator's.
    pub load_core: usize,
}

/// Amounts.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Bytes of a streamed response.
    pub stream_bytes: u64,
    /// Bytes of an uploaded body.
    pub upload_bytes: usize,
    /// Uploads for each figure.
    pub uploads: u64,
    /// Starts of each contestant.
    pub starts: usize,
    /// Connections that stay idle.
    pub idle_connections: usize,
}

impl Options {
    /// The defaults.
    pub fn new(howth: PathBuf, cache: PathBuf) -> Self {
        Options {
            lineup: Lineup::new(howth, cache),
            workloads: Vec::new(),
            rounds: 5,
            seconds: Duration::from_secs(5),
            warm_up: Duration::from_secs(1),
            sizes: Sizes::default(),
            server_core: 0,
            load_core: 1,
        }
    }

    /// A short look, too short to quote.
    pub fn quick(self) -> Self {
        Options {
            rounds: 1,
            seconds: Duration::from_secs(1),
            warm_up: Duration::from_millis(300),
            sizes: Sizes::quick(),
            ..self
        }
    }
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes {
            stream_bytes: 1 << 30,
            upload_bytes: 10 << 20,
            uploads: 50,
            starts: 10,
            idle_connections: 5000,
        }
    }
}

impl Sizes {
    /// For a short look.
    pub fn quick() -> Self {
        Sizes {
            stream_bytes: 128 << 20,
            upload_bytes: 10 << 20,
            uploads: 10,
            starts: 2,
            idle_connections: 500,
        }
    }
}
