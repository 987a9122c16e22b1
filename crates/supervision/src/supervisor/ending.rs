//! The end of cores: of all of them, or of one in whose place another serves.
//!
//! Owns what a core's end means for the process. How a core is brought to it step by step is `core_thread`'s. Called
//! by: the supervisor.

use std::process::ExitCode;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::sleep;

use super::core_thread::CoreThread;
use super::outside::Outside;
use super::{Outcome, Supervisor};
use crate::order::Order;
use crate::printing::tell;
use crate::runtime::Runtime;

/// How often a new core looks into its backlog while the old one has not stopped accepting: the kernel may have told
/// the old one alone of a client, and that may be busy.
const BACKLOG_LOOK: Duration = Duration::from_millis(10);

impl<R: Runtime> Supervisor<R> {
    /// Lets every core finish what is in flight, and end.
    pub(super) fn end(&mut self, by_signal: bool) {
        self.is_ending = true;
        self.give_reload_up();
        self.give_upgrade_up();
        let patience = self.common.options.drain;
        for core in self.cores.iter_mut().chain(&mut self.replaced) {
            core.end_within(patience, Order::Drain { by_signal });
        }
    }

    /// A core has failed, and the process with it; but during a drain the others finish what is in flight, and a
    /// core that had not begun to serve was no longer wanted.
    pub(super) fn fail(&mut self, index: usize, error: R::Failure) -> Result<(), R::Failure> {
        if !self.is_ending {
            return Err(error);
        }
        if self.cores[index].has_listened() {
            tell(format_args!("howth: {error}"));
            self.code = self.code.max(1);
        }
        Ok(())
    }

    /// Has new cores look into their backlogs for as long as old ones, in this process or the one before it, may still be
    /// told of clients.
    pub(super) fn poll_backlogs(&mut self, context: &mut Context<'_>, outside: &mut Outside) {
        let has_forerunner = outside.has_forerunner(context);
        loop {
            let contested: Vec<_> = self
                .cores
                .iter()
                .map(CoreThread::inbox)
                .filter(|inbox| has_forerunner || inbox.has_listening_old_core())
                .collect();
            if contested.is_empty() {
                self.backlog_look = None;
                return;
            }
            let timer = self
                .backlog_look
                .get_or_insert_with(|| Box::pin(sleep(BACKLOG_LOOK)));
            if timer.as_mut().poll(context).is_pending() {
                return;
            }
            contested.iter().for_each(|inbox| inbox.look_for_clients());
            self.backlog_look = None;
        }
    }

    pub(super) fn poll_deadlines(&mut self, context: &mut Context<'_>) -> Poll<Result<Outcome, R::Failure>> {
        for core in self.cores.iter_mut().chain(&mut self.replaced) {
            core.poll_deadline(context);
        }
        if self.is_ending {
            let mut cores = self.cores.iter().chain(&self.replaced);
            if let Some(hanging) = cores.find(|core| core.is_hanging()) {
                return Poll::Ready(self.give_up(hanging.index()));
            }
        }
        self.replaced.retain(|core| {
            if core.is_hanging() {
                tell(format_args!(
                    "howth: core {} hangs outside of JavaScript after it was replaced; it is left alone",
                    core.index()
                ));
            }
            !core.is_hanging()
        });
        Poll::Pending
    }

    /// A core hangs in native code, a child process it waits for perhaps. It still has its sockets, so that
    /// nothing can be started in its place: the process ends.
    fn give_up(&self, core: usize) -> Result<Outcome, R::Failure> {
        tell(format_args!(
            "howth: core {core} hangs outside of JavaScript and cannot be ended; howth ends with it"
        ));
        match self.is_restarting {
            true => Ok(Outcome::Exit(ExitCode::FAILURE)),
            false => Ok(self.outcome()),
        }
    }
}

pub(super) fn tell_unresponsive(core: usize) {
    tell(format_args!(
        "howth: core {core} still ran JavaScript after the drain; it was ended there"
    ));
}
