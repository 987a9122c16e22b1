//! What the command line asks of the runtime.
//!
//! Owns plain data, filled in by the binary. Never reads flags or the environment itself.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use howth_compression::Policy;
use howth_engine::EngineOptions;
use howth_rate_limit::Rate;
use howth_routes::{Pattern, Redirect};
use howth_scheduling::Affinity;
use howth_supervision::{ListenOptions, Pinning};

/// Which engine is to serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// io_uring where it works, else the portable engine; the start-up line says why.
    #[default]
    Auto,
    /// io_uring, or an error that names the cause and the remedy.
    Require,
    /// The portable engine; io_uring is not even probed.
    Off,
}

/// What follows a promise that is rejected, outside of a request, with nobody handling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnhandledRejections {
    /// It is printed, and the program goes on. The default of a server.
    Warn,
    /// It is an uncaught exception, which ends the process unless [`UncaughtExceptions`] say something else. The default
    /// of a script.
    Throw,
    /// Nothing.
    None,
}

/// What follows an exception that nothing catches. It is printed in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UncaughtExceptions {
    /// The program goes on. The default of a program that serves.
    Report,
    /// A new isolate takes the place of the one in which it was thrown, while other cores serve on; as `Report` when that
    /// has happened five times in a minute, and as `Exit` under `run`.
    Restart,
    /// The process ends with code 1. The default of a program that does not serve, or not yet.
    Exit,
}

/// Whether a program waits for its debugger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Debugger {
    /// One may attach at any time.
    #[default]
    MayAttach,
    /// `--inspect-wait`: the program starts when one has attached.
    IsAwaited,
    /// `--inspect-brk`: and stops at its first statement.
    Breaks,
}

/// What the text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextKind {
    /// An ES module if it is written as one, else CommonJS.
    #[default]
    AsWritten,
    /// `--input-type=commonjs`
    CommonJs,
    /// `--input-type=module`
    Module,
}

/// A program that is no file.
#[derive(Clone, Debug)]
pub struct ProgramText {
    /// What it is called in messages and stack traces: `[eval]`, `[stdin]`.
    pub name: &'static str,
    /// JavaScript or TypeScript.
    pub code: String,
    /// What it is.
    pub kind: TextKind,
    /// Its value is printed (`--print`).
    pub prints: bool,
}

/// Whether a program has the global of another runtime (`--compat`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compatibility {
    /// `Bun`, if a file of its own names it.
    #[default]
    AsNamed,
    /// `Bun`, whatever it names.
    Bun,
    /// None.
    None,
}

/// How a program is started, by the options that Node's users know.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The program itself, where it is no file: `--eval`, standard input.
    pub text: Option<ProgramText>,
    /// `--require`: modules that are required before the program starts.
    pub require: Vec<String>,
    /// `--import`: modules that are imported before the program starts, after those.
    pub import: Vec<String>,
    /// `--conditions`: of packages' exports, beside the usual ones.
    pub conditions: Vec<String>,
    /// `--compat`: whether it has `Bun`.
    pub compatibility: Compatibility,
    /// `process.execArgv`: options of Node's that a child process is given as well.
    pub exec_arguments: Vec<String>,
    /// Whether a debugger may come, for which all code has to say which lines of TypeScript it is made of.
    pub is_debugged: bool,
    /// Whether it waits for a debugger.
    pub debugger: Debugger,
    /// An option of howth's among the program's arguments, where it most likely does not belong.
    pub misplaced: Option<String>,
}

/// What the command line says about TLS.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsOptions {
    /// What the server shows.
    pub identity: TlsIdentity,
    /// What its key is encrypted with.
    pub passphrase: Option<String>,
    /// Who issues the certificates of clients, who need one then.
    pub ca: Option<PathBuf>,
}

impl std::fmt::Debug for TlsOptions {
    /// Without the passphrase.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TlsOptions({:?}, {:?})", self.identity, self.ca)
    }
}

