//! `howth bench compare`: who is compared, with what, for how long, and where the results go.
//!
//! Owns the options and the printing. Never measures: `howth_compare` does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use howth_compare::{Binaries, CompareError, Comparison, Extra, Options, Runtime};

use super::{output, progress};
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
#[command(next_help_heading = "Contestants")]
struct ContestantArguments {
    /// Who is compared, with commas between them [default: howth, and bun, deno, node where they are found]
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = runtime_names())]
    runtimes: Vec<String>,

    /// Where Bun is [default: the cache folder, then PATH]
    #[arg(long, value_name = "PATH")]
    bun: Option<PathBuf>,

    /// Where Deno is [default: the cache folder, then PATH]
    #[arg(long, value_name = "PATH")]
    deno: Option<PathBuf>,

    /// Where Node is [default: the cache folder, then PATH]
    #[arg(long, value_name = "PATH")]
    node: Option<PathBuf>,

    /// Install what is missing in the cache folder, with npm: Bun, Deno, Node, and Hono for the workload `hono`
    #[arg(long)]
    install: bool,

    /// The cache folder [default: howth/compare in XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,

    /// One more server: {port} stands for the port, {application} for the workload's application
    ///
    /// Without {application} it is measured with the workloads of `hello` only. May be given again.
    #[arg(long, value_name = "NAME=COMMAND", value_parser = parse_extra)]
    extra: Vec<(String, String)>,
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
    #[arg(long, value_name = "N", value_parser = parse_seconds)]
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
    std::fs::create_dir_all(&arguments.output).map_err(|error| unusable(&arguments.output, &error))?;
    let mut observer = Terminal {
        line: None,
        interrupt: on_signals()?,
    };
    let comparison = howth_compare::compare(&options, &mut observer);
    if let Some(line) = &observer.line {
        line.clear();
    }
    let comparison = comparison.map_err(|error| failure(&error))?;
    publish(&comparison, &arguments.output)?;
    match comparison.failures().as_slice() {
        [] => Ok(ExitCode::SUCCESS),
        [first, ..] => Err(Failure::runtime(format!(
            "not every measurement succeeded ({first}); see the remarks in {}",
            arguments.output.join("results.md").display()
        ))),
    }
}

fn options(arguments: &CompareArguments) -> Result<Options, Failure> {
    let (contestants, measurement) = (&arguments.contestants, &arguments.measurement);
    let howth = std::env::current_exe()
        .map_err(|error| Failure::runtime(format!("cannot find howth's own binary ({error})")))?;
    let cache = match &contestants.cache {
        Some(cache) => cache.clone(),
        None => default_cache()?,
    };
    let mut options = Options::new(howth.clone(), cache);
    if measurement.quick {
        options = options.quick();
    }
    options.runtimes = Runtime::ALL
        .into_iter()
        .filter(|runtime| contestants.runtimes.iter().any(|name| name == runtime.name()))
        .collect();
    options.binaries = Binaries {
        howth,
        bun: contestants.bun.clone(),
        deno: contestants.deno.clone(),
        node: contestants.node.clone(),
    };
    let extra = |(name, command): &(String, String)| Extra {
        name: name.clone(),
        command: command.clone(),
    };
    options.extras = contestants.extra.iter().map(extra).collect();
    options.install = contestants.install;
    options.workloads = measurement.only.clone();
    options.rounds = measurement.rounds.map_or(options.rounds, usize::from);
    options.seconds = measurement.seconds.unwrap_or(options.seconds);
    options.warm_up = options.warm_up.min(options.seconds);
    (options.server_core, options.load_core) = measurement.cores;
    Ok(options)
}

fn default_cache() -> Result<PathBuf, Failure> {
    let folder = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    folder("XDG_CACHE_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("howth").join("compare"))
        .ok_or_else(|| Failure::usage("HOME is not set; give --cache a folder".to_owned()))
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

/// Servers are processes of their own, which end with the comparison and not with this process: a signal breaks the
/// comparison off, after the measurement that is going on.
fn on_signals() -> Result<Arc<AtomicBool>, Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let interrupt = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupt))
            .map_err(|error| Failure::runtime(format!("cannot listen for signals ({error})")))?;
    }
    Ok(interrupt)
}

struct Terminal {
    line: Option<progress::Line>,
    interrupt: Arc<AtomicBool>,
}

impl howth_compare::Observer for Terminal {
    fn step(&mut self, position: usize, steps: usize, what: &str) {
        let line = self
            .line
            .get_or_insert_with(|| progress::of_comparison(steps as u64));
        line.step(position as u64, what);
    }

    fn is_interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
}

fn failure(error: &CompareError) -> Failure {
    match error {
        CompareError::Missing { .. }
        | CompareError::UnknownWorkload { .. }
        | CompareError::Extra { .. }
        | CompareError::Core { .. } => Failure::usage(error.to_string()),
        _ => Failure::runtime(error.to_string()),
    }
}

fn unusable(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::runtime(format!(
        "cannot make the folder {} ({}); give --output another",
        folder.display(),
        crate::cli::entry::cause_of(error)
    ))
}

fn runtime_names() -> clap::builder::PossibleValuesParser {
    Runtime::ALL.map(Runtime::name).into()
}

fn workload_names() -> clap::builder::PossibleValuesParser {
    howth_compare::workload_names().into()
}

fn parse_extra(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, command)) if !name.is_empty() && command.contains("{port}") => {
            Ok((name.to_owned(), command.to_owned()))
        }
        _ => Err("give a name and a command with {port}, such as 'rust=./hello {port}'".to_owned()),
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match seconds {
        Some(seconds) if !seconds.is_zero() && seconds <= Duration::from_secs(3600) => Ok(seconds),
        _ => Err("give a number of seconds, at most 3600".to_owned()),
    }
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
    fn an_extra_has_a_name_and_a_port() {
        let rust = ("rust".to_owned(), "a=b {port}".to_owned());
        assert_eq!(parse_extra("rust=a=b {port}"), Ok(rust));
        for wrong in ["", "rust", "=a {port}", "rust=a"] {
            assert!(parse_extra(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn seconds_and_cores_are_numbers() {
        assert_eq!(parse_seconds("0.2"), Ok(Duration::from_millis(200)));
        assert_eq!(parse_cores("2, 3"), Ok((2, 3)));
        for wrong in ["", "0", "-1", "nan", "1e9", "1s"] {
            assert!(parse_seconds(wrong).is_err(), "{wrong:?} was taken");
        }
        for wrong in ["", "1", "1;2", "a,b", "-1,2"] {
            assert!(parse_cores(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
