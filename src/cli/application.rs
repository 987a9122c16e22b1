//! The arguments `serve` and `run` share.
//!
//! Owns the list of groups; each group has its file. Never interprets them: `options` does.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::clients::ClientArguments;
use super::compression::CompressionArguments;
use super::deadlines::DeadlineArguments;
use super::development::DevelopmentArguments;
use super::engine::EngineArguments;
use super::folders::FolderArguments;
use super::limits::LimitArguments;
use super::listen::ListenArguments;
use super::overload::OverloadArguments;
use super::reload::ReloadArguments;
use super::routes::RouteArguments;
use super::tls::TlsArguments;

/// Everything that may stand behind `howth serve` and `howth run`.
#[derive(Debug, Args)]
pub struct ApplicationArguments {
    /// The application's entry file (.ts .mts .cts .tsx .jsx .js .mjs .cjs), then its own arguments
    ///
    /// Also a file without an extension, a link, or a folder with a package.json or an index file: what Node runs.
    /// TypeScript is run as it is, without a build step. Packages come from the node_modules folders that npm
    /// made. Under `serve` howth's options stand on either side of FILE, and `--` begins the application's arguments
    /// (process.argv from the third on). Under `run` they stand before FILE, as with Node: whatever follows it, options
    /// included, is the application's.
    #[arg(
        value_names = ["FILE", "ARGS"],
        num_args = 1..,
        required_unless_present_any = ["dir", "redirect"],
        trailing_var_arg = true
    )]
    file_and_arguments: Vec<OsString>,

    /// Set environment variables from FILE (may be repeated)
    ///
    /// Lines of NAME=value, as in a .env file; quotes, comments and ${NAME} are understood. Variables that are
    /// set already win over every file, a later file wins over an earlier one. The files are read before
    /// anything else starts, so they may hold PORT, HOST, HOWTH_URING and HOWTH_TRACE as well. Without this
    /// option no file is read.
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,

    /// Do not print the start-up line; errors are printed all the same
    #[arg(long)]
    pub quiet: bool,

    /// Use nothing of earlier starts, and keep nothing for later ones
    ///
    /// JavaScript made of TypeScript, and what V8 compiled of modules, is kept in HOWTH_CACHE_DIR, or else in
    /// $XDG_CACHE_HOME/howth or ~/.cache/howth: at most 256 MiB.
    #[arg(long)]
    pub no_cache: bool,

    /// Whether the program has the global of another runtime: bun, none
    ///
    /// Without it a program has `Bun` where a file of its own, not of a package, names it, or imports "bun" or a
    /// package's entry for Bun, such as "hono/bun". Packages that find `Bun` take Bun's way.
    #[arg(long, value_name = "RUNTIME")]
    pub compat: Option<CompatibilityChoice>,

    #[command(flatten)]
    pub listen: ListenArguments,

    #[command(flatten)]
    pub folders: FolderArguments,

    #[command(flatten)]
    pub routes: RouteArguments,

    #[command(flatten)]
    pub tls: TlsArguments,

    #[command(flatten)]
    pub clients: ClientArguments,

    #[command(flatten)]
    pub engine: EngineArguments,

    #[command(flatten)]
    pub reload: ReloadArguments,

    #[command(flatten)]
    pub development: DevelopmentArguments,

    #[command(flatten)]
    pub limits: LimitArguments,

    #[command(flatten)]
    pub deadlines: DeadlineArguments,

    #[command(flatten)]
    pub overload: OverloadArguments,

    #[command(flatten)]
    pub compression: CompressionArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum CompatibilityChoice {
    /// `Bun` is there from the start, for packages too
    Bun,
    /// `Bun` is never there
    None,
}

impl ApplicationArguments {
    /// The entry file. clap lets no command line pass that has neither one nor a folder nor a redirect.
    pub fn file(&self) -> &Path {
        self.file_and_arguments.first().map_or(Path::new(""), Path::new)
    }

    /// What follows the entry file.
    pub fn arguments(&self) -> &[OsString] {
        self.file_and_arguments.get(1..).unwrap_or_default()
    }
}
