//! New code without a gap: `--reload-check` and `--pid-file` of `howth serve`, and `howth reload`.
//!
//! Owns these options, and whom the signal is sent to. Never reloads: the runtime of the process that is told does.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use rustix::process::{Pid, Signal, kill_process};

use super::failure::Failure;
use super::values::parse_path;

#[derive(Debug, Args)]
#[command(next_help_heading = "Reload")]
pub struct ReloadArguments {
    /// Ask new code for PATH before it takes the place of old code
    ///
    /// At a reload (SIGHUP, `howth reload`, --watch) each new core has to answer `GET PATH` with a status from 200 to
    /// 299, within 10 seconds, before clients get to it. With another answer the old code serves on. The request comes
    /// from within the process.
    #[arg(long, value_name = "PATH", value_parser = parse_path)]
    pub reload_check: Option<String>,

    /// Write the process's id to FILE once it serves, for `howth reload --pid-file`
    ///
    /// The file is removed at the end. With it, SIGUSR2 starts the binary anew, which takes the listening sockets over.
    #[arg(long, value_name = "FILE")]
    pub pid_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct ReloadCommand {
    /// The process id of a running `howth serve`
    #[arg(value_name = "PID", required_unless_present = "pid_file", value_parser = parse_pid)]
    pid: Option<Pid>,

    /// Read the process id from FILE, which `howth serve --pid-file` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "pid")]
    pid_file: Option<PathBuf>,
}

/// Tells a running howth to reload.
pub fn carry_out(command: &ReloadCommand) -> Result<ExitCode, Failure> {
    let pid = match (&command.pid, &command.pid_file) {
        (Some(pid), _) => *pid,
        (None, Some(file)) => read(file)?,
        // clap lets no command line pass that has neither.
        (None, None) => return Ok(ExitCode::FAILURE),
    };
    let number = pid.as_raw_nonzero();
    if is_another_program(pid) {
        return Err(Failure::runtime(format!(
            "process {number} is no `howth serve`; give the process id of one, or its --pid-file"
        )));
    }
    match kill_process(pid, Signal::HUP) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(Failure::runtime(format!(
            "cannot tell process {number} to reload ({}); give the process id of a running `howth serve` of your own",
            io::Error::from(error).kind()
        ))),
    }
}

fn read(file: &Path) -> Result<Pid, Failure> {
    let shown = file.display();
    let content = std::fs::read_to_string(file).map_err(|error| {
        Failure::runtime(format!(
            "cannot read {shown} ({}); is howth running with --pid-file {shown}?",
            error.kind()
        ))
    })?;
    parse_pid(content.trim()).map_err(|_| {
        Failure::runtime(format!(
            "{shown} holds no process id; give the file of --pid-file"
        ))
    })
}

/// Whether a signal meant for howth would end something else, whose process id was howth's perhaps. Where nobody says what
/// a process is, or there is none, it is left to the signal.
fn is_another_program(pid: Pid) -> bool {
    let path = format!("/proc/{}/cmdline", pid.as_raw_nonzero());
    std::fs::read(path).is_ok_and(|line| line.split(|byte| *byte == 0).nth(1) != Some(b"serve"))
}

fn parse_pid(text: &str) -> Result<Pid, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number
        .and_then(Pid::from_raw)
        .ok_or_else(|| "give the number of a process".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_ids_are_above_zero() {
        assert!(parse_pid("1").is_ok());
        for wrong in ["0", "-1", "", "one", "99999999999"] {
            assert!(parse_pid(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_path_to_check_fits_a_request_line() {
        assert!(parse_path("/healthz?deep=1").is_ok());
        for wrong in ["", "healthz", "/a b", "/\r\nx: y"] {
            assert!(parse_path(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
