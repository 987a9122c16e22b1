//! A core that starts again, because its heap was full, or an exception or a bug has ended it. The others never stop.
//!
//! Owns who may, and how often a panic is forgiven. Never ends a core. Called by: the supervisor.

use std::time::Instant;

use super::Supervisor;
use super::core_thread::CoreThread;
use crate::error::Error;
use crate::mode::Mode;
use crate::printing::tell;
use crate::runtime::Runtime;

impl<R: Runtime> Supervisor<R> {
    /// A core whose heap was full gets a new isolate.
    pub(super) fn restart_full_core(&mut self, index: usize) -> Result<(), R::Failure> {
        let error = self.heap_limit(index);
        if !self.may_restart(index) {
            return self.fail(index, error.into());
        }
        tell(format_args!(
            "howth: core {index} reached its heap limit of {} MiB and starts again; \
             raise it with --max-heap",
            self.heap_mib()
        ));
        self.restart_core(index)
    }

    /// An exception has ended a core's isolate, as `--uncaught-exceptions` has it.
    pub(super) fn restart_after_exception(
        &mut self,
        index: usize,
        failure: R::Failure,
    ) -> Result<(), R::Failure> {
        if !self.may_restart(index) {
            return self.fail(index, failure);
        }
        tell(format_args!(
            "howth: {failure}\nhowth: core {index} starts again (--uncaught-exceptions=restart)"
        ));
        self.restart_core(index)
    }

    /// A bug of howth's own has ended a core.
    pub(super) fn restart_panicked_core(&mut self, index: usize) -> Result<(), R::Failure> {
        self.code = self.code.max(1);
        let is_one_too_many = self.panics.note(Instant::now());
        if !self.may_restart(index) || is_one_too_many {
            return self.fail(index, Error::Panicked { core: index }.into());
        }
        tell(format_args!(
            "howth: core {index} panicked and starts again; please report what it said"
        ));
        self.restart_core(index)
    }

    pub(super) fn may_restart(&self, index: usize) -> bool {
        self.cores[index].has_listened() && !self.is_ending && self.common.mode == Mode::Serve
    }

    pub(super) fn restart_core(&mut self, index: usize) -> Result<(), R::Failure> {
        let inbox = self.cores[index].inbox().clone();
        let core_slot = self.common.layout.core_slot(index, inbox, false);
        self.cores[index] = CoreThread::spawn(&self.common.runtime, &self.program, core_slot)?;
        Ok(())
    }

    pub(super) fn heap_limit(&self, core: usize) -> Error {
        Error::HeapLimit {
            core,
            heap_mib: self.heap_mib(),
        }
    }

    fn heap_mib(&self) -> usize {
        self.common.runtime.heap_bytes_max(&self.program) >> 20
    }
}
