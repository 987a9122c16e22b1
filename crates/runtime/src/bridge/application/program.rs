//! What is asked of the program outside of requests: what it exports, what it listens for, whether it has an end.
//!
//! Called by: the core's loop.

use deno_core::error::JsError;
use deno_core::v8;
use howth_javascript::server::served;

use super::{Application, call, exception_message, text};

/// What `serveModule` made of the module's exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It is served now, or was already.
    Serves,
    /// It exports nothing that can be served.
    NoHandler,
    /// It exports what node:http calls: an application of Express, say.
    NodeApplication,
    /// It has opened a server of its own.
    ListensItself,
    /// JavaScript threw, for example because listening failed.
    Failed(String),
}

impl Application {
    /// Serves the module's default export, unless it serves already. `may_leave_alone`: only an object with `fetch`, as
    /// `howth run` does.
    pub(crate) fn serve_module(&mut self, exports: &v8::Global<v8::Object>, may_leave_alone: bool) -> Entry {
        self.ran = true;
        deno_core::scope!(scope, &mut self.isolate.worker.js_runtime);
        v8::tc_scope!(let scope, scope);
        let exports = v8::Local::new(scope, exports);
        let default = text(scope, "default");
        let Some(default) = exports.get(scope, default.into()) else {
            return Entry::NoHandler;
        };
        let may_leave_alone: v8::Local<'_, v8::Value> = v8::Boolean::new(scope, may_leave_alone).into();
        let served = call(
            scope,
            &self.isolate.bridge,
            "serveModule",
            &[default, may_leave_alone],
        );
        match served.map(|served| served.uint32_value(scope)) {
            Some(Some(served::SERVES)) => Entry::Serves,
            Some(Some(served::NODE_APPLICATION)) => Entry::NodeApplication,
            Some(Some(served::LISTENS_ITSELF)) => Entry::ListensItself,
            Some(_) => Entry::NoHandler,
            None => Entry::Failed(exception_message(scope)),
        }
    }

    /// Whether the program has read its arguments, where they are watched.
    pub(crate) fn has_read_arguments(&mut self) -> bool {
        self.asks("readArguments").unwrap_or(true)
    }

    /// Whether a function of js/boot/main.js says yes; `None`: it threw.
    fn asks(&mut self, name: &'static str) -> Option<bool> {
        deno_core::scope!(scope, &mut self.isolate.worker.js_runtime);
        v8::tc_scope!(let scope, scope);
        call(scope, &self.isolate.bridge, name, &[]).map(|said| said.is_true())
    }

    /// Whether the program is told of what nothing catches (`uncaughtException`), and goes on.
    pub(crate) fn takes_errors(&mut self) -> bool {
        self.ran = true;
        self.asks("takesErrors") == Some(true)
    }

    /// Tells the program, which has nothing left to do, that it is about to end (`beforeunload`, `beforeExit`). Whether
    /// it has something to do now.
    pub(crate) fn has_work_before_exit(&mut self) -> Result<bool, Box<JsError>> {
        self.ran = true;
        let worker = &mut self.isolate.worker;
        Ok(worker.dispatch_beforeunload_event()? || worker.dispatch_process_beforeexit_event()?)
    }

    /// Tells the program, which an error ends, of its end (`exit`); the code it ends with.
    pub(crate) fn end_with_error(&mut self) -> i32 {
        const FAILED: i32 = 1;
        // It says no where nothing is made that could be told: most programs never look at `process`.
        if self.is_terminated || self.asks("endWithError") != Some(true) {
            return FAILED;
        }
        self.isolate.worker.exit_code()
    }

    /// Whether the program listens for SIGINT or SIGTERM with `process.on`.
    pub(crate) fn listens_for_signals(&mut self) -> bool {
        // JavaScript is asked only if there is a listener at all: `process` is made when it is first used, which
        // takes longer than most programs take to start.
        let state = self.isolate.worker.js_runtime.op_state();
        if !state
            .borrow()
            .resource_table
            .names()
            .any(|(_, name)| name == "signal")
        {
            return false;
        }
        self.ran = true;
        self.asks("listensForSignals") == Some(true)
    }
}
