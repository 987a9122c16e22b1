//! What serves: `--uring`, `--cores`, `--pin`, `--max-heap`, `--v8-flags`, `--drain`, and what follows errors of the program.
//!
//! Owns these options and their spelling. Never probes the machine: the runtime does.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, ValueEnum};
use howth_runtime::{Pinning, parse_processors};

use super::values::{Size, parse_duration};

const CORES_MAX: usize = 1024;
/// V8 needs as much to start.
pub const HEAP_BYTES_MIN: u64 = 32 * 1024 * 1024;

#[derive(Debug, Args)]
#[command(next_help_heading = "Engine")]
pub struct EngineArguments {
    /// Whether to serve by io_uring; a bare --uring is --uring=require
    ///
    /// Where io_uring cannot be had (seccomp in a container, an old kernel, sysctl kernel.io_uring_disabled,
    /// a low RLIMIT_MEMLOCK) `auto` serves by the portable engine, and the start-up line says which engine
    /// and why; `require` exits with the cause and the remedy. 1 and 0 are taken for require and off.
    #[arg(long, value_name = "WHEN", env = "HOWTH_URING", value_enum)]
    #[arg(default_value_t = UringChoice::Auto, default_missing_value = "require")]
    #[arg(num_args = 0..=1, require_equals = true)]
    pub uring: UringChoice,

    /// Cores to serve on, each with a thread, a ring and an isolate of its own: N or auto
    ///
    /// From 1 to 1024. `auto` takes as many as the affinity mask and the cgroup's CPU quota allow. `howth run`
    /// takes one core unless a number is given; every core runs the file.
    #[arg(long, value_name = "N", default_value = "auto", value_parser = parse_cores)]
    pub cores: Cores,

    /// Whether each core stays on one processor: auto, off, or a LIST of processors such as 0-3,6
    ///
    /// `auto` pins where the process has processors of its own, one for each core (taskset, a cpuset): the affinity mask
    /// is not that of the whole machine, and as large as the number of cores. Workers, file and DNS work, and child
    /// processes run on all processors of the process in any case. With a LIST, --cores=auto is its length under `serve`.
    #[arg(long, value_name = "LIST", default_value = "auto", value_parser = parse_pinning)]
    pub pin: Pinning,

    /// Heap limit of each core's isolate [default: the cgroup's memory divided among the cores]
    ///
    /// A number of bytes with K, M or G for powers of 1024, at least 32M. A core that reaches the limit is
    /// started again; the other cores serve on.
    #[arg(long, value_name = "SIZE", value_parser = parse_heap)]
    pub max_heap: Option<Size>,

    /// Flags for V8, with commas between them, such as --v8-flags=--trace-gc,--max-lazy
    #[arg(long, value_name = "FLAGS", value_delimiter = ',', require_equals = true)]
    pub v8_flags: Vec<String>,

    /// What an exception does that nothing catches [default: report; exit where nothing is served]
    ///
    /// One that is thrown outside of a handler: by a timer, an event's listener, a stream whose client has left.
    /// `process.on("uncaughtException")` comes first. A handler's exception answers 500 and never ends the process.
    #[arg(long, value_name = "POLICY", value_enum, hide_possible_values = false)]
    pub uncaught_exceptions: Option<ExceptionPolicy>,

    /// What an unhandled promise rejection outside of a request does [default: warn; for `run` throw until it serves]
    ///
    /// `process.on("unhandledRejection")` comes first. A rejection inside of a request answers 500 and never ends the
    /// process.
    #[arg(long, value_name = "POLICY", value_enum, hide_possible_values = false)]
    pub unhandled_rejections: Option<RejectionPolicy>,

    /// How long requests in flight may take to finish after SIGTERM or SIGINT (10, 10s, 1m, 500ms)
    ///
    /// A number is in seconds. New connections are refused meanwhile. Afterwards what is left is broken off. A second signal ends the
    /// process at once.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub drain: Duration,
}

/// `--uring` and `HOWTH_URING`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UringChoice {
    /// io_uring where it works, else the portable engine
    // A variable that is set to nothing is as good as not set.
    #[value(alias = "")]
    Auto,
    /// io_uring, or an error that names the cause and the remedy
    #[value(alias = "1")]
    Require,
    /// The portable engine; io_uring is not even tried
    #[value(alias = "0")]
    Off,
}

/// `--uncaught-exceptions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExceptionPolicy {
    /// Print it and go on
    Report,
    /// Print it and start the core anew, five times a minute at most; for `run` as exit
    Restart,
    /// Print it and end with code 1, as Node does
    Exit,
}

/// `--unhandled-rejections`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RejectionPolicy {
    /// Print it and go on
    Warn,
    /// It is an uncaught exception, which ends with code 1 unless --uncaught-exceptions is given
    #[value(alias = "strict")]
    Throw,
    /// Go on without a word
    None,
}

/// `--cores`: a number, or `None` for auto.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cores(pub Option<NonZeroUsize>);

fn parse_cores(text: &str) -> Result<Cores, String> {
    if text == "auto" {
        return Ok(Cores(None));
    }
    match text.parse::<NonZeroUsize>() {
        Ok(cores) if cores.get() <= CORES_MAX => Ok(Cores(Some(cores))),
        _ => Err(format!("give a number from 1 to {CORES_MAX}, or auto")),
    }
}

fn parse_pinning(text: &str) -> Result<Pinning, String> {
    match text {
        "auto" => Ok(Pinning::Auto),
        "off" => Ok(Pinning::Off),
        list => match parse_processors(list) {
            Some(processors) => Ok(Pinning::To(processors)),
            None => Err("give auto, off, or processors such as 0-3,6, each once".to_owned()),
        },
    }
}

fn parse_heap(text: &str) -> Result<Size, String> {
    let size: Size = text.parse()?;
    match size.bytes() {
        Some(HEAP_BYTES_MIN..) => Ok(size),
        Some(_) => Err(format!("give at least {}", Size::of(HEAP_BYTES_MIN))),
        None => Err("a heap needs a limit; leave the option out for the default".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_auto_or_a_number_from_one() {
        assert_eq!(parse_cores("auto"), Ok(Cores(None)));
        assert_eq!(parse_cores("8"), Ok(Cores(NonZeroUsize::new(8))));
        for wrong in ["0", "-1", "1025", "two", "", "1.5"] {
            assert!(parse_cores(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn processors_are_auto_off_or_listed() {
        assert_eq!(parse_pinning("auto"), Ok(Pinning::Auto));
        assert_eq!(parse_pinning("off"), Ok(Pinning::Off));
        assert_eq!(parse_pinning("4,0-1"), Ok(Pinning::To(vec![4, 0, 1])));
        for wrong in ["", "on", "0,0", "1-0", "0;1"] {
            assert!(parse_pinning(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_heap_that_v8_cannot_start_in_is_refused() {
        assert_eq!(parse_heap("512M"), Ok(Size::of(512 << 20)));
        for wrong in ["1M", "0", "off", "-5M", "much"] {
            assert!(parse_heap(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
