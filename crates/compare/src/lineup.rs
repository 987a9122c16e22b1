//! Who is measured: runtimes, where their binaries are, further servers.
//!
//! Owns the choice as the caller states it. Never looks for a binary; `contestant` does.

use std::path::PathBuf;

/// `Lineup::new(howth, cache)` is howth and whichever of the others is found.
#[derive(Clone, Debug)]
pub struct Lineup {
    /// Who is measured, in this order; empty: howth and whichever of the others is found.
    pub runtimes: Vec<Runtime>,
    /// Where they are.
    pub binaries: Binaries,
    /// Further servers.
    pub extras: Vec<Extra>,
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
    /// nginx, with what needs no program.
    Nginx,
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
    /// nginx.
    pub nginx: Option<PathBuf>,
}

/// Anything else that serves HTTP.
#[derive(Clone, Debug)]
pub struct Extra {
    /// Its name in the results.
    pub name: String,
    /// Its command line, in which `{port}` stands for the port, `{application}` for a workload's application and
    /// `{cores}` for the number of cores that shall serve. Without an application it is measured with `hello` only.
    pub command: String,
}

impl Lineup {
    /// The defaults.
    pub fn new(howth: PathBuf, cache: PathBuf) -> Self {
        Lineup {
            runtimes: Vec::new(),
            binaries: Binaries {
                howth,
                bun: None,
                deno: None,
                node: None,
                nginx: None,
            },
            extras: Vec::new(),
            cache,
            install: false,
        }
    }

    /// What `--install` may have to fetch.
    pub(crate) fn runtimes_to_install(&self) -> Vec<Runtime> {
        let is_named = |runtime: &Runtime| match runtime {
            // npm has no nginx.
            Runtime::Howth | Runtime::HowthPortable | Runtime::Nginx => true,
            Runtime::Bun => self.binaries.bun.is_some(),
            Runtime::Deno => self.binaries.deno.is_some(),
            Runtime::Node => self.binaries.node.is_some(),
        };
        let is_asked = |runtime: &Runtime| self.runtimes.is_empty() || self.runtimes.contains(runtime);
        let mut runtimes = Runtime::ALL.to_vec();
        runtimes.retain(|runtime| is_asked(runtime) && !is_named(runtime));
        runtimes
    }
}

impl Runtime {
    /// All, in the order of results.
    pub const ALL: [Runtime; 6] = [
        Runtime::Howth,
        Runtime::HowthPortable,
        Runtime::Bun,
        Runtime::Deno,
        Runtime::Node,
        Runtime::Nginx,
    ];

    /// As it is typed and printed.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Howth => "howth",
            Runtime::HowthPortable => "howth-portable",
            Runtime::Bun => "bun",
            Runtime::Deno => "deno",
            Runtime::Node => "node",
            Runtime::Nginx => "nginx",
        }
    }

    /// Whether it is howth itself, on either engine.
    pub fn is_howth(self) -> bool {
        matches!(self, Runtime::Howth | Runtime::HowthPortable)
    }
}
