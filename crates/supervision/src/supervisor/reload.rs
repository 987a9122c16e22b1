//! New code in place of old, without a gap: core by core.
//!
//! A new core starts beside the old one of its place, on a duplicate of the same socket, and leaves the clients to it.
//! Once it listens, and is well, it serves, and the old one is given the order to hand over: that finishes what is in
//! flight, and its connections go on with the new one. New code that fails leaves the old where it is. Owns the order
//! of these events. Never decides how a core ends: `core_thread` does. Called by: the supervisor.

use super::Supervisor;
use super::core_thread::{CoreThread, News};
use super::health::{HealthCheck, Unhealthy};
use crate::inbox::Predecessor;
use crate::listen::Address;
use crate::order::{Ended, Order};
use crate::printing::tell;
use crate::runtime::Runtime;

/// A reload that is going on.
pub(super) struct Reload<R: Runtime> {
    /// The new code.
    program: R::Program,
    /// The core that is to take a place.
    successor: CoreThread<R::Failure>,
    /// Where it listens, once it does, and whether no other core is to.
    listening: Option<(Address, bool)>,
    check: Option<HealthCheck>,
}

/// Why the new code does not serve.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotReloaded<E> {
    #[error("{0}")]
    Failed(E),
    #[error("it ended before it listened")]
    Ended,
    #[error("it panicked")]
    Panicked,
    #[error(transparent)]
    Unhealthy(#[from] Unhealthy),
    #[error("it could not be asked whether it is well: {0}")]
    Unasked(std::io::Error),
}

impl<R: Runtime> Reload<R> {
    pub(super) fn successor(&mut self) -> &mut CoreThread<R::Failure> {
        &mut self.successor
    }

    pub(super) fn into_successor(self) -> CoreThread<R::Failure> {
        self.successor
    }

    pub(super) fn check(&mut self) -> Option<&mut HealthCheck> {
        self.check.as_mut()
    }
}

impl<R: Runtime> Supervisor<R> {
    /// Begins to put new code in place of the old; a reload that is going on begins anew.
    pub(super) fn reload(&mut self) {
        self.give_reload_up();
        match self.common.find(Some(&self.program)) {
            Ok(program) => self.start_successor(0, program),
            Err(error) => self.not_reloaded(0, &NotReloaded::Failed(error)),
        }
    }

    /// Whether there is a core for each place, which the new code may take. A core that has not come so far as to listen
    /// may never do.
    pub(super) fn may_reload(&self) -> bool {
        self.cores.len() == self.wanted && self.cores[0].has_listened()
    }

    fn start_successor(&mut self, index: usize, program: R::Program) {
        let inbox = self.cores[index].inbox().clone();
        let core_slot = self.common.layout.core_slot(index, inbox, true);
        match CoreThread::spawn(&self.common.runtime, &program, core_slot) {
            Ok(successor) => {
                self.reload = Some(Reload {
                    program,
                    successor,
                    listening: None,
                    check: None,
                });
            }
            Err(error) => self.not_reloaded(index, &NotReloaded::Failed(error.into())),
        }
    }

    /// The new core of a reload has something to say.
    pub(super) fn take_news_of_successor(&mut self, news: News<R::Failure>) -> Result<(), R::Failure> {
        let failure = match news {
            News::Listening {
                address, is_local, ..
            } => return self.successor_listens(address, is_local),
            News::Ended(Err(error)) => NotReloaded::Failed(error),
            News::Ended(Ok(Ended::HeapLimit)) => {
                NotReloaded::Failed(self.heap_limit(self.reloading()).into())
            }
            News::Ended(Ok(Ended::Finished(_) | Ended::Unresponsive)) => NotReloaded::Ended,
            News::Panicked => {
                self.code = 1;
                NotReloaded::Panicked
            }
        };
        self.roll_back(&failure);
        Ok(())
    }

