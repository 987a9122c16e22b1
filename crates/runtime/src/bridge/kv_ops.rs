//! Ops of `Howth.kv`: the process's store, as one isolate sees it.
//!
//! A key crosses as UTF-8, values as `values.rs` says. `js/shared/kv.js` has checked the arguments.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use deno_core::{OpState, op2, v8};
use howth_javascript::shared::version;
use howth_kv::{IncrementError, Store, TooLarge, Value};

use super::state::Bridge;
use super::values::{self, NotTaken};

/// What `Howth.kv` throws.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub(super) enum KvException {
    #[class(range)]
    #[error("Howth.kv: {0}")]
    TooLarge(#[from] TooLarge),
    #[class(type)]
    #[error("Howth.kv: {0}")]
    NotANumber(IncrementError),
    #[class("DOMExceptionDataCloneError")]
    #[error("{0}")]
    NotCloneable(String),
}

impl From<IncrementError> for KvException {
    fn from(error: IncrementError) -> Self {
        match error {
            IncrementError::TooLarge(error) => KvException::TooLarge(error),
            IncrementError::NotANumber => KvException::NotANumber(error),
        }
    }
}

/// The value under a key, else undefined.
#[op2]
pub(super) fn op_howth_kv_get<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &OpState,
    #[string] key: &str,
) -> v8::Local<'s, v8::Value> {
    match store(state).get(key) {
        Some(found) => give(scope, state, &found.value),
        None => v8::undefined(scope).into(),
    }
}

/// The value under a key and its version in an array, else undefined.
#[op2]
pub(super) fn op_howth_kv_entry<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &OpState,
    #[string] key: &str,
) -> v8::Local<'s, v8::Value> {
    let Some(found) = store(state).get(key) else {
        return v8::undefined(scope).into();
    };
    let value = give(scope, state, &found.value);
    let version = v8::Number::new(scope, found.version as f64);
    v8::Array::new_with_elements(scope, &[value, version.into()]).into()
}

/// Stores a value for `lifetime` milliseconds (0: for ever) if the key has the version `expected`, and says whether it was
/// stored.
///
/// Takes no borrow of the state while it clones, which may run code of the program.
#[op2(nofast, reentrant)]
pub(super) fn op_howth_kv_put<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[string] key: &str,
    value: v8::Local<'s, v8::Value>,
    lifetime: f64,
    expected: f64,
) -> Result<bool, KvException> {
    let store = store(&state.borrow()).clone();
    let value = match values::take(scope, value, |bytes| store.admit(bytes)) {
        Ok(value) => value,
        Err(NotTaken::TooLarge(error)) => return Err(error.into()),
        Err(NotTaken::NotCloneable(reason)) => return Err(KvException::NotCloneable(reason)),
        Err(NotTaken::Threw) => return Ok(false),
    };
    let lifetime = duration(lifetime);
    if expected == version::ANY {
        store.set(key, value, lifetime)?;
        return Ok(true);
    }
    let expected = (expected != version::NONE).then_some(expected as u64);
    Ok(store.compare_and_set(key, expected, value, lifetime)?)
}

/// Adds to a number and answers the sum.
#[op2(fast)]
pub(super) fn op_howth_kv_increment(
    state: &OpState,
    #[string] key: &str,
    delta: f64,
    lifetime: f64,
) -> Result<f64, KvException> {
    Ok(store(state).increment(key, delta, duration(lifetime))?)
}

#[op2(fast)]
pub(super) fn op_howth_kv_has(state: &OpState, #[string] key: &str) -> bool {
    store(state).has(key)
}

#[op2(fast)]
pub(super) fn op_howth_kv_delete(state: &OpState, #[string] key: &str) -> bool {
    store(state).delete(key)
}

#[op2(fast)]
pub(super) fn op_howth_kv_clear(state: &OpState) {
    store(state).clear();
}

#[op2(fast)]
#[number]
pub(super) fn op_howth_kv_size(state: &OpState) -> usize {
    store(state).len()
}

#[op2(fast)]
#[number]
pub(super) fn op_howth_kv_bytes(state: &OpState) -> usize {
    store(state).bytes()
}

fn store(state: &OpState) -> &Arc<Store> {
    state.borrow::<Arc<Store>>()
}

/// Milliseconds; 0, and more than a clock can count, are none.
fn duration(milliseconds: f64) -> Option<Duration> {
    let has_end = milliseconds > 0.0;
    has_end
        .then(|| Duration::try_from_secs_f64(milliseconds / 1000.0).ok())
        .flatten()
}

/// A value for JavaScript; how many bytes it is given is noted.
fn give<'s>(scope: &mut v8::PinScope<'s, '_>, state: &OpState, value: &Value) -> v8::Local<'s, v8::Value> {
    if let Value::Bytes(bytes) = value {
        state.borrow::<Bridge>().note_given(bytes.len());
    }
    values::give(scope, value)
}
