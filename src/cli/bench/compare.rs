//! `howth bench compare`: who is compared, with what, for how long, and where the results go.
//!
//! Owns the options and the printing. Never measures: `howth_compare` does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use howth_compare::{Comparison, Options};

use super::contestants::{ContestantArguments, failure};
use super::output;
use super::seconds::parse_seconds;
use super::terminal::Terminal;
use crate::cli::failure::Failure;

#[derive(Debug, Args)]
pub struct CompareArguments {
    #[command(flatten)]
    contestants: ContestantArguments,
    #[command(flatten)]
    measurement: MeasurementArguments,

    /// Folder for results.md, results.json and results.svg
    #[arg(long, value_name = "DIR", default_value = "results", help_heading = "Result")]
    output: PathBuf,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Measurement")]
struct MeasurementArguments {
    /// Workloads, with commas between them [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = workload_names())]
    only: Vec<String>,

    /// How often everything is measured [default: 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: Option<u16>,

    /// Seconds of load for each figure [default: 5]
    #[arg(long, value_name = "TIME", value_parser = parse_seconds)]
    seconds: Option<Duration>,

    /// One short round, a look that is too short to quote
    #[arg(long)]
    quick: bool,

    /// The server's core and the load generator's
    #[arg(long, value_name = "SERVER,LOAD", default_value = "0,1", value_parser = parse_cores)]
    cores: (usize, usize),
}

/// Measures, writes the files, prints the tables; fails where a measurement did.
pub fn carry_out(arguments: &CompareArguments) -> Result<ExitCode, Failure> {
    let options = options(arguments)?;
    output::make_folder(&arguments.output)?;
    let mut terminal = Terminal::new()?;
    let comparison = howth_compare::compare(&options, &mut terminal);
    terminal.clear();
    let comparison = comparison.map_err(|error| failure(&error))?;
    publish(&comparison, &arguments.output)?;
    output::outcome(&comparison.failures(), &arguments.output.join("results.md"))
}

fn options(arguments: &CompareArguments) -> Result<Options, Failure> {
    let measurement = &arguments.measurement;
    let lineup = arguments.contestants.lineup()?;
    let mut options = Options::new(lineup.binaries.howth.clone(), lineup.cache.clone());
    if measurement.quick {
        options = options.quick();
    }
    options.lineup = lineup;
    options.workloads = measurement.only.clone();
    options.rounds = measurement.rounds.map_or(options.rounds, usize::from);
    options.seconds = measurement.seconds.unwrap_or(options.seconds);
    options.warm_up = options.warm_up.min(options.seconds);
    (options.server_core, options.load_core) = measurement.cores;
    Ok(options)
}

fn publish(comparison: &Comparison, folder: &Path) -> Result<(), Failure> {
    let markdown = comparison.to_markdown();
    output::write(&folder.join("results.md"), &markdown)?;
    output::write(&folder.join("results.json"), &comparison.to_json())?;
    output::write(
        &folder.join("results.svg"),
        &comparison.to_svg().map_err(|error| failure(&error))?,
    )?;
    output::print(&markdown);
    Ok(())
}

fn workload_names() -> clap::builder::PossibleValuesParser {
    howth_compare::workload_names().into()
}

fn parse_cores(text: &str) -> Result<(usize, usize), String> {
    let pair = text.split_once(',').and_then(|(server, load)| {
        let core = |text: &str| text.trim().parse().ok();
        Some((core(server)?, core(load)?))
    });
    pair.ok_or_else(|| "give two numbers of cores, such as 0,1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_two_numbers() {
        assert_eq!(parse_cores("2, 3"), Ok((2, 3)));
        for wrong in ["", "1", "1;2", "a,b", "-1,2"] {
            assert!(parse_cores(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
