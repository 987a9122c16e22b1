//! Ops of `Howth.kv`: the process's store, as one isolate sees it.
//!
//! A key crosses as UTF-8; a string, bytes and whatever is cloned are copied once on their way in and once on their way
//! out. `js/45_kv.js` has checked the arguments.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use deno_core::{OpState, op2, v8};
use howth_kv::{IncrementError, Store, TooLarge, Value};

use super::request_ops::bytes_value;
use super::structured_clone::{self, NotCloned};

/// Versions that JavaScript gives besides those of entries; `js/45_kv.js` knows the same numbers.
const ANY_VERSION: f64 = -1.0;
const NO_VERSION: f64 = 0.0;

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
        Some(found) => to_javascript(scope, state, &found.value),
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
    let value = to_javascript(scope, state, &found.value);
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
    let Some(value) = from_javascript(scope, &store, value)? else {
        // An exception is on its way.
        return Ok(false);
    };
    let lifetime = duration(lifetime);
    if expected == ANY_VERSION {
        store.set(key, value, lifetime)?;
        return Ok(true);
    }
    let expected = (expected != NO_VERSION).then_some(expected as u64);
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

fn to_javascript<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &OpState,
    value: &Value,
) -> v8::Local<'s, v8::Value> {
    let made = match value {
        Value::Null => Some(v8::null(scope).into()),
        Value::Boolean(boolean) => Some(v8::Boolean::new(scope, *boolean).into()),
        Value::Number(number) => Some(v8::Number::new(scope, *number).into()),
        Value::Latin1(text) => {
            v8::String::new_from_one_byte(scope, text, v8::NewStringType::Normal).map(Into::into)
        }
        Value::Utf16(text) => {
            v8::String::new_from_two_byte(scope, text, v8::NewStringType::Normal).map(Into::into)
        }
        Value::Bytes(bytes) => Some(bytes_value(scope, state, bytes.to_vec())),
        Value::Structured(bytes) => structured_clone::read(scope, bytes),
    };
    // Only where V8 has thrown for lack of memory.
    made.unwrap_or_else(|| v8::undefined(scope).into())
}

/// `None`: code of the program has thrown.
fn from_javascript(
    scope: &mut v8::PinScope<'_, '_>,
    store: &Store,
    value: v8::Local<'_, v8::Value>,
) -> Result<Option<Value>, KvException> {
    if let Ok(text) = v8::Local::<v8::String>::try_from(value) {
        return Ok(Some(from_text(scope, store, text)?));
    }
    if let Ok(number) = v8::Local::<v8::Number>::try_from(value) {
        return Ok(Some(Value::Number(number.value())));
    }
    if value.is_boolean() {
        return Ok(Some(Value::Boolean(value.is_true())));
    }
    if value.is_null() {
        return Ok(Some(Value::Null));
    }
    if let Ok(array) = v8::Local::<v8::Uint8Array>::try_from(value) {
        return Ok(Some(from_bytes(store, array)?));
    }
    match structured_clone::write(scope, value) {
        Ok(bytes) => Ok(Some(Value::Structured(bytes.into()))),
        Err(NotCloned::Refused(reason)) => Err(KvException::NotCloneable(reason)),
        Err(NotCloned::Threw) => Ok(None),
    }
}

/// The bound is asked first: what is too large is not even copied.
fn from_text(
    scope: &mut v8::PinScope<'_, '_>,
    store: &Store,
    text: v8::Local<'_, v8::String>,
) -> Result<Value, TooLarge> {
    let view = v8::ValueView::new(scope, text);
    match view.data() {
        v8::ValueViewData::OneByte(bytes) => {
            store.admit(bytes.len())?;
            Ok(Value::Latin1(bytes.into()))
        }
        v8::ValueViewData::TwoByte(units) => {
            store.admit(size_of_val(units))?;
            Ok(Value::Utf16(units.into()))
        }
    }
}

fn from_bytes(store: &Store, array: v8::Local<'_, v8::Uint8Array>) -> Result<Value, TooLarge> {
    let len = array.byte_length();
    store.admit(len)?;
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, len).collect();
    if let Some(bytes) = Arc::get_mut(&mut bytes) {
        array.copy_contents(bytes);
    }
    Ok(Value::Bytes(bytes))
}
