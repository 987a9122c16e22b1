//! The application behind an engine: JavaScript in an isolate.
//!
//! Owns the isolate of a core. One call of JavaScript serves a batch of events; microtasks run once after
//! it, so a batch of handlers that are async but wait for nothing is answered before the turn ends.

mod dispatch;
mod program;

use std::rc::Rc;
use std::task::{Context, Poll};

use deno_core::{PollEventLoopOptions, error::CoreError, v8};
use howth_engine::ListenerId;
use howth_routes::Places;

use super::batch::{self, Batch};
use super::state::Bridge;
use super::uncaught::Exceptions;
use crate::error::Uncaught;
use crate::isolate::{Isolate, may_collect};

pub(crate) use dispatch::Served;
pub(crate) use program::Entry;

/// Young garbage is collected when JavaScript was given buffers of so many bytes. V8 lets them pile up to 64 MiB and more
/// before it looks, because it does not see them as its own; then every page of them is a new one for the kernel.
const GIVEN_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What JavaScript is told when it starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Configuration {
    /// Error pages with the stack.
    pub(crate) development: bool,
    /// It is run, not served (`howth run`).
    pub(crate) is_run: bool,
    /// Nothing is said of where it listens.
    pub(crate) is_quiet: bool,
    /// Responses are compressed.
    pub(crate) compresses: bool,
    /// howth's version.
    pub(crate) version: &'static str,
}

/// The application of one core.
pub(crate) struct Application {
    bridge: Bridge,
    /// Dropped before the isolate: it holds handles into it.
    functions: Option<Functions>,
    isolate: Isolate,
    /// Where the text of a request is put together.
    text: Vec<u8>,
    /// Where parameters of its route stand.
    places: Places,
    /// Requests that JavaScript came to and nobody has counted yet.
    handled: usize,
    /// JavaScript ran since the event loop was polled.
    ran: bool,
    /// Somebody ended what ran, for good.
    is_terminated: bool,
}

struct Functions {
    dispatch: v8::Global<v8::Function>,
    batch: Rc<Batch>,
}

impl Application {
    /// Gives programs the `Howth` global and connects the dispatch.
    pub(crate) fn new(isolate: Isolate, bridge: Bridge, configuration: Configuration) -> Self {
        let mut application = Application {
            bridge,
            functions: None,
            isolate,
            text: Vec::new(),
            places: Places::default(),
            handled: 0,
            ran: true,
            is_terminated: false,
        };
        application.start(configuration);
        application.functions = application
            .bridge
            .connected()
            .map(|(dispatch, buffer)| Functions {
                dispatch,
                batch: Rc::new(Batch::new(buffer)),
            });
        assert!(
            application.functions.is_some(),
            "js/server/server.js connects when it is started"
        );
        application
    }

    /// What the ops work on.
    pub(crate) fn bridge(&self) -> Bridge {
        self.bridge.clone()
    }

    /// The isolate, to load and run programs in.
    pub(crate) fn isolate(&mut self) -> &mut Isolate {
        &mut self.isolate
    }

    /// How many requests JavaScript came to since the last call.
    pub(crate) fn take_handled(&mut self) -> usize {
        std::mem::take(&mut self.handled)
    }

    /// Whether JavaScript ran since the last call.
    pub(crate) fn take_ran(&mut self) -> bool {
        std::mem::take(&mut self.ran)
    }

    /// Whether [`take_ran`](Self::take_ran) would say so.
    pub(crate) fn has_run(&self) -> bool {
        self.ran
    }

    /// The exception that has ended the isolate, if one has and was not taken before.
    pub(crate) fn take_fatal(&self) -> Option<Uncaught> {
        self.bridge.exceptions()?.take_fatal()
    }

    /// Whether an exception has ended the isolate, and nobody was told.
    pub(crate) fn has_fatal(&self) -> bool {
        self.bridge.exceptions().is_some_and(Exceptions::has_fatal)
    }

    /// An exception that came from the event loop itself; true: it has ended the isolate.
    pub(crate) fn meet_exception(&self, text: String) -> bool {
        let serves = self.bridge.serves();
        self.bridge
            .exceptions()
            .is_none_or(|exceptions| exceptions.meet_exception(serves, text))
    }

    /// Keeps what is to be reported of exceptions, until the next call.
    pub(crate) fn hold_reports(&self) {
        if let Some(exceptions) = self.bridge.exceptions() {
            exceptions.hold();
        }
    }

    /// Reports what was kept, but for an exception that was told in these words.
    pub(crate) fn release_reports(&self, told: Option<&str>) {
        if let Some(exceptions) = self.bridge.exceptions() {
            exceptions.release(told);
        }
    }

    /// The core is ending: no exception has it start again.
    pub(crate) fn note_end(&self) {
        if let Some(exceptions) = self.bridge.exceptions() {
            exceptions.note_end();
        }
    }

    /// Whether [`take_stop_order`](Self::take_stop_order) has one.
    pub(crate) fn has_stop_order(&self) -> bool {
        self.bridge.has_stop_order()
    }

    /// Polls timers, promises, ops. `Ready`: nothing is pending.
    pub(crate) fn poll_event_loop(&mut self, context: &mut Context<'_>) -> Poll<Result<(), CoreError>> {
        let runtime = &mut self.isolate.worker.js_runtime;
        let polled = runtime.poll_event_loop(context, PollEventLoopOptions::default());
        if self.bridge.was_given(GIVEN_BYTES_MAX) && may_collect() && !self.is_terminated {
            // Whatever the name says, this is V8's only way to ask for it; `isolate::platform` allows it.
            let minor = v8::GarbageCollectionType::Minor;
            runtime.v8_isolate().request_garbage_collection_for_testing(minor);
        }
        polled
    }