    fn successor_listens(&mut self, address: Address, is_local: bool) -> Result<(), R::Failure> {
        let Some(reload) = &mut self.reload else {
            return Ok(());
        };
        reload.listening = Some((address, is_local));
        let Some(path) = &self.common.options.reload_check else {
            return self.promote();
        };
        match HealthCheck::begin(path) {
            Ok((check, handed)) => {
                reload.successor.order(Order::Adopt(handed));
                reload.check = Some(check);
            }
            Err(error) => self.roll_back(&NotReloaded::Unasked(error)),
        }
        Ok(())
    }

    /// The new core was asked whether it is well.
    pub(super) fn take_health(&mut self, health: Result<(), Unhealthy>) -> Result<(), R::Failure> {
        match health {
            Ok(()) => self.promote(),
            Err(unwell) => {
                self.roll_back(&unwell.into());
                Ok(())
            }
        }
    }

    /// The new core takes its place; the old one hands over.
    fn promote(&mut self) -> Result<(), R::Failure> {
        let Some(Reload {
            program,
            mut successor,
            listening: Some((address, is_local)),
            ..
        }) = self.reload.take()
        else {
            return Ok(());
        };
        let index = successor.index();
        if index == 0 {
            self.program = program.clone();
            self.wanted = if is_local {
                1
            } else {
                self.common.layout.cores().get()
            };
        }
        successor.order(Order::Serve);
        let old = std::mem::replace(&mut self.cores[index], successor);
        self.replaced(old);
        let next = index + 1;
        if next < self.cores.len().min(self.wanted) {
            self.start_successor(next, program);
            return Ok(());
        }
        self.reloaded(&address)
    }

    /// Lets an old core finish what it has begun.
    fn replaced(&mut self, mut old: CoreThread<R::Failure>) {
        if old.has_ended() {
            return;
        }
        match old.has_listened() {
            true => {
                let old_core = Predecessor::of(old.inbox().clone());
                old.end_within(self.common.options.drain, Order::HandOver(old_core));
            }
            // It has nothing in flight, and may be in the middle of code that never comes to its end.
            false => old.abort(),
        }
        self.replaced.push(old);
    }

    /// All places were taken: there may be more or fewer of them now.
    fn reloaded(&mut self, address: &Address) -> Result<(), R::Failure> {
        while self.cores.len() > self.wanted {
            let Some(mut old) = self.cores.pop() else { break };
            self.common.listeners.close_core(old.index());
            // The first core goes on with its connections; who is in its backlog at this moment is turned away.
            let old_core = Predecessor::of(self.cores[0].inbox().clone());
            old.end_within(self.common.options.drain, Order::HandOver(old_core));
            self.replaced.push(old);
        }
        while self.cores.len() < self.wanted {
            self.start_core()?;
        }
        self.announce("the new code serves on", address);
        self.note_all_listening();
        Ok(())
    }

    fn roll_back(&mut self, failure: &NotReloaded<R::Failure>) {
        let index = self.reloading();
        self.give_reload_up();
        self.not_reloaded(index, failure);
    }

    /// Whether the new core of a reload is to take this core's place.
    pub(super) fn is_followed(&self, index: usize) -> bool {
        self.reload
            .as_ref()
            .is_some_and(|reload| reload.successor.index() == index)
    }

    /// Ends the new core of a reload that is going on.
    pub(super) fn give_reload_up(&mut self) {
        if let Some(reload) = self.reload.take() {
            let mut successor = reload.into_successor();
            let index = successor.index();
            if self.cores[index].has_ended() {
                // Nobody serves there now.
                self.common.listeners.close_core(index);
            }
            if !successor.has_ended() {
                successor.abort();
                self.replaced.push(successor);
            }
        }
    }

    fn reloading(&self) -> usize {
        self.reload.as_ref().map_or(0, |reload| reload.successor.index())
    }

    fn not_reloaded(&self, index: usize, failure: &NotReloaded<R::Failure>) {
        match index {
            0 => tell(format_args!(
                "howth: not reloaded, the old code serves on: {failure}"
            )),
            _ => tell(format_args!(
                "howth: core {index} was not reloaded, the old code serves on there: {failure}"
            )),
        }
    }
}
