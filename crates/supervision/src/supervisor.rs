//! The cores of a program: starts them, listens to signals and their reports, ends them.
//!
//! Owns the number of cores and the order of events at start and stop. Never serves. The first core starts alone, so
//! that a program that fails, fails once; the others follow when it listens. Called by: `process`.

mod core_thread;
mod descriptors;
mod ending;
mod health;
mod layout;
mod outside;
mod process;
mod reload;
mod restart;
#[cfg(test)]
mod tests;
mod upgrade;

use std::future::poll_fn;
use std::pin::Pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Sleep;

use crate::frequency::Frequency;
use crate::listen::Address;
use crate::mode::Mode;
use crate::order::Ended;
use crate::printing::{Output, print, tell};
use crate::runtime::{Failure, Runtime};
use crate::signals::{Heard, end_by_signal};
use crate::startup_code::StartupCode;
use core_thread::{CoreThread, News};
use ending::tell_unresponsive;
use outside::Outside;
use process::Common;
use reload::Reload;
use upgrade::Upgrade;

pub use process::supervise;

enum Outcome {
    Exit(ExitCode),
    Restart,
}

/// So many addresses of a program are remembered: of a further one it may be said again that it is listened on.
const TOLD_MAX: usize = 64;

struct Supervisor<R: Runtime> {
    common: Rc<Common<R>>,
    /// The code that new cores are started with.
    program: R::Program,
    /// How many cores the program is served on.
    wanted: usize,
    /// By their places.
    cores: Vec<CoreThread<R::Failure>>,
    /// Cores in whose places others serve, until they have ended.
    replaced: Vec<CoreThread<R::Failure>>,
    reload: Option<Reload<R>>,
    upgrade: Option<Upgrade>,
    /// A reload was asked for before the first core listened.
    is_reload_due: bool,
    /// Where the program listens, as far as that was said.
    told: Vec<Address>,
    backlog_look: Option<Pin<Box<Sleep>>>,
    panics: Frequency,
    is_ending: bool,
    /// By a signal.
    was_told_to_end: bool,
    startup_code: Option<StartupCode>,
    is_restarting: bool,
    code: i32,
}

/// Which core has something to say.
enum Who {
    Core(usize),
    Successor,
    Replaced(usize),
}

impl<R: Runtime> Supervisor<R> {
    fn new(common: Rc<Common<R>>, program: R::Program) -> Self {
        Supervisor {
            wanted: common.layout.cores().get(),
            common,
            program,
            cores: Vec::new(),
            replaced: Vec::new(),
            reload: None,
            upgrade: None,
            is_reload_due: false,
            told: Vec::new(),
            backlog_look: None,
            panics: Frequency::default(),
            is_ending: false,
            was_told_to_end: false,
            startup_code: None,
            is_restarting: false,
            code: 0,
        }
    }

    async fn run(mut self, outside: &mut Outside) -> Result<Outcome, R::Failure> {
        self.start_core()?;
        poll_fn(|context| self.poll(context, outside)).await
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
        outside: &mut Outside,
    ) -> Poll<Result<Outcome, R::Failure>> {
        while let Poll::Ready(heard) = outside.signals.poll(context) {
            if let Some(code) = self.obey(heard, outside) {
                return Poll::Ready(Ok(Outcome::Exit(code)));
            }
        }
        if !self.is_ending && outside.watch.poll_changed(context).is_ready() {
            self.change();
        }
        // News may start further cores, whose lanes are to be looked at as well before this sleeps.
        while let Some((who, news)) = self.next_news(context) {
            self.take_news(who, news)?;
        }
        if let Some(check) = self.reload.as_mut().and_then(Reload::check)
            && let Poll::Ready(health) = check.poll(context)
        {
            self.take_health(health)?;
            context.waker().wake_by_ref();
        }
        if self.cores.iter().all(CoreThread::has_ended) {
            if self.replaced.is_empty() && self.reload.is_none() {
                return Poll::Ready(Ok(self.outcome()));
            }
            if !self.is_ending {
                self.end(false);
            }
        }
        if let Some(startup_code) = &mut self.startup_code {
            startup_code.poll(context);
        }
        self.poll_upgrade(context);
        outside.tell_of_start(
            &self.common.options,
            self.cores[0].has_listened(),
            self.all_listen(),
        )?;
        self.poll_backlogs(context, outside);
        self.poll_deadlines(context)
    }

    /// What a signal asks for; a code: the process is to end at once.
    fn obey(&mut self, heard: Heard, outside: &Outside) -> Option<ExitCode> {
        match heard {
            Heard::Reload if self.is_ending => {}
            Heard::Reload if self.may_reload() => self.reload(),
            Heard::Reload => self.is_reload_due = true,
            Heard::Upgrade => self.upgrade(outside),
            // A script has nothing to finish, and who has started it sees what ended it.
            Heard::End(number) if self.has_nothing_to_finish(number) => {
                return Some(end_by_signal(number));
            }
            // The second signal: whoever sends it does not want to wait, be it a program that has cleaned up.
            Heard::End(number) if self.was_told_to_end && self.common.mode == Mode::Run => {
                return Some(end_by_signal(number));
            }
            Heard::End(number) if self.was_told_to_end => return Some(ExitCode::from(128 + number)),
            Heard::End(_) => {
                self.was_told_to_end = true;
                self.is_restarting = false;
                self.common.listeners.close();
                self.end(true);
            }
        }
        None
    }

