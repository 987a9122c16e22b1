//! `howth bench` in a build that cannot measure.
//!
//! Owns the line that says so. Stands in for the module `bench` where there is no io_uring.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct BenchArguments {
    /// Whatever was typed
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<OsString>,
}

/// Says why nothing is measured.
pub fn carry_out(_: &BenchArguments) -> Result<ExitCode, Failure> {
    Err(Failure::runtime(
        "the load generator of `howth bench` needs io_uring, which this build lacks; build howth on Linux with the \
         feature uring (it is on unless --no-default-features is given)"
            .to_owned(),
    ))
}
