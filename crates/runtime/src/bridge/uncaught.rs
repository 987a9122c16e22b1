//! Exceptions and rejections that nothing has caught: what follows, and what is said of them.
//!
//! Deno's JavaScript gives every one of them to one op, after the program's own listeners (`uncaughtException`,
//! `unhandledRejection`, the events of the Web) had their chance; here that op does what the options say
//! ([`replacement`]). Deno's own ends the isolate each time. Owns the decision, and what was told lately. Called by: Deno's
//! JavaScript, and the core's loop for what V8 tells it alone.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deno_core::error::{CoreErrorKind, JsError, dispatch_exception};
use deno_core::{OpDecl, OpState, op2, v8};
use howth_supervision::{Frequency, tell};

use super::state::Bridge;
use crate::error::Uncaught;
use crate::isolate;
use crate::options::{UncaughtExceptions, UnhandledRejections};

/// What is told again and again is told once in so long, with how often it came.
const TOLD_PERIOD: Duration = Duration::from_secs(10);
/// So many are told apart.
const TOLD_MAX: usize = 32;

/// What the options say, and how far the core is.
pub(crate) struct Policy {
    pub(crate) exceptions: Option<UncaughtExceptions>,
    pub(crate) rejections: Option<UnhandledRejections>,
    /// `howth serve`: what the options leave open is decided for a server from the start on.
    pub(crate) is_server: bool,
    /// Restarts of the core's place, whichever core had it.
    pub(crate) restarts: Arc<Mutex<Frequency>>,
}

/// What is done about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    Nothing,
    /// It is told, and the program goes on.
    Report,
    /// The isolate ends, and another takes its place.
    Restart,
    /// The process ends.
    Exit,
}

impl Policy {
    /// `serves`: the program listens.
    fn follows(&self, is_rejection: bool, serves: bool, may_restart: bool) -> Follows {
        let wanted = match (is_rejection, self.rejections) {
            (true, Some(UnhandledRejections::None)) => return Follows::Nothing,
            (true, Some(UnhandledRejections::Warn)) => return Follows::Report,
            (true, None) if serves || self.is_server => return Follows::Report,
            (true, _) => self.exceptions.unwrap_or(UncaughtExceptions::Exit),
            (false, _) => self.exceptions.unwrap_or(match serves {
                true => UncaughtExceptions::Report,
                false => UncaughtExceptions::Exit,
            }),
        };
        match wanted {
            UncaughtExceptions::Report => Follows::Report,
            UncaughtExceptions::Exit => Follows::Exit,
            UncaughtExceptions::Restart if !serves || !self.is_server => Follows::Exit,
            UncaughtExceptions::Restart if may_restart && self.permits_restart() => Follows::Restart,
            UncaughtExceptions::Restart => Follows::Report,
        }
    }

    /// A client that could have a core start again and again would keep all its others from being served.
    fn permits_restart(&self) -> bool {
        let mut restarts = self.restarts.lock().unwrap_or_else(PoisonError::into_inner);
        restarts.permits(Instant::now())
    }
}

/// A core's part.
pub(crate) struct Exceptions {
    policy: Policy,
    /// The core is ending: a restart would break off what it still has to finish.
    is_ending: Cell<bool>,
    told: RefCell<Told>,
    /// What is to be reported, while whoever polls the isolate may have a better name for it.
    held: RefCell<Option<Vec<Uncaught>>>,
    /// What ends the isolate, until the core's loop has heard of it.
    fatal: RefCell<Option<Uncaught>>,
}

impl Exceptions {
    pub(crate) fn new(policy: Policy) -> Self {
        Exceptions {
            policy,
            is_ending: Cell::new(false),
            told: RefCell::default(),
            held: RefCell::default(),
            fatal: RefCell::default(),
        }
    }

    /// Keeps what is to be reported until [`release`](Self::release): what a module throws while it starts is an
    /// unhandled rejection as well.
    pub(crate) fn hold(&self) {
        self.held.borrow_mut().get_or_insert_default();
    }

    /// Reports what was kept, but for what was told by another name.
    pub(crate) fn release(&self, told: Option<&str>) {
        let held = self.held.take().unwrap_or_default();
        for uncaught in held.iter().filter(|uncaught| told != Some(&uncaught.text)) {
            self.report(uncaught);
        }
    }

    fn report(&self, uncaught: &Uncaught) {
        if let Some(line) = self.told.borrow_mut().line(uncaught.to_string(), Instant::now()) {
            tell(format_args!("howth: {line}"));
        }
    }

    pub(crate) fn note_end(&self) {
        self.is_ending.set(true);
    }

    pub(crate) fn has_fatal(&self) -> bool {
        self.fatal.borrow().is_some()
    }

    pub(crate) fn take_fatal(&self) -> Option<Uncaught> {
        self.fatal.take()
    }

    /// Does what follows; true: nothing may run in the isolate any more.
    fn meet(&self, is_rejection: bool, serves: bool, describe: impl FnOnce() -> String) -> bool {
        let follows = self.policy.follows(is_rejection, serves, !self.is_ending.get());
        if follows == Follows::Nothing {
            return false;
        }
        let uncaught = Uncaught {
            is_rejection,
            text: describe(),
            restarts: follows == Follows::Restart,
        };
        if follows == Follows::Report {
            match self.held.borrow_mut().as_mut() {
                Some(held) if held.len() < TOLD_MAX => held.push(uncaught),
                _ => self.report(&uncaught),
            }
            return false;
        }
        // The first one is why.
        self.fatal.borrow_mut().get_or_insert(uncaught);
        true
    }

