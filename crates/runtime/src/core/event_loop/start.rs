//! The program's start: what comes before it, its top-level code, what it exports.
//!
//! Called by: the loop.

use std::task::{Context, Poll};

use deno_core::ModuleId;
use deno_core::error::CoreError;
use howth_supervision::{Mode, tell};

use super::EventLoop;
use crate::bridge::Entry;
use crate::error::Error;
use crate::isolate::describe;
use crate::options::Debugger;

impl EventLoop<'_> {
    /// Runs what is to run before the program, and begins with the program's top-level code.
    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        self.wait_for_debugger();
        self.run_before().await?;
        let entry = self.shared.process.modules().entry().clone();
        let worker = &mut self.application.isolate().worker;
        let module = worker
            .preload_main_module(&entry)
            .await
            .map_err(|error| self.program_error(&error))?;
        let evaluation = self.application.isolate().worker.js_runtime.mod_evaluate(module);
        self.evaluation = Some((module, Box::pin(evaluation)));
        Ok(())
    }

    /// `--inspect`, `--inspect-wait` and `--inspect-brk`. Debuggers are attached to the first core.
    fn wait_for_debugger(&mut self) {
        if !self.is_first {
            return;
        }
        if let Some(url) = self.application.isolate().debugger_url() {
            // Node's words, by which editors find the address.
            tell(format_args!(
                "Debugger listening on {url}\nFor help, see: https://nodejs.org/en/docs/inspector"
            ));
        }
        let inspector = self.application.isolate().worker.js_runtime.inspector();
        match self.shared.options.start.debugger {
            Debugger::MayAttach => {}
            Debugger::IsAwaited => inspector.wait_for_session(),
            Debugger::Breaks => inspector.wait_for_session_and_break_on_next_statement(),
        }
    }

    /// The modules of `--require` and `--import`.
    async fn run_before(&mut self) -> Result<(), Error> {
        let Some((specifier, code)) = self.shared.process.modules().before() else {
            return Ok(());
        };
        let error = |error: CoreError| Error::Before(describe(&error));
        let worker = &mut self.application.isolate().worker;
        let loaded = worker.js_runtime.load_side_es_module_from_code(&specifier, code);
        let module = loaded.await.map_err(error)?;
        worker.evaluate_module(module).await.map_err(error)?;
        // What it throws is an unhandled rejection by itself; a module that has thrown exports nothing.
        self.application
            .isolate()
            .exports(module)
            .map_err(error)
            .map(drop)
    }

    /// Goes on with the program's start; whether that is over now.
    pub(super) fn poll_evaluation(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        if self.evaluation.is_none() {
            return Ok(false);
        }
        let is_over = self.poll_start(context);
        let told = match &is_over {
            Err(Error::Program { message, .. }) => Some(message.as_str()),
            _ => None,
        };
        self.application.release_reports(told);
        is_over
    }

    fn poll_start(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        let Some((module, evaluation)) = &mut self.evaluation else {
            return Ok(false);
        };
        let module = *module;
        match evaluation.as_mut().poll(context) {
            Poll::Pending => return Ok(false),
            Poll::Ready(Err(error)) => return Err(self.program_error(&error)),
            Poll::Ready(Ok(())) => self.evaluation = None,
        }
        self.listens_for_signals = self.application.listens_for_signals();
        let worker = &mut self.application.isolate().worker;
        if let Err(error) = worker.dispatch_load_event() {
            let error = deno_core::error::CoreErrorKind::Js(error).into_box();
            return Err(self.program_error(&error));
        }
        self.serve_exports(module)?;
        Ok(true)
    }

    pub(super) fn serve_exports(&mut self, module: ModuleId) -> Result<(), Error> {
        if self.is_ending {
            return Ok(());
        }
        let is_run = self.shared.mode == Mode::Run;
        let exports = match self.application.isolate().exports(module) {
            Ok(exports) => exports,
            // The program was told of what its top-level code threw, and goes on without the rest of that.
            Err(_) if is_run && self.application.takes_errors() => return Ok(()),
            Err(error) => return Err(self.program_error(&error)),
        };
        let entry = || self.shared.options.entry.clone();
        let unserved = match self.application.serve_module(&exports, is_run) {
            Entry::Serves => None,
            Entry::Failed(message) => return Err(self.error(message)),
            _ if is_run || self.has_served => None,
            Entry::NoHandler => Some(Error::NoHandler(entry())),
            Entry::NodeApplication => Some(Error::NodeApplication(entry())),
            Entry::ListensItself => return Err(Error::ListensItself(entry())),
        };
        // It may listen once what it waits for has come: a database, say.
        self.unserved = unserved;
        self.take_opened();
        // What the program had listened on before, and does not any more, is closed.
        self.listeners.settle();
        if self.has_served {
            self.tell_of_unread_option();
        }
        Ok(())
    }

    /// An error if nothing is served by a program under `howth serve`, and it waits for nothing any more.
    pub(super) fn check_served(&mut self) -> Result<(), Error> {
        if self.has_served || self.is_ending {
            self.unserved = None;
        }
        // What it has begun was not polled yet.
        if !self.is_isolate_idle || self.application.has_run() {
            return Ok(());
        }
        self.unserved.take().map_or(Ok(()), Err)
    }

    /// An option of howth's behind the file is the program's under `howth run`, as with Node: most likely it was meant
    /// for howth, if the program has not looked at it.
    pub(super) fn tell_of_unread_option(&mut self) {
        let Some(option) = &self.shared.options.start.misplaced else {
            return;
        };
        let is_due = self.is_first && !std::mem::replace(&mut self.has_told_of_option, true);
        if is_due && !self.application.has_read_arguments() {
            let entry = self.shared.options.entry.display();
            tell(format_args!(
                "howth: {option} behind {entry} is the program's, which does not read it; for howth it stands before the \
                 file: howth run {option} … {entry}"
            ));
        }
    }
}
