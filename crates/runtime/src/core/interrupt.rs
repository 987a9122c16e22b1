//! What a core does while its own JavaScript runs too long: the engine's turns, on the same thread.
//!
//! V8 calls [`interrupted`] from inside of whatever JavaScript it runs, when the watchdog or another core has asked for
//! it. Nothing here runs JavaScript: the engine receives, sends, answers what needs no JavaScript, and keeps the rest
//! for later. Owns the verdict over a handler that has run longer than it may. Called by: V8, on the core's thread.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use deno_core::v8;
use howth_scheduling::{self as scheduling, CoreStatus, Counters, Waiting, now_us};
use howth_supervision::Command;

use super::PeerCores;
use crate::bridge::{Application, Batch, Bridge};
use crate::compression::Compression;
use crate::engine::{Engine, Polled};
use crate::response_cache::KeptResponses;
use crate::topics::Mail;

/// Turns of the engine in one interruption: what a flood brings waits for the next one.
const TURNS_MAX: usize = 4;
/// JavaScript that has been running for less is not interrupted for.
const SHORT_US: u64 = 200;
/// JavaScript has at least so many times what an interruption took before the next one: a flood of requests that are
/// refused must not keep those from being answered that were admitted.
const PAUSE_TURNS: u64 = 3;
/// And no more than so many microseconds: the thread may have stood still meanwhile.
const PAUSE_US_MAX: u64 = 20_000;
/// Frames of the stack that is told of a handler that was ended.
const FRAMES_MAX: usize = 10;

thread_local! {
    /// Of the core whose thread this is, while it has an isolate.
    static CURRENT: RefCell<Option<Rc<Interrupt>>> = const { RefCell::new(None) };
}

/// What another thread asks V8 for by the isolate's handle: [`interrupted`] is called on the core's thread, when its
/// JavaScript next enters a function. At a loop's end V8 looks only now and then below its last tier: after thousands of
/// turns, and after millions while that tier is being compiled.
pub(super) struct Request(pub(super) v8::IsolateHandle);

impl scheduling::Interrupt for Request {
    fn request(&self) {
        self.0
            .request_interrupt(interrupted, std::ptr::null_mut::<c_void>());
    }
}

/// V8's callback.
unsafe extern "C" fn interrupted(isolate: v8::UnsafeRawIsolatePtr, _data: *mut c_void) {
    let current = CURRENT.with(|current| current.borrow().clone());
    if let Some(interrupt) = current {
        // SAFETY: V8 hands over the isolate that it has interrupted, which lives, and is entered, during the call.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr_unchecked(isolate) };
        // A panic must not unwind through V8: it goes on where JavaScript was called.
        let ran = catch_unwind(AssertUnwindSafe(|| interrupt.run(&mut isolate)));
        if let Err(panic) = ran {
            interrupt.panic.replace(Some(panic));
            isolate.terminate_execution();
        }
    }
}

/// Where the engine lies while the loop does not use it.
pub(super) type EngineSlot = Rc<RefCell<Option<Engine>>>;

/// A handler was ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Where it was, innermost first.
    pub(super) stack: String,
}

/// What the loop and an interruption both work with.
#[derive(Clone)]
pub(super) struct CoreContext {
    pub(super) engine: EngineSlot,
    pub(super) command: Rc<RefCell<Command>>,
    pub(super) reception: Rc<scheduling::Reception<Bridge>>,
    /// Where there are any.
    pub(super) peer_cores: Option<Rc<PeerCores>>,
    /// Where responses are compressed.
    pub(super) compression: Option<Rc<Compression>>,
    /// What is kept of responses.
    pub(super) kept_responses: KeptResponses,
    pub(super) mail: Rc<Mail>,
    pub(super) core_status: Arc<CoreStatus>,
    pub(super) counters: Arc<Counters>,
}

