//! What is compared, how long, and where.

use std::path::PathBuf;
use std::time::Duration;

/// A comparison. `Options::new(howth, cache)` is all workloads in five rounds of five seconds.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who is measured, in this order; empty: howth and whichever of the others is found.
    pub runtimes: Vec<Runtime>,
    /// Where they are.
    pub binaries: Binaries,
    /// Further servers.
    pub extras: Vec<Extra>,
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
    /// A folder that npm installs to, and that later runs use again.
    pub cache: PathBuf,
    /// Whether npm installs what is missing there.
    pub install: bool,
}

/// What serves the applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// howth on io_uring.
    Howth,
    /// howth on the portable engine.
    HowthPortable,
    /// Bun.
    Bun,
    /// Deno.
    Deno,
    /// Node.
    Node,
}

/// Paths of binaries; without one the cache folder is looked at, then PATH.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// howth.
    pub howth: PathBuf,
    /// Bun.
    pub bun: Option<PathBuf>,
    /// Deno.
    pub deno: Option<PathBuf>,
    /// Node.
    pub node: Option<PathBuf>,
}

/// Anything else that serves HTTP.
#[derive(Clone, Debug)]
pub struct Extra {
    /// Its name in the results.
    pub name: String,
    /// Its command line, in which `{port}` stands for the port and `{application}` for a workload's application.
    /// Without the latter it is measured with `hello` only.
    pub command: String,
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
            runtimes: Vec::new(),
            binaries: Binaries {
                howth,
                bun: None,
                deno: None,
                node: None,
            },
            extras: Vec::new(),
            workloads: Vec::new(),
            rounds: 5,
            seconds: Duration::from_secs(5),
            warm_up: Duration::from_secs(1),
            sizes: Sizes::default(),
            server_core: 0,
            load_core: 1,
            cache,
            install: false,
        }
    }

    /// What `--install` may have to fetch.
    pub(crate) fn runtimes_to_install(&self) -> Vec<Runtime> {
        let is_named = |runtime: &Runtime| match runtime {
            Runtime::Howth | Runtime::HowthPortable => true,
            Runtime::Bun => self.binaries.bun.is_some(),
            Runtime::Deno => self.binaries.deno.is_some(),
            Runtime::Node => self.binaries.node.is_some(),
        };
        let is_asked = |runtime: &Runtime| self.runtimes.is_empty() || self.runtimes.contains(runtime);
        let mut runtimes = Runtime::ALL.to_vec();
        runtimes.retain(|runtime| is_asked(runtime) && !is_named(runtime));
        runtimes
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

impl Runtime {
    /// All, in the order of results.
    pub const ALL: [Runtime; 5] = [
        Runtime::Howth,
        Runtime::HowthPortable,
        Runtime::Bun,
        Runtime::Deno,
        Runtime::Node,
    ];

    /// As it is typed and printed.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Howth => "howth",
            Runtime::HowthPortable => "howth-portable",
            Runtime::Bun => "bun",
            Runtime::Deno => "deno",
            Runtime::Node => "node",
        }
    }

    /// Whether it is howth itself, on either engine.
    pub fn is_howth(self) -> bool {
        matches!(self, Runtime::Howth | Runtime::HowthPortable)
    }
}