    /// An exception that came to the core's loop without the op.
    pub(crate) fn meet_exception(&self, serves: bool, text: String) -> bool {
        self.meet(false, serves, || text)
    }
}

/// What was told lately.
#[derive(Default)]
struct Told(VecDeque<Item>);

struct Item {
    text: String,
    at: Instant,
    /// How often it came since.
    count: u64,
}

impl Told {
    /// What to print for `text`; `None`: it was printed a moment ago.
    fn line(&mut self, text: String, now: Instant) -> Option<String> {
        let known = self.0.iter().position(|item| item.text == text);
        let before = match known.and_then(|at| self.0.get_mut(at)) {
            Some(item) if now - item.at < TOLD_PERIOD => {
                item.count += 1;
                return None;
            }
            Some(item) => item.count,
            None => 0,
        };
        if let Some(at) = known {
            self.0.remove(at);
        } else if self.0.len() == TOLD_MAX {
            self.0.pop_front();
        }
        let line = match before {
            0 => text.clone(),
            count => format!("{text}\n    (and {count} times more since it was last told)"),
        };
        self.0.push_back(Item {
            text,
            at: now,
            count: 0,
        });
        Some(line)
    }
}

/// The op that takes the place of Deno's, or that op.
pub(super) fn replacement(op: OpDecl) -> OpDecl {
    match op.name {
        "op_dispatch_exception" => op.with_implementation_from(&op_dispatch_exception()),
        _ => op,
    }
}

#[op2(nofast, reentrant)]
fn op_dispatch_exception<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: Rc<RefCell<OpState>>,
    exception: v8::Local<'s, v8::Value>,
    is_rejection: bool,
) {
    let bridge = state.borrow().try_borrow::<Bridge>().cloned();
    let is_end = match bridge
        .as_ref()
        .and_then(|bridge| Some((bridge, bridge.exceptions()?)))
    {
        Some((bridge, exceptions)) => {
            exceptions.meet(is_rejection, bridge.serves(), || describe(scope, exception))
        }
        // A `Worker`, whose parent is told.
        None => true,
    };
    if is_end {
        dispatch_exception(scope, exception, is_rejection);
    }
}

/// What was thrown, with its stack in lines of the program's own source.
fn describe<'s>(scope: &mut v8::PinScope<'s, '_>, exception: v8::Local<'s, v8::Value>) -> String {
    let error = JsError::from_v8_exception(scope, exception);
    isolate::describe(&CoreErrorKind::Js(error).into_box())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(
        exceptions: Option<UncaughtExceptions>,
        rejections: Option<UnhandledRejections>,
        is_server: bool,
    ) -> Policy {
        Policy {
            exceptions,
            rejections,
            is_server,
            restarts: Arc::default(),
        }
    }

    #[test]
    fn a_server_goes_on_and_a_script_ends() {
        for is_rejection in [false, true] {
            let serve = policy(None, None, true);
            assert_eq!(serve.follows(is_rejection, true, true), Follows::Report);
            let run = policy(None, None, false);
            assert_eq!(run.follows(is_rejection, true, true), Follows::Report);
            assert_eq!(run.follows(is_rejection, false, true), Follows::Exit);
        }
        assert_eq!(
            policy(None, None, true).follows(false, false, true),
            Follows::Exit
        );
        assert_eq!(
            policy(None, None, true).follows(true, false, true),
            Follows::Report
        );
    }

    #[test]
    fn a_rejection_that_is_thrown_is_an_exception() {
        use UncaughtExceptions::{Exit, Report, Restart};
        let throw = Some(UnhandledRejections::Throw);
        for (exceptions, follows) in [
            (None, Follows::Exit),
            (Some(Exit), Follows::Exit),
            (Some(Report), Follows::Report),
            (Some(Restart), Follows::Restart),
        ] {
            assert_eq!(policy(exceptions, throw, true).follows(true, true, true), follows);
        }
        let ignored = policy(Some(Exit), Some(UnhandledRejections::None), true);
        assert_eq!(ignored.follows(true, true, true), Follows::Nothing);
        assert_eq!(ignored.follows(false, true, true), Follows::Exit);
    }

    #[test]
    fn restarts_are_bounded_and_never_happen_in_a_drain() {
        let restart = policy(Some(UncaughtExceptions::Restart), None, true);
        assert_eq!(restart.follows(false, true, false), Follows::Report);
        assert!((0..5).all(|_| restart.follows(false, true, true) == Follows::Restart));
        assert_eq!(restart.follows(false, true, true), Follows::Report);
        // A script starts only once.
        let run = policy(Some(UncaughtExceptions::Restart), None, false);
        assert_eq!(run.follows(false, true, true), Follows::Exit);
    }

    #[test]
    fn what_comes_again_and_again_is_told_now_and_then() {
        let (mut told, start) = (Told::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(told.line("a".to_owned(), at(0)).as_deref(), Some("a"));
        assert_eq!(told.line("a".to_owned(), at(1)), None);
        assert_eq!(told.line("b".to_owned(), at(2)).as_deref(), Some("b"));
        assert_eq!(told.line("a".to_owned(), at(9_999)), None);
        let again = told.line("a".to_owned(), at(10_000));
        assert!(again.is_some_and(|line| line.starts_with('a') && line.contains("2 times")));
        assert_eq!(told.line("a".to_owned(), at(10_001)), None);
    }

    #[test]
    fn what_was_told_takes_bounded_memory() {
        let (mut told, now) = (Told::default(), Instant::now());
        for number in 0..10 * TOLD_MAX {
            assert!(told.line(number.to_string(), now).is_some());
            assert!(told.0.len() <= TOLD_MAX);
        }
    }
}
