//! Everything that can end `serve` or `run`, each a line that names the cause and the remedy.

use std::io;
use std::path::PathBuf;

use crate::isolate::UnknownFlags;
use crate::modules::ModulesError;

/// Why the runtime could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The entry file, or a configuration file beside it.
    #[error(transparent)]
    Modules(#[from] ModulesError),
    /// `--v8-flags`.
    #[error("{0}; see `node --v8-options` for V8's flags")]
    V8Flags(#[from] UnknownFlags),
    /// `--uring` was asked for and cannot be had.
    #[error("--uring: {cause}; {remedy}")]
    RingRefused {
        /// Why.
        cause: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The program failed while its top-level code ran. What it printed says more.
    #[error("{entry}: {message}")]
    Program {
        /// The entry file.
        entry: String,
        /// The exception with its stack, or the reason.
        message: String,
    },
    /// A module of `--require` or `--import` was not found, or failed.
    #[error("a module of --require or --import: {0}")]
    Before(String),
    /// The module exports nothing that can be served.
    #[error(
        "{0} has no handler; write `export default {{ fetch(request) {{ return new Response(\"Hi\") }} }}` or \
         call Howth.serve(handler); a program that listens itself is started by: howth run {0}"
    )]
    NoHandler(PathBuf),
    /// `serve` of a program that has opened a server of its own.
    #[error(
        "{0} listens itself, in a way that howth does not serve (node:net, Deno.listen, Deno.serve with TLS or compression, or \
         node:https with what howth leaves to Deno: docs/programs.md), so there is nothing to serve; start it by: howth run {0}"
    )]
    ListensItself(PathBuf),
    /// `serve` of a module that exports what node:http calls.
    #[error(
        "{0} exports an application of node:http (Express, Koa, Fastify), not a handler of requests; have it listen \
         itself, by its `listen(port)`, and start it by: howth run {0}"
    )]
    NodeApplication(PathBuf),
    /// What is the supervisor's affair: cores, sockets, signals.
    #[error(transparent)]
    Supervision(#[from] howth_supervision::Error),
    /// A thread or its event loop could not be made.
    #[error("cannot start a core: {0}; check the limits on processes and open files (ulimit -u, ulimit -n)")]
    Core(#[source] io::Error),
    /// The engine failed beyond repair.
    #[error("the engine failed: {0}; restart howth, and with --uring=off if it fails again")]
    Engine(#[source] io::Error),
    /// An exception or a rejection that nothing caught, where it ends the isolate.
    #[error(transparent)]
    Uncaught(#[from] Uncaught),
    /// Any of these, of a program that has set the code the process ends with.
    #[error("{error}")]
    WithCode {
        /// The code.
        code: i32,
        /// What ended the program.
        error: Box<Error>,
    },
    /// `--tls-…`.
    #[error(transparent)]
    Tls(#[from] howth_tls::TlsError),
    /// `--redirect-http` cannot listen.
    #[error(
        "--redirect-http: cannot listen on {address}: {cause}; give another port, or stop what listens there"
    )]
    Redirect {
        /// Where.
        address: std::net::SocketAddr,
        /// Why not.
        cause: io::Error,
    },
    /// A folder of `--dir`.
    #[error("--dir: {0}")]
    Folder(#[from] howth_files::FolderError),
    /// `--inspect` cannot listen.
    #[error("--inspect: {0}; give another address as --inspect=HOST:PORT")]
    Inspect(String),
}

impl Error {
    /// The code the process ends with.
    pub fn code(&self) -> u8 {
        match self {
            // The system keeps the lowest eight bits, as of any code.
            Error::WithCode { code, .. } => *code as u8,
            // What was typed is wrong, though that could not be seen before the machine was asked.
            Error::Supervision(howth_supervision::Error::Pin(_)) => 2,
            _ => 1,
        }
    }
}

/// An exception that nothing has caught, or a rejection that nothing has handled.
#[derive(Clone, Debug)]
pub struct Uncaught {
    /// The program did not throw it, but rejected a promise with it.
    pub is_rejection: bool,
    /// What it was, with its stack.
    pub text: String,
    /// A new isolate takes the place of the one it has ended.
    pub restarts: bool,
}

impl std::fmt::Display for Uncaught {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self.is_rejection {
            true => "unhandled rejection",
            false => "uncaught exception",
        };
        write!(formatter, "{name}: {}", self.text)
    }
}

impl std::error::Error for Uncaught {}
