//! The runtime: JavaScript and TypeScript applications, served by one isolate and one engine per core.
//!
//! Owns: module loading, the isolates, the bridge between engine and JavaScript, the life of cores, start and
//! stop. Never does: read flags or print help (that is the binary), submit to a ring or parse HTTP (that is
//! the engines). Called by: the binary, through [`serve`] and [`run`].
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]

mod bridge;
mod compression;
mod core;
mod engine;
mod error;
#[doc(hidden)]
pub mod in_process;
pub mod isolate;
pub mod modules;
pub mod node_options;
mod options;
mod program;
mod rate_limits;
mod redirect;
mod request_log;
mod response_cache;
mod server_timing;
mod tls;
mod topics;
pub mod worst_case;

pub use error::Error;
pub use howth_compression::{BODY_DECODING, Coding, Policy as CompressionPolicy};
pub use howth_files::Settings as FolderSettings;
pub use howth_kv::{BYTES_MAX_DEFAULT as KV_BYTES_DEFAULT, BYTES_MAX_LEAST as KV_BYTES_LEAST};
pub use howth_response_cache::{
    BYTES_MAX_DEFAULT as CACHE_BYTES_DEFAULT, BYTES_MAX_LEAST as CACHE_BYTES_LEAST,
};
pub use howth_scheduling::Affinity;
pub use howth_supervision::{
    Error as SupervisionError, ListenAddress, ListenError, ListenOptions, NotAllowed, Pinning, Unpinned,
    parse_processors, tell,
};
pub use options::{
    Compatibility, Debugger, EngineChoice, Options, ServedFolder, Start, TlsIdentity, TlsOptions,
    UncaughtExceptions, UnhandledRejections,
};

use std::process::ExitCode;

use howth_supervision::Mode;

/// Serves an application until it is told to stop.
///
/// # Errors
/// The application cannot be started, or ended badly.
pub fn serve(options: Options) -> Result<ExitCode, Error> {
    program::serve(Mode::Serve, options)
}

/// Runs a script, or a program that serves, until it is through.
///
/// # Errors
/// The program cannot be started, or ended badly.
pub fn run(options: Options) -> Result<ExitCode, Error> {
    program::serve(Mode::Run, options)
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
