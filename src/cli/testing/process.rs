//! The process of one file, and what it leaves: its output, and its numbers.
//!
//! Owns that no process outlives the run. Output is kept in a file without a name until the process ends, so that what files
//! print at the same time stays apart, however much it is. Called by: `testing`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::report::{Numbers, Problem};
use super::{Reporter, lock};
use crate::cli::child::wait_for_end;
use crate::cli::failure::Failure;

/// What has come of a file.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What it has printed; `None` if it was printed at once.
    pub(super) output: Option<File>,
    pub(super) numbers: Numbers,
    pub(super) duration: Duration,
}

/// Starts processes, and ends them when howth is told to end.
pub(super) struct Processes {
    howth: PathBuf,
    options: Vec<String>,
    has_colors: bool,
    running: Arc<Mutex<BTreeSet<i32>>>,
}

impl Processes {
    /// `options`: what stands before each file.
    pub(super) fn new(options: Vec<String>, reporter: Reporter) -> Result<Self, Failure> {
        let howth = std::env::current_exe().map_err(|error| impossible(&error))?;
        let running = Arc::<Mutex<BTreeSet<i32>>>::default();
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(|error| impossible(&error))?;
        let ended = running.clone();
        std::thread::spawn(move || {
            for signal in signals.forever() {
                for process in lock(&ended).iter().filter_map(|number| Pid::from_raw(*number)) {
                    // It may have ended by itself.
                    let _ = kill_process(process, Signal::TERM);
                }
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        });
        let is_unsaid = ["NO_COLOR", "FORCE_COLOR"]
            .iter()
            .all(|name| std::env::var_os(name).is_none());
        Ok(Processes {
            howth,
            options,
            has_colors: reporter == Reporter::Spec && is_unsaid && io::stdout().is_terminal(),
            running,
        })
    }

    /// Runs a file to its end. `is_alone`: what it prints is printed at once.
    pub(super) fn run(&self, file: &Path, is_alone: bool) -> Result<Outcome, Failure> {
        let results = tempfile::NamedTempFile::new().map_err(|error| without_file(&error))?;
        let mut command = Command::new(&self.howth);
        command
            .args(["run", "--quiet"])
            .args(&self.options)
            .arg("--")
            .arg(file);
        command
            .stdin(Stdio::null())
            .env("HOWTH_TEST_RESULTS", results.path());
        if self.has_colors {
            command.env("FORCE_COLOR", "1");
        }
        let output = match is_alone {
            true => None,
            false => Some(spooled(&mut command).map_err(|error| without_file(&error))?),
        };
        let start = Instant::now();
        let status = self.wait(&mut command).map_err(|error| impossible(&error))?;
        let duration = start.elapsed();
        let text = std::fs::read(results.path()).unwrap_or_default();
        let numbers = match Numbers::parse(&text) {
            Some(numbers) => with_status(numbers, file, status),
            None => of_no_tests(file, status),
        };
        Ok(Outcome {
            output,
            numbers,
            duration,
        })
    }

    fn wait(&self, command: &mut Command) -> io::Result<ExitStatus> {
        // Nobody is told to end between the start and the note of it.
        let mut running = lock(&self.running);
        let mut child = command.spawn()?;
        let process = Pid::from_child(&child);
        running.insert(process.as_raw_nonzero().get());
        drop(running);
        wait_for_end(process);
        lock(&self.running).remove(&process.as_raw_nonzero().get());
        child.wait()
    }
}

/// Both streams in one file, in the order in which they were written.
fn spooled(command: &mut Command) -> io::Result<File> {
    let file = tempfile::tempfile()?;
    command.stdout(file.try_clone()?).stderr(file.try_clone()?);
    Ok(file)
}

/// A process may fail beside its tests.
fn with_status(mut numbers: Numbers, file: &Path, status: ExitStatus) -> Numbers {
    if !status.success() && numbers.problems.is_empty() {
        numbers.fail(problem(file, status));
    }
    numbers
}

/// A file that has no tests is one itself, as in Node; so is one that did not get to them.
fn of_no_tests(file: &Path, status: ExitStatus) -> Numbers {
    let mut numbers = Numbers::default();
    match status.success() {
        true => numbers.pass(),
        false => numbers.fail(problem(file, status)),
    }
    numbers
}

fn problem(file: &Path, status: ExitStatus) -> Problem {
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("its process ended with the code {code}"),
        (None, Some(signal)) => format!("its process was ended by the signal {signal}"),
        (None, None) => "its process ended".to_owned(),
    };
    Problem {
        name: file.display().to_string(),
        location: None,
        text: how,
    }
}

fn impossible(error: &io::Error) -> Failure {
    Failure::runtime(format!(
        "cannot start a process for tests ({}); look at the limits of processes and memory",
        error.kind()
    ))
}

fn without_file(error: &io::Error) -> Failure {
    Failure::runtime(format!(
        "cannot make a file in {} ({}); set TMPDIR to a folder that can be written",
        std::env::temp_dir().display(),
        error.kind()
    ))
}