    /// The isolate's event loop no longer counts the server as work: the core's loop knows of it.
    pub(crate) fn release_hold(&mut self) {
        if self.bridge.replace_hold(false) {
            let state = self.isolate.worker.js_runtime.op_state();
            state.borrow().external_ops_tracker.unref_op();
            self.ran = true;
        }
    }

    /// Whether any server keeps the process from ending (`server.unref()`).
    pub(crate) fn keeps_alive(&self) -> bool {
        self.bridge.keeps_alive()
    }

    /// Whether any request waits for the end of its response.
    pub(crate) fn has_requests(&self) -> bool {
        self.bridge.with(|exchanges| exchanges.pending()) > Some(0)
    }

    /// Has all WebSockets close: the core ends, or another takes its place.
    pub(crate) fn leave_sockets(&self) {
        self.bridge.leave_sockets();
    }

    /// How many promises given to `waitUntil` are pending.
    pub(crate) fn waiting_promises(&mut self) -> u32 {
        deno_core::scope!(scope, &mut self.isolate.worker.js_runtime);
        v8::tc_scope!(let scope, scope);
        let waiting = call(scope, &self.isolate.bridge, "waitingPromises", &[]);
        waiting
            .and_then(|waiting| waiting.uint32_value(scope))
            .unwrap_or(0)
    }

    /// Tells JavaScript that one of its servers has ended.
    pub(crate) fn stopped(&mut self, listener: ListenerId) {
        self.bridge.note_stopped(listener);
        if self.is_terminated {
            return;
        }
        self.ran = true;
        deno_core::scope!(scope, &mut self.isolate.worker.js_runtime);
        v8::tc_scope!(let scope, scope);
        let listener: v8::Local<'_, v8::Value> = v8::Integer::new_from_unsigned(scope, listener.0).into();
        if call(scope, &self.isolate.bridge, "stopped", &[listener]).is_some() {
            scope.perform_microtask_checkpoint();
        }
    }

    fn start(&mut self, configuration: Configuration) {
        deno_core::scope!(scope, &mut self.isolate.worker.js_runtime);
        v8::tc_scope!(let scope, scope);
        let object = v8::Object::new(scope);
        let development: v8::Local<'_, v8::Value> = v8::Boolean::new(scope, configuration.development).into();
        let is_run: v8::Local<'_, v8::Value> = v8::Boolean::new(scope, configuration.is_run).into();
        let is_quiet: v8::Local<'_, v8::Value> = v8::Boolean::new(scope, configuration.is_quiet).into();
        let compresses: v8::Local<'_, v8::Value> = v8::Boolean::new(scope, configuration.compresses).into();
        let length: v8::Local<'_, v8::Value> = v8::Integer::new(scope, batch::LENGTH as i32).into();
        let version: v8::Local<'_, v8::Value> = text(scope, configuration.version).into();
        for (name, value) in [
            ("development", development),
            ("isRun", is_run),
            ("isQuiet", is_quiet),
            ("compresses", compresses),
            ("batchLength", length),
            ("version", version),
        ] {
            let name = text(scope, name);
            object.set(scope, name.into(), value);
        }
        let started = call(scope, &self.isolate.bridge, "start", &[object.into()]);
        assert!(
            started.is_some(),
            "js/boot/main.js starts: {}",
            exception_message(scope)
        );
    }

    /// The events in JavaScript's hands, for who looks at them while it runs.
    pub(crate) fn batch(&self) -> Rc<Batch> {
        let functions = self.functions.as_ref();
        functions
            .expect("it is connected until it is dropped")
            .batch
            .clone()
    }

    /// The isolate was ended for good: nothing may run in it any more.
    pub(crate) fn forbid(&mut self) {
        self.is_terminated = true;
    }

    /// Lets JavaScript run again after it was ended.
    pub(crate) fn resume(&mut self) {
        // What was about to happen is looked for again.
        self.ran = true;
        self.isolate
            .worker
            .js_runtime
            .v8_isolate()
            .cancel_terminate_execution();
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.functions = None;
        self.bridge.disconnect();
    }
}

/// Calls a function of the object that `js/boot/main.js` made; `None`: it threw.
fn call<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &v8::Global<v8::Object>,
    name: &'static str,
    arguments: &[v8::Local<'s, v8::Value>],
) -> Option<v8::Local<'s, v8::Value>> {
    let bridge = v8::Local::new(scope, bridge);
    let name = text(scope, name);
    let function = bridge.get(scope, name.into())?;
    let function = v8::Local::<v8::Function>::try_from(function).ok()?;
    function.call(scope, bridge.into(), arguments)
}

fn text<'s>(scope: &mut v8::PinScope<'s, '_>, text: &'static str) -> v8::Local<'s, v8::String> {
    v8::String::new_external_onebyte_static(scope, text.as_bytes()).expect("it is far below V8's limit")
}

fn exception_message(scope: &mut v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'_>>>) -> String {
    match scope.exception() {
        Some(exception) => {
            let error = deno_core::error::JsError::from_v8_exception(scope, exception);
            let said = error.exception_message.as_str();
            said.strip_prefix("Uncaught ").unwrap_or(said).to_owned()
        }
        None => "execution was terminated".to_owned(),
    }
}
