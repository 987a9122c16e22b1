//! `howth bench cores`: servers on several cores; who is measured, how, and where the results go.
//!
//! Owns the options and the printing. Never measures: `howth_compare` does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use howth_compare::cores::{Experiment, Options, Report, measure};

use super::contestants::{ContestantArguments, failure};
use super::output;
use super::seconds::parse_seconds;
use super::terminal::Terminal;
use crate::cli::failure::Failure;

#[derive(Debug, Args)]
pub struct CoresArguments {
    #[command(flatten)]
    contestants: ContestantArguments,
    #[command(flatten)]
    measurement: MeasurementArguments,

    /// Folder for cores.md, cores.json and the pictures
    #[arg(long, value_name = "DIR", default_value = "results", help_heading = "Result")]
    output: PathBuf,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Measurement")]
struct MeasurementArguments {
    /// Experiments, with commas between them [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = experiment_names())]
    only: Vec<String>,

    /// On so many cores every server serves
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(2..=64))]
    cores: u16,

    /// How often mixed and skew are measured [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: Option<u16>,

    /// Seconds of load for each figure; from one reload to the next it is half of it [default: 10]
    #[arg(long, value_name = "TIME", value_parser = parse_seconds)]
    seconds: Option<Duration>,

    /// Short rounds, a look that is too short to quote
    #[arg(long)]
    quick: bool,
}

/// Measures, writes the files, prints the tables; fails where a measurement did.
pub fn carry_out(arguments: &CoresArguments) -> Result<ExitCode, Failure> {
    let options = options(arguments)?;
    output::make_folder(&arguments.output)?;
    let mut terminal = Terminal::new()?;
    let report = measure(&options, &mut terminal);
    terminal.clear();
    let report = report.map_err(|error| failure(&error))?;
    publish(&report, &arguments.output)?;
    output::outcome(&report.failures(), &arguments.output.join("cores.md"))
}

fn options(arguments: &CoresArguments) -> Result<Options, Failure> {
    let measurement = &arguments.measurement;
    let lineup = arguments.contestants.lineup()?;
    let mut options = Options::new(lineup.binaries.howth.clone(), lineup.cache.clone());
    if measurement.quick {
        options = options.quick();
    }
    options.lineup = lineup;
    let is_asked = |experiment: &Experiment| measurement.only.iter().any(|name| name == experiment.name());
    options.experiments = Experiment::ALL.into_iter().filter(is_asked).collect();
    options.cores = usize::from(measurement.cores);
    if let Some(seconds) = measurement.seconds {
        options.seconds = seconds;
        options.warm_up = options.warm_up.min(seconds);
        options.reload_interval = seconds / 2;
    }
    options.rounds = measurement.rounds.map_or(options.rounds, usize::from);
    Ok(options)
}

fn publish(report: &Report, folder: &Path) -> Result<(), Failure> {
    let markdown = report.to_markdown();
    output::write(&folder.join("cores.md"), &markdown)?;
    output::write(&folder.join("cores.json"), &report.to_json())?;
    for (name, picture) in report.to_pictures().map_err(|error| failure(&error))? {
        output::write(&folder.join(name), &picture)?;
    }
    output::print(&markdown);
    Ok(())
}

fn experiment_names() -> clap::builder::PossibleValuesParser {
    Experiment::ALL.map(Experiment::name).into()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: CoresArguments,
    }

    fn parsed(line: &str) -> Options {
        let words = ["cores"].into_iter().chain(line.split_whitespace());
        options(&Line::parse_from(words).arguments).expect("valid options")
    }

    #[test]
    fn without_options_everything_is_measured_on_two_cores() {
        let parsed = parsed("--cache c");
        let defaults = Options::new(parsed.lineup.binaries.howth.clone(), "c".into());
        assert_eq!(format!("{parsed:?}"), format!("{defaults:?}"));
    }

    #[test]
    fn every_option_arrives() {
        let parsed = parsed(
            "--only skew,mixed --cores 4 --rounds 7 --seconds 0.5 --quick --runtimes node,howth --install --howth h",
        );
        assert_eq!(parsed.experiments, [Experiment::Mixed, Experiment::Skew]);
        assert_eq!((parsed.cores, parsed.rounds), (4, 7));
        let half_a_second = Duration::from_millis(500);
        assert_eq!((parsed.seconds, parsed.warm_up), (half_a_second, half_a_second));
        assert_eq!(parsed.reload_interval, Duration::from_millis(250));
        let names: Vec<&str> = parsed
            .lineup
            .runtimes
            .iter()
            .map(|runtime| runtime.name())
            .collect();
        assert_eq!(names, ["howth", "node"]);
        assert!(parsed.lineup.install);
        assert_eq!(parsed.lineup.binaries.howth, Path::new("h"));
    }
}
