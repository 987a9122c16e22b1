//! `howth bench`: measuring a server, and howth beside other runtimes.
//!
//! Owns the sub-commands and their spelling. Never measures: `howth_load` and `howth_compare` do, which need
//! io_uring; a build without it has `absent` in this module's place.

mod built_in;
mod compare;
mod contestants;
mod cores;
mod http;
mod output;
mod progress;
mod seconds;
mod terminal;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::failure::Failure;

#[derive(Debug, Args)]
pub struct BenchArguments {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    /// Load one URL and verify every answer
    ///
    /// Without a URL howth starts its built-in server, which answers every request with "Hi", and measures that.
    ///
    /// Opens connections to URL, sends the same request again and again, and reports throughput, latencies and
    /// the generator's own CPU time. http, https, and ws or wss for echoed WebSocket messages. A wrong answer
    /// is an error and no throughput; with any error the exit code is 1.
    #[command(override_usage = "howth bench http [OPTIONS] [URL]")]
    Http(Box<http::HttpArguments>),
    /// Measure howth beside Bun, Deno and Node
    ///
    /// Starts each runtime with the same applications, pinned to one core, and loads them in turn from another,
    /// for several rounds. Reports CPU time a request, throughput, latencies, memory and start-up, with the
    /// spread over the rounds, and writes results.md, results.json and results.svg. Compare within one run:
    /// absolute figures differ between machines and hours.
    #[command(override_usage = "howth bench compare [OPTIONS]")]
    Compare(Box<compare::CompareArguments>),
    /// Measure servers on several cores: howth beside Bun, Deno and Node
    ///
    /// Four experiments: mixed (one request in a hundred computes for 50 ms; what the others feel), skew (all
    /// connections dealt to one core), overload (goodput while up to three times as much is asked as can be done)
    /// and reload (what is lost while howth reloads ten times). Writes cores.md, cores.json and a picture of
    /// latency over time, or of goodput, for each. The load generator shares the processors where there are no more
    /// than the servers' cores.
    #[command(override_usage = "howth bench cores [OPTIONS]")]
    Cores(Box<cores::CoresArguments>),
}

/// Measures, and prints.
pub fn carry_out(bench: &BenchArguments) -> Result<ExitCode, Failure> {
    match &bench.command {
        BenchCommand::Http(arguments) => http::carry_out(arguments),
        BenchCommand::Compare(arguments) => compare::carry_out(arguments),
        BenchCommand::Cores(arguments) => cores::carry_out(arguments),
    }
}