impl CoreContext {
    /// The engine's way to the queue.
    pub(super) fn entrance(&self) -> scheduling::Entrance<'_, Bridge, Mail> {
        scheduling::Entrance {
            reception: &self.reception,
            peer_cores: self.peer_cores.as_deref(),
        }
    }

    /// Gives JavaScript the requests that have waited for another's response in vain; true: there were any.
    pub(super) fn give_back(&self) -> bool {
        self.kept_responses.give_back(&self.reception)
    }

    /// Hands responses to the engine that were compressed meanwhile; true: there were any.
    pub(super) fn deliver_compressed(&self) -> bool {
        let peer_cores = self.peer_cores.as_ref();
        let is_elsewhere = |event| peer_cores.is_some_and(|others| others.observe(event));
        let compression = self.compression.as_ref();
        compression.is_some_and(|compression| compression.deliver(&self.reception, is_elsewhere))
    }
}

/// What an interruption works on.
pub(super) struct Interrupt {
    core_context: CoreContext,
    batch: Rc<Batch>,
    waker: RefCell<Waker>,
    context: v8::Global<v8::Context>,
    /// How long JavaScript may run without coming to another event.
    limit: Option<Duration>,
    /// When the engine may have its next turn.
    not_before_us: Cell<u64>,
    /// What JavaScript was at when it was last looked at, and when that was first seen.
    progress: Cell<((u64, Option<usize>), u64)>,
    verdict: RefCell<Option<Verdict>>,
    panic: RefCell<Option<Box<dyn Any + Send>>>,
    /// The engine or the other cores had a turn since the loop's last round began.
    has_taken_turns: Cell<bool>,
}

impl Interrupt {
    pub(super) fn new(
        core_context: CoreContext,
        application: &mut Application,
        limit: Option<Duration>,
    ) -> Rc<Self> {
        let interrupt = Rc::new(Interrupt {
            core_context,
            batch: application.batch(),
            waker: RefCell::new(Waker::noop().clone()),
            context: application.isolate().worker.js_runtime.main_context(),
            limit,
            not_before_us: Cell::new(0),
            progress: Cell::default(),
            verdict: RefCell::default(),
            panic: RefCell::default(),
            has_taken_turns: Cell::new(false),
        });
        CURRENT.with(|current| current.replace(Some(interrupt.clone())));
        interrupt
    }

    /// Who is woken by what an engine registers for.
    pub(super) fn set_waker(&self, waker: &Waker) {
        if !self.waker.borrow().will_wake(waker) {
            self.waker.replace(waker.clone());
        }
    }

    /// Why JavaScript was ended, if it was for its running too long.
    pub(super) fn take_verdict(&self) -> Option<Verdict> {
        self.verdict.take()
    }

    pub(super) fn has_verdict(&self) -> bool {
        self.verdict.borrow().is_some()
    }

    /// Whether anything was done in the loop's place since [`forget_turns`](Self::forget_turns): the loop has to look at
    /// what came of it.
    pub(super) fn has_taken_turns(&self) -> bool {
        self.has_taken_turns.get()
    }

    pub(super) fn forget_turns(&self) {
        self.has_taken_turns.set(false);
    }

    /// Goes on with a panic that happened in an interruption.
    pub(super) fn resume_panic(&self) {
        if let Some(panic) = self.panic.take() {
            std::panic::resume_unwind(panic);
        }
    }

    fn run(&self, isolate: &mut v8::Isolate) {
        self.core_context.core_status.interrupted();
        // Asked for while JavaScript ran, but it has returned since: the loop does everything itself.
        let Some(entered_us) = self.core_context.core_status.entered_us() else {
            return;
        };
        let running_us = now_us().saturating_sub(entered_us);
        // Another core asked, and JavaScript is not late: the loop will look soon.
        if running_us < SHORT_US {
            return;
        }
        let began_us = now_us();
        if began_us >= self.not_before_us.get() {
            self.core_context.counters.interruptions.add(1);
            self.has_taken_turns.set(true);
            self.turn_engine(running_us);
            let ended_us = now_us();
            let pause_us = (PAUSE_TURNS * (ended_us - began_us)).min(PAUSE_US_MAX);
            self.not_before_us.set(ended_us + pause_us);
        }
        self.judge(isolate, entered_us);
    }

