//! SIGINT, SIGTERM, SIGHUP and SIGUSR2, for the supervisor.
//!
//! Heard through Deno's signal thread, which decides what becomes of the first three: it ends the process unless
//! somebody has told it that they are taken care of. Owns what each of them asks for. Never decides whether that is
//! done. Called by: the supervisor.

use std::io;
use std::process::ExitCode;
use std::task::{Context, Poll};

use deno_signals::{SIGINT, SIGTERM};
use libc::{SIGHUP, SIGUSR2};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::mode::Mode;

/// Signals that wait to be heard; the second one ends the process at once, so there are never more.
const WAITING_MAX: usize = 2;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// SIGINT or SIGTERM, whose number it is; the program's own listeners were told of it.
    End(u8),
    /// SIGHUP.
    Reload,
    /// SIGUSR2.
    Upgrade,
}

pub(crate) struct Signals {
    ends: Receiver<u8>,
    reloads: Receiver<()>,
    upgrades: Receiver<()>,
    terminal: Terminal,
}

impl Signals {
    /// SIGHUP reloads what is served. It ends a script, as it ends other programs. SIGUSR2 is a program's own, unless it is
    /// said that another howth may take this one's place.
    pub(crate) fn new(mode: Mode, hears_upgrades: bool) -> io::Result<Self> {
        let (sender, ends) = channel(WAITING_MAX);
        let (reload, reloads) = channel(1);
        let (upgrade, upgrades) = channel(1);
        if hears_upgrades {
            hear_once(SIGUSR2, upgrade)?;
        }
        match mode {
            Mode::Serve => hear_once(SIGHUP, reload)?,
            Mode::Run if ignores_hangup() => {
                deno_signals::register(SIGHUP, true, Box::new(|| {}))?;
            }
            Mode::Run => {}
        }
        for signal in [SIGINT, SIGTERM] {
            let sender = sender.clone();
            let hear = move || {
                // Whoever sends more than two gets what the second one gives.
                let _ = sender.try_send(signal as u8);
            };
            deno_signals::register(signal, true, Box::new(hear))?;
        }
        Ok(Signals {
            ends,
            reloads,
            upgrades,
            terminal: Terminal::new(),
        })
    }

    /// The next signal that came.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Heard> {
        if let Poll::Ready(Some(number)) = self.ends.poll_recv(context) {
            wait_for_listeners(number);
            return Poll::Ready(Heard::End(number));
        }
        if let Poll::Ready(Some(())) = self.upgrades.poll_recv(context) {
            return Poll::Ready(Heard::Upgrade);
        }
        match self.reloads.poll_recv(context) {
            Poll::Ready(Some(())) if self.terminal.is_gone() => Poll::Ready(Heard::End(SIGHUP as u8)),
            Poll::Ready(Some(())) => Poll::Ready(Heard::Reload),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// Ends the process as the signal itself would, so that its parent is told which one it was. The first process of a
/// container is not ended by a signal that it does not handle: the code is what is left.
pub(crate) fn end_by_signal(number: u8) -> ExitCode {
    if std::process::id() != 1 {
        deno_signals::run_exit();
        // It ends the process, unless the kernel refuses.
        let _ = signal_hook::low_level::emulate_default_handler(number.into());
    }
    ExitCode::from(128 + number)
}

/// Hears a signal, of which one that waits is as good as many.
fn hear_once(signal: i32, sender: Sender<()>) -> io::Result<()> {
    let hear = move || {
        let _ = sender.try_send(());
    };
    deno_signals::register(signal, true, Box::new(hear))?;
    Ok(())
}

/// The terminal howth was started from, in its foreground: when that closes, the kernel sends the signal by which an
/// administrator asks for a reload.
#[derive(Debug)]
struct Terminal {
    ends_with_it: bool,
}

impl Terminal {
    fn new() -> Self {
        let is_in_foreground = job().is_some_and(|job| job.terminal != 0 && job.group == job.foreground);
        Terminal {
            ends_with_it: is_in_foreground && !ignores_hangup(),
        }
    }

    fn is_gone(&self) -> bool {
        self.ends_with_it && job().is_some_and(|job| job.terminal == 0)
    }
}

/// What the kernel knows of the process and its terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Job {
    group: i32,
    /// 0: none.
    terminal: i32,
    /// The group in the terminal's foreground.
    foreground: i32,
}

fn job() -> Option<Job> {
    parse_job(&std::fs::read_to_string("/proc/self/stat").ok()?)
}

/// proc_pid_stat(5): the name, in brackets, may hold anything.
fn parse_job(stat: &str) -> Option<Job> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut numbers = fields.split_whitespace().skip(2).map(str::parse);
    let mut next = || numbers.next()?.ok();
    let (group, _session, terminal, foreground) = (next()?, next()?, next()?, next()?);
    Some(Job {
        group,
        terminal,
        foreground,
    })
}

/// Deno's signal thread holds its lock until it has told everybody of a signal, and howth comes first. Whoever drains
/// a core has to know that the core's program was told, or the core might end before its listener runs.
fn wait_for_listeners(signal: u8) {
    const NOBODY: u32 = u32::MAX;
    deno_signals::unregister(signal.into(), NOBODY);
}

/// Whether howth was started to outlive its terminal, as with nohup(1).
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_is_found_behind_any_name() {
        let stat = "4242 (a) b) S 1 4240 4239 34816 4240 4194304 81 0";
        let job = Job {
            group: 4240,
            terminal: 34816,
            foreground: 4240,
        };
        assert_eq!(parse_job(stat), Some(job));
        assert_eq!(parse_job("4242 (howth) S 1"), None);
    }
}
