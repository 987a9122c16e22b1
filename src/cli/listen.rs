//! Where to listen: `--port`, `--host`, `--unix`.
//!
//! Owns these options. Never reads PORT and HOST, which the module's export overrides: `environment` does.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "Listen")]
pub struct ListenArguments {
    /// TCP port, 0 for a free one [default: the module's, else PORT, else 3000]
    ///
    /// From 0 to 65535; with 0 the kernel chooses a free port, which the start-up line names. What is given
    /// here wins over the `port` the module exports, that over the environment variable PORT, that over 3000.
    #[arg(long, short, value_name = "PORT")]
    pub port: Option<u16>,

    /// Address to bind to [default: the module's, else HOST, else 0.0.0.0]
    ///
    /// An IP address, or a name that resolves to one. What is given here wins over the `hostname` the module
    /// exports, that over the environment variable HOST, that over 0.0.0.0, which is every IPv4 interface
    /// (`::` is every interface of both families).
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<String>,

    /// Listen on a Unix-domain socket at PATH instead of TCP
    ///
    /// The socket is removed at the end. A socket that is there already is replaced when nobody listens on it.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["port", "host"])]
    pub unix: Option<PathBuf>,
}