    fn turn_engine(&self, running_us: u64) {
        // The engine is in the loop's hands where JavaScript runs within one of its calls.
        let (Ok(mut engine), Ok(mut command)) = (
            self.core_context.engine.try_borrow_mut(),
            self.core_context.command.try_borrow_mut(),
        ) else {
            return;
        };
        let Some(engine) = engine.as_mut() else {
            // What other cores are answered still has to leave.
            self.relieve(running_us);
            return;
        };
        let waker = self.waker.borrow().clone();
        let mut context = Context::from_waker(&waker);
        command.poll_early(&mut context, engine);
        let mut entrance = self.core_context.entrance();
        self.relieve(running_us);
        if let Some(peer_cores) = &self.core_context.peer_cores {
            peer_cores.steer(engine, running_us);
        }
        for _ in 0..TURNS_MAX {
            self.core_context.deliver_compressed();
            // What is wrong with an engine, the loop's next turn meets as well.
            let worked = matches!(
                engine.turn_within(&mut context, &mut entrance),
                Ok(Polled::Worked)
            );
            command.take_over().pass_on(Some(engine));
            if let Some(peer_cores) = &self.core_context.peer_cores {
                if !command.is_replaced() {
                    peer_cores.give_connections(engine, running_us);
                }
                peer_cores.take_connections(engine);
            }
            if !worked && !self.relieve(running_us) {
                return;
            }
        }
    }

    /// Exchanges what there is with the other cores, and hands them what would be answered sooner there.
    fn relieve(&self, running_us: u64) -> bool {
        let wait_us = self.core_context.reception.note_delay();
        let Some(peer_cores) = &self.core_context.peer_cores else {
            return false;
        };
        if peer_cores.has_better(running_us) {
            self.core_context
                .reception
                .put_back(self.batch.take_back(Waiting::is_request));
            peer_cores.relieve(&self.core_context.reception, running_us, wait_us);
        }
        peer_cores.share_work(&self.core_context.reception)
    }

    /// Ends what has been running for too long.
    fn judge(&self, isolate: &mut v8::Isolate, entered_us: u64) {
        let Some(limit) = self.limit else { return };
        let now_us = now_us();
        let at = self.batch.progress();
        let (seen, since_us) = self.progress.get();
        let since_us = if seen == at {
            since_us.max(entered_us)
        } else {
            now_us
        };
        self.progress.set((at, since_us));
        let is_over = Duration::from_micros(now_us - since_us) >= limit;
        if is_over && self.verdict.borrow().is_none() && !isolate.is_execution_terminating() {
            self.verdict.replace(Some(Verdict {
                stack: stack(isolate, &self.context),
            }));
            isolate.terminate_execution();
        }
    }
}

/// Forgets the core's interrupt: its isolate is about to end.
pub(super) fn forget() {
    CURRENT.with(|current| current.replace(None));
}

/// Where JavaScript is, innermost first.
fn stack(isolate: &mut v8::Isolate, context: &v8::Global<v8::Context>) -> String {
    v8::scope_with_context!(scope, isolate, context);
    let Some(trace) = v8::StackTrace::current_stack_trace(scope, FRAMES_MAX) else {
        return String::new();
    };
    let frames = (0..trace.get_frame_count()).filter_map(|index| trace.get_frame(scope, index));
    let lines = frames.map(|frame| {
        let name =
            |name: Option<v8::Local<'_, v8::String>>| name.map(|name| name.to_rust_string_lossy(scope));
        let function = name(frame.get_function_name(scope)).unwrap_or_else(|| "<anonymous>".to_owned());
        let script = name(frame.get_script_name_or_source_url(scope)).unwrap_or_default();
        let (line, column) = (frame.get_line_number(), frame.get_column());
        format!("\n    at {function} ({script}:{line}:{column})")
    });
    lines.collect()
}
