//! `howth test`: files with tests of `node:test`, each in a process of its own, as Node runs them.
//!
//! Owns the options, and which files run beside one another. Never runs JavaScript itself: the processes do, by js/node_test.
//! Called by: `cli`.

mod files;
mod process;
mod report;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::{Args, ValueEnum};

use super::command_line::CommandLine;
use super::failure::Failure;
use process::Processes;
use report::Report;

#[derive(Debug, Args)]
pub struct TestArguments {
    /// Files, folders and patterns (*, **, ?, [ab], {a,b}) of files with tests
    ///
    /// Without any: **/*.test.*, **/*-test.*, **/*_test.*, **/test-*.*, **/test.* and **/test/**/*, of the extensions js,
    /// mjs, cjs, ts, mts, cts, tsx and jsx. What is in node_modules or hidden, and declarations (.d.ts), are left out.
    #[arg(value_name = "FILES")]
    pub files: Vec<String>,

    /// Run only tests whose name matches; may be repeated
    ///
    /// A regular expression, or /expression/flags. It is compared with the name of a test, and with that behind the
    /// names of its suites, with blanks between them.
    #[arg(long, value_name = "PATTERN")]
    pub test_name_pattern: Vec<String>,

    /// Leave out tests whose name matches; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub test_skip_pattern: Vec<String>,

    /// Run only tests that are marked by `only`
    #[arg(long)]
    pub test_only: bool,

    /// Fail a test that takes longer, in milliseconds, and says no other time itself
    #[arg(long, value_name = "MS")]
    pub test_timeout: Option<u64>,

    /// How many files run at the same time [default: processors less one]
    #[arg(long, value_name = "N")]
    pub test_concurrency: Option<NonZeroUsize>,

    /// End a file's process when its tests are over, although something is still going on in it
    #[arg(long)]
    pub test_force_exit: bool,

    /// What is printed: spec for people, tap for programs
    #[arg(long, value_name = "REPORTER", default_value = "spec")]
    pub test_reporter: Reporter,

    /// Set environment variables from FILE (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<std::path::PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reporter {
    /// Names with their marks, and the numbers at the end
    Spec,
    /// The Test Anything Protocol
    Tap,
}

/// Runs the tests, prints what came of them, and fails if one has.
///
/// # Errors
/// There are no such files, or no process can be started.
pub fn carry_out(arguments: &TestArguments, line: &CommandLine) -> Result<ExitCode, Failure> {
    let files = files::find(&arguments.files)?;
    let processes = Processes::new(options(arguments, line), arguments.test_reporter)?;
    let report = Mutex::new(Report::new(arguments.test_reporter, files.len()));
    let failure = Mutex::new(None);
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let is_alone = files.len() == 1 && arguments.test_reporter == Reporter::Spec;
            match processes.run(file, is_alone) {
                Ok(outcome) => lock(&report).add(file, outcome),
                Err(error) => {
                    *lock(&failure) = Some(error);
                    // The others begin no more.
                    next.store(files.len(), Ordering::Relaxed);
                }
            }
        }
    };
    let at_once = concurrency(arguments).min(files.len());
    std::thread::scope(|scope| {
        for _ in 1..at_once {
            scope.spawn(work);
        }
        work();
    });
    if let Some(failure) = lock(&failure).take() {
        return Err(failure);
    }
    let report = lock(&report);
    report.end();
    Ok(match report.has_failed() {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One processor is for what prints.
fn concurrency(arguments: &TestArguments) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    arguments
        .test_concurrency
        .map_or_else(|| (processors() - 1).max(1), NonZeroUsize::get)
}

/// What each file's process is started with: Node's options that were typed, and those of the run, which
/// js/node_test/settings.js reads.
fn options(arguments: &TestArguments, line: &CommandLine) -> Vec<String> {
    let mut options = line.start.exec_arguments.clone();
    let patterns = |name: &'static str, patterns: &[String]| {
        let options = patterns.iter().map(move |pattern| format!("{name}={pattern}"));
        options.collect::<Vec<_>>()
    };
    options.extend(patterns("--test-name-pattern", &arguments.test_name_pattern));
    options.extend(patterns("--test-skip-pattern", &arguments.test_skip_pattern));
    if let Some(timeout) = arguments.test_timeout {
        options.push(format!("--test-timeout={timeout}"));
    }
    let flags = [
        (arguments.test_only, "--test-only"),
        (arguments.test_force_exit, "--test-force-exit"),
        (arguments.test_reporter == Reporter::Tap, "--test-reporter=tap"),
    ];
    options.extend(
        flags
            .into_iter()
            .filter(|(is_asked, _)| *is_asked)
            .map(|(_, flag)| flag.to_owned()),
    );
    options
}
