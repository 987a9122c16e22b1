//! Child processes that take the place of howth for a while, one after the other: the steps of a script of `package.json`.
//!
//! Owns that they hear of the signals that howth gets, that none is started once howth was asked to end, and that howth ends
//! as they did. Called by: `script`, and in part by `testing`.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::exfiltrator::WithRawSiginfo;
use signal_hook::iterator::{Handle, SignalsInfo};

/// What a child is told of.
const FORWARDED: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// By these howth is asked to end, and what it runs with it.
const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// `SI_KERNEL` of sigaction(2): from the terminal, which tells howth and its children alike.
const FROM_TERMINAL: i32 = 0x80;

/// Runs shells, one after the other. As long as it is there, signals are for what they run.
#[derive(Debug)]
pub struct Shells {
    now: Arc<Mutex<Now>>,
    handle: Handle,
    forwarder: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Now {
    /// The shell that runs.
    shell: Option<Pid>,
    /// The signal by which howth was asked to end.
    asked: Option<i32>,
}

impl Shells {
    /// None runs yet.
    ///
    /// # Errors
    /// Signals cannot be waited for.
    pub fn new() -> io::Result<Shells> {
        let heard = FORWARDED.into_iter().filter(|signal| !is_ignored(*signal));
        let mut signals = SignalsInfo::<WithRawSiginfo>::new(heard)?;
        let handle = signals.handle();
        let now = Arc::new(Mutex::new(Now::default()));
        let forwarded = now.clone();
        let forwarder = std::thread::spawn(move || {
            for signal in signals.forever() {
                let mut now = locked(&forwarded);
                if ENDING.contains(&signal.si_signo) {
                    now.asked = Some(signal.si_signo);
                }
                if let Some(shell) = now.shell
                    && signal.si_code != FROM_TERMINAL
                {
                    forward(signal.si_signo, shell);
                }
            }
        });
        Ok(Shells {
            now,
            handle,
            forwarder: Some(forwarder),
        })
    }

    /// Runs a shell to its end. Once howth was asked to end none is started, whatever the one before made of that: it is as if
    /// the signal had ended it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&self, command: &mut Command) -> io::Result<ExitStatus> {
        let mut now = locked(&self.now);
        if let Some(signal) = now.asked {
            return Ok(ExitStatus::from_raw(signal));
        }
        // Nobody looks for the shell before it is named.
        let mut child = command.spawn()?;
        let shell = Pid::from_child(&child);
        now.shell = Some(shell);
        drop(now);
        wait_for_end(shell);
        locked(&self.now).shell = None;
        child.wait()
    }
}

impl Drop for Shells {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(forwarder) = self.forwarder.take() {
            let _ = forwarder.join();
        }
    }
}

fn locked(now: &Mutex<Now>) -> MutexGuard<'_, Now> {
    now.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until a child has ended. It keeps its number until it is waited for in the usual way, so that no signal can meet
/// another process.
pub fn wait_for_end(child: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(child), options).is_err_and(|error| error == Errno::INTR) {}
}

/// Ends howth as a child has ended: with its code, or by the same signal.
pub fn end_as(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal() {
        // Does not come back where that signal ends a process.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        return ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX));
    }
    ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(u8::MAX))
}

/// A shell that waits for a program dies of the signal and leaves the program behind: so it is the program that is told, and
/// the shell ends when that does. A shell that has become the program is told itself.
fn forward(signal: i32, shell: Pid) {
    let Some(signal) = Signal::from_named_raw(signal) else {
        return;
    };
    let programs = children(shell);
    let told = match programs.is_empty() {
        true => vec![shell],
        false if is_shell(shell) => programs,
        false => vec![shell],
    };
    for process in told {
        // It may have ended by itself.
        let _ = kill_process(process, signal);
    }
}

fn children(process: Pid) -> Vec<Pid> {
    let number = process.as_raw_nonzero();
    let list = fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap_or_default();
    let numbers = list.split_whitespace().filter_map(|number| number.parse().ok());
    numbers.filter_map(Pid::from_raw).collect()
}

fn is_shell(process: Pid) -> bool {
    let program = fs::read_link(format!("/proc/{}/exe", process.as_raw_nonzero()));
    program.is_ok_and(|program| fs::canonicalize("/bin/sh").is_ok_and(|shell| shell == program))
}

/// Whether whoever started howth wants the signal to do nothing (`nohup`).
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    ignored.is_some_and(|bits| bits & (1 << (signal - 1)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_child_is_the_end_of_howth() {
        let shells = Shells::new().expect("signals");
        for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -0 $$; exit 255", 255)] {
            let status = shells
                .run(Command::new("/bin/sh").args(["-c", script]))
                .expect("a shell");
            assert_eq!(end_as(status), ExitCode::from(code), "{script}");
        }
    }
}