/// What the server shows to prove who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsIdentity {
    /// What is in files, in PEM.
    Files {
        /// The certificate, and those it was issued by.
        cert: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// A certificate that is made for this process, for development.
    SelfSigned {
        /// Hosts and addresses besides those of this machine.
        hosts: Vec<String>,
    },
}

/// A folder whose files are served without JavaScript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedFolder {
    /// What the paths of its files begin with, as URLs have it and without a slash behind it; empty: all paths do.
    pub prefix: String,
    /// Where it is.
    pub path: PathBuf,
    /// How it is served.
    pub settings: howth_files::Settings,
}

/// Everything `howth serve` and `howth run` need to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// The application's entry file.
    pub entry: PathBuf,
    /// Arguments after the file, as `process.argv.slice(2)`.
    pub arguments: Vec<String>,
    /// How it is started.
    pub start: Start,
    /// The folder where what is made of modules is kept for later starts.
    pub cache: Option<PathBuf>,
    /// Where to listen.
    pub listen: ListenOptions,
    /// `--tls-…`: what all listeners seal their connections by; `None`: programs say so themselves.
    pub tls: Option<TlsOptions>,
    /// `--redirect-http`: where clients that come in clear are sent to TLS.
    pub redirect_http: Option<SocketAddr>,
    /// Which engine.
    pub engine: EngineChoice,
    /// Cores to serve on; `None` is auto: affinity and cgroup quota decide.
    pub cores: Option<NonZeroUsize>,
    /// Which processors they run on.
    pub pinning: Pinning,
    /// Bounds and deadlines of each core's engine.
    pub engine_options: EngineOptions,
    /// Which responses are compressed, and how; `None`: none.
    pub compression: Option<Policy>,
    /// How long JavaScript may run for one event; `None` is for ever.
    pub handler_cpu_limit: Option<Duration>,
    /// The path under which the server tells whether it is ready.
    pub health: Option<String>,
    /// Requests that would wait longer for a core, while all of them do, are refused.
    pub queue_delay_max: Option<Duration>,
    /// Cores that are behind hand requests to others.
    pub shares_work: bool,
    /// What makes requests belong to one core.
    pub affinity: Option<Affinity>,
    /// V8 heap limit of each isolate in bytes; `None` derives it from the cgroup.
    pub heap_bytes_max: Option<usize>,
    /// Bound of what `Howth.kv` holds for all cores together, in bytes.
    pub kv_bytes_max: usize,
    /// Bound of what `Howth.cache` keeps for all cores together, in bytes.
    pub cache_bytes_max: usize,
    /// Flags for V8, each with its dashes.
    pub v8_flags: Vec<String>,
    /// Unhandled promise rejections outside requests; `None` is the default of the program at hand.
    pub unhandled_rejections: Option<UnhandledRejections>,
    /// Uncaught exceptions outside requests; `None` likewise.
    pub uncaught_exceptions: Option<UncaughtExceptions>,
    /// Error pages with the stack, for development.
    pub development: bool,
    /// A line on stderr for each request.
    pub logs_requests: bool,
    /// Responses of the program say how long they took.
    pub server_timing: bool,
    /// Reload on change of a loaded file.
    pub watch: bool,
    /// `--pid-file`: where the process's id is written.
    pub pid_file: Option<PathBuf>,
    /// `--reload-check`: the path a new core has to answer well before it takes another's place.
    pub reload_check: Option<String>,
    /// How long requests in flight may take to finish after SIGTERM, or when new code has taken the place of old.
    pub drain: Duration,
    /// `--dir`: folders whose files are served before the program's answers.
    pub folders: Vec<ServedFolder>,
    /// `--redirect`: paths that lead elsewhere, before folders and the program.
    pub redirects: Vec<(Pattern, Redirect)>,
    /// `--rate-limit`: how often each address may ask.
    pub rate_limit: Option<Rate>,
    /// Print where a request's time goes.
    pub trace: bool,
    /// `--inspect`: listen for a debugger.
    pub inspect: Option<SocketAddr>,
    /// The exact line printed when serving begins is suppressed.
    pub quiet: bool,
}