    /// A program that is run, has never listened, and does not want to hear of the signal.
    fn has_nothing_to_finish(&self, signal: u8) -> bool {
        let has_listened = self
            .cores
            .iter()
            .chain(&self.replaced)
            .any(CoreThread::has_listened);
        self.common.mode == Mode::Run && !has_listened && !self.common.runtime.was_listened_for(signal.into())
    }

    /// A file of the program has changed.
    fn change(&mut self) {
        // A script has effects of its own, which are not to happen beside each other, and a program that does not listen
        // yet may never do.
        if self.common.mode == Mode::Serve && self.may_reload() {
            return self.reload();
        }
        self.is_restarting = true;
        self.end(false);
    }

    fn outcome(&self) -> Outcome {
        match self.is_restarting {
            true => Outcome::Restart,
            false => Outcome::Exit(ExitCode::from(self.code.clamp(0, 255) as u8)),
        }
    }

    fn next_news(&mut self, context: &mut Context<'_>) -> Option<(Who, News<R::Failure>)> {
        let cores = self
            .cores
            .iter_mut()
            .enumerate()
            .map(|(index, core)| (Who::Core(index), core));
        let successor = self
            .reload
            .iter_mut()
            .map(|reload| (Who::Successor, reload.successor()));
        let replaced = self
            .replaced
            .iter_mut()
            .enumerate()
            .map(|(position, core)| (Who::Replaced(position), core));
        for (who, core) in cores.chain(successor).chain(replaced) {
            if let Poll::Ready(news) = core.poll_news(context) {
                return Some((who, news));
            }
        }
        None
    }

    fn take_news(&mut self, who: Who, news: News<R::Failure>) -> Result<(), R::Failure> {
        match who {
            Who::Core(index) => self.take_news_of_core(index, news),
            Who::Successor => self.take_news_of_successor(news),
            Who::Replaced(position) => {
                self.take_news_of_replaced(position, news);
                Ok(())
            }
        }
    }

    fn take_news_of_core(&mut self, index: usize, news: News<R::Failure>) -> Result<(), R::Failure> {
        match news {
            News::Listening {
                address,
                is_local,
                is_silent,
            } => self.listening(index, &address, is_local, is_silent),
            News::Ended(Ok(Ended::HeapLimit)) => self.restart_full_core(index),
            News::Ended(Err(failure)) if failure.restarts() => self.restart_after_exception(index, failure),
            News::Panicked => self.restart_panicked_core(index),
            News::Ended(ended) => {
                // Nobody accepts from its socket any more, while others may serve on.
                if !self.is_followed(index) {
                    self.common.listeners.close_core(index);
                }
                match ended {
                    Ok(Ended::Finished(code)) => self.code = self.code.max(code),
                    Ok(_) => tell_unresponsive(index),
                    Err(error) => return self.fail(index, error),
                }
                Ok(())
            }
        }
    }

    /// Whatever becomes of a core in whose place another serves, that serves on.
    fn take_news_of_replaced(&mut self, position: usize, news: News<R::Failure>) {
        let index = self.replaced[position].index();
        match news {
            News::Listening { .. } => return,
            News::Ended(Ok(Ended::Finished(_) | Ended::HeapLimit)) => {}
            News::Ended(Ok(Ended::Unresponsive)) => tell_unresponsive(index),
            News::Ended(Err(error)) => tell(format_args!(
                "howth: core {index} failed after it was replaced: {error}"
            )),
            News::Panicked => {
                self.code = self.code.max(1);
                tell(format_args!("howth: core {index} panicked after it was replaced"));
            }
        }
        self.replaced.swap_remove(position);
    }

    fn listening(
        &mut self,
        index: usize,
        address: &Address,
        is_local: bool,
        is_silent: bool,
    ) -> Result<(), R::Failure> {
        let is_first = index == 0 && self.cores.len() == 1;
        if is_first && is_local {
            self.wanted = 1;
        }
        // Of several servers that a program has each is told of.
        let is_told = self.told.contains(address);
        if index == 0 && !is_silent && (is_first || !is_told) {
            self.announce("listening on", address);
        }
        if index == 0 && !is_told {
            self.told.push(address.clone());
            self.told.truncate(TOLD_MAX);
        }
        if is_first {
            while self.cores.len() < self.wanted && !self.is_ending {
                self.start_core()?;
            }
            if std::mem::take(&mut self.is_reload_due) && !self.is_ending {
                self.reload();
            }
        }
        self.note_all_listening();
        Ok(())
    }

    fn all_listen(&self) -> bool {
        self.cores.len() == self.wanted && self.cores.iter().all(CoreThread::has_listened)
    }

    fn note_all_listening(&mut self) {
        if !self.all_listen() {
            return;
        }
        self.common.listeners.close_unused();
        self.startup_code = Some(StartupCode::new());
    }

    fn announce(&self, what: &str, address: &Address) {
        if self.common.options.quiet {
            return;
        }
        let cores = match self.wanted {
            1 => "1 core".to_owned(),
            // Sessions, caches and counters in variables are the surprise of those who come from one process.
            several => format!("{several} cores, module state is per core"),
        };
        let line = format!(
            "howth {} {what} {} ({cores}, {})\n",
            env!("CARGO_PKG_VERSION"),
            address.urls(),
            self.common.runtime.description(),
        );
        print(Output::Stdout, &line);
    }

    fn start_core(&mut self) -> Result<(), R::Failure> {
        let core_slot = self
            .common
            .layout
            .core_slot(self.cores.len(), Arc::default(), false);
        let core = CoreThread::spawn(&self.common.runtime, &self.program, core_slot)?;
        self.cores.push(core);
        Ok(())
    }
}
