//! The runtime: JavaScript and TypeScript applications, served by one isolate and one engine per core.
//!
//! Owns: module loading, the isolates, the bridge between engine and JavaScript, the life of cores, start and
//! stop. Never does: read flags or print help (that is the binary), submit to a ring or parse HTTP (that is
//! the engines). Called by: the binary, through [`serve`] and [`run`].

mod affinity;
mod bridge;
mod core;
mod engine;
mod environment;
mod error;
mod frequency;
#[doc(hidden)]
pub mod in_process;
mod inbox;
pub mod isolate;
mod listen;
pub mod modules;
pub mod node_options;
mod open_files;
mod options;
mod pid_file;
mod signals;
mod startup_code;
mod supervisor;
mod topics;
mod watch;
pub mod worst_case;

pub use affinity::{NotAllowed, Pinning, Unpinned, parse_processors};
pub use error::{Error, ListenError};
pub use howth_kv::{BYTES_MAX_DEFAULT as KV_BYTES_DEFAULT, BYTES_MAX_LEAST as KV_BYTES_LEAST};
pub use howth_scheduling::Affinity;
pub use options::{
    Debugger, EngineChoice, ListenOptions, Options, Start, UncaughtExceptions, UnhandledRejections,
};

use std::process::ExitCode;

/// Serves an application until it is told to stop.
///
/// # Errors
/// The application cannot be started, or ended badly.
pub fn serve(options: Options) -> Result<ExitCode, Error> {
    supervisor::supervise(core::Mode::Serve, options)
}

/// Runs a script, or a program that serves, until it is through.
///
/// # Errors
/// The program cannot be started, or ended badly.
pub fn run(options: Options) -> Result<ExitCode, Error> {
    supervisor::supervise(core::Mode::Run, options)
}

/// Versions of what the runtime is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// V8.
    pub v8: &'static str,
    /// The crate deno_runtime.
    pub deno_runtime: &'static str,
}

/// Versions of what the runtime is made of; starts nothing.
pub fn versions() -> Versions {
    Versions {
        v8: deno_core::v8::VERSION_STRING,
        deno_runtime: "0.268.0",
    }
}
