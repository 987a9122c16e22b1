//! Ops of Deno's that know another binary than howth, with howth's in their places ([`replacement`]).
//!
//! Deno's code writes the command line of a child process that runs the same binary anew, as one for the command
//! `deno`; howth understands Node's own (`src/cli`), so it is left as it is. And a program may ask to hear of a signal
//! that no program can hear of, which Node's frameworks do: that is told, once, and is no error. Owns nothing but these
//! ops. Called by: JavaScript of Deno's.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use deno_core::error::ResourceError;
use deno_core::{AsyncRefCell, OpDecl, OpState, RcRef, Resource, ResourceId, op2};
use deno_error::JsErrorBox;
use deno_runtime::deno_node::ops::node_cli_parser::TranslatedArgs;
use howth_supervision::tell;
use tokio::sync::watch;

/// The op that takes the place of Deno's, or that op.
pub(super) fn replacement(op: OpDecl) -> OpDecl {
    let ours = match op.name {
        "op_node_translate_cli_args" => op_node_translate_cli_args(),
        "op_bootstrap_unstable_args" => op_bootstrap_unstable_args(),
        "op_signal_bind" => op_signal_bind(),
        "op_signal_unbind" => op_signal_unbind(),
        "op_signal_poll" => op_signal_poll(),
        _ => return op,
    };
    op.with_implementation_from(&ours)
}

/// `is_whole`: the arguments are those of a process that is started. Else they were found in a line for a shell, which
/// is taken as it is when this fails: only the shell knows what it means.
#[op2]
fn op_node_translate_cli_args(
    #[scoped] arguments: Vec<String>,
    _is_in_package: bool,
    is_whole: bool,
) -> Result<TranslatedArgs, JsErrorBox> {
    if !is_whole {
        return Err(JsErrorBox::generic("the line stays as it is"));
    }
    Ok(TranslatedArgs {
        deno_args: arguments,
        node_options: Vec::new(),
        ca_stores: None,
        use_openssl_ca: false,
        needs_npm_process_state: false,
        trace_event_categories: None,
    })
}

/// What a child has to be told of Deno's features: nothing, it is howth as well.
#[op2]
fn op_bootstrap_unstable_args() -> Vec<String> {
    Vec::new()
}

/// Signals that any isolate of the process has listened for, by their numbers.
static LISTENED_FOR: AtomicU64 = AtomicU64::new(0);

fn bit(signal: i32) -> u64 {
    1u64.checked_shl(signal.unsigned_abs()).unwrap_or_default()
}

/// Whether the program has ever asked to hear of this signal.
pub(crate) fn was_listened_for(signal: i32) -> bool {
    LISTENED_FOR.load(Ordering::Relaxed) & bit(signal) != 0
}

/// What a program hears of a signal.
struct SignalStream {
    binding: Binding,
    changes: AsyncRefCell<watch::Receiver<()>>,
}

enum Binding {
    Bound {
        number: i32,
        id: u32,
    },
    /// No program can hear of it. The sender is kept: with it the stream would end.
    Never {
        _sender: watch::Sender<()>,
    },
}

impl Resource for SignalStream {
    /// The name of Deno's, by which is seen whether a program listens for any signal.
    fn name(&self) -> Cow<'_, str> {
        "signal".into()
    }

    fn close(self: Rc<Self>) {
        self.unregister();
    }
}

impl SignalStream {
    fn unregister(&self) {
        if let Binding::Bound { number, id } = self.binding {
            deno_signals::unregister(number, id);
        }
    }
}

impl Drop for SignalStream {
    fn drop(&mut self) {
        self.unregister();
    }
}

#[op2(fast)]
#[smi]
fn op_signal_bind(state: &mut OpState, #[string] signal: &str) -> Result<ResourceId, JsErrorBox> {
    let number =
        deno_signals::signal_str_to_int(signal).map_err(|error| JsErrorBox::type_error(error.to_string()))?;
    let (sender, changes) = watch::channel(());
    let binding = if deno_signals::is_forbidden(number) {
        tell_of_unheard_signal(number, signal);
        Binding::Never { _sender: sender }
    } else {
        let hear = move || {
            let _ = sender.send(());
        };
        let id = deno_signals::register(number, true, Box::new(hear)).map_err(JsErrorBox::from_err)?;
        LISTENED_FOR.fetch_or(bit(number), Ordering::Relaxed);
        Binding::Bound { number, id }
    };
    Ok(state.resource_table.add(SignalStream {
        binding,
        changes: AsyncRefCell::new(changes),
    }))
}

/// Once for each signal: frameworks ask on every core, and again at every start.
fn tell_of_unheard_signal(number: i32, signal: &str) {
    static TOLD: Mutex<Vec<i32>> = Mutex::new(Vec::new());
    let mut told = TOLD.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !told.contains(&number) {
        told.push(number);
        tell(format_args!(
            "howth: {signal} cannot be listened for; the listener is kept and never called, so leave this signal out"
        ));
    }
}

#[op2(fast)]
fn op_signal_unbind(state: &mut OpState, #[smi] id: ResourceId) -> Result<(), ResourceError> {
    let stream = state.resource_table.take::<SignalStream>(id)?;
    stream.close();
    Ok(())
}

/// Whether the stream has ended.
#[op2]
async fn op_signal_poll(state: Rc<RefCell<OpState>>, #[smi] id: ResourceId) -> Result<bool, ResourceError> {
    let stream = state.borrow().resource_table.get::<SignalStream>(id)?;
    let mut changes = RcRef::map(&stream, |stream| &stream.changes).borrow_mut().await;
    Ok(changes.changed().await.is_err())
}
