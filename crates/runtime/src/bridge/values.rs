//! Values of JavaScript between isolates: what `Howth.kv` stores and what topics carry.
//!
//! Strings are taken as V8 has them, and everything that has no kind of its own by the structured clone algorithm: one
//! copy in, one copy out.

use std::sync::Arc;

use deno_core::v8;
use howth_kv::Value;

use super::structured_clone::{self, NotCloned};

/// Why a value could not be taken.
#[derive(Debug)]
pub(super) enum NotTaken<E> {
    /// It is too large.
    TooLarge(E),
    /// It cannot be cloned, and V8 says why.
    NotCloneable(String),
    /// Code of the program's own threw: an exception is on its way.
    Threw,
}

/// Takes a value over. `admit` is asked for the bytes of what has any before they are copied.
pub(super) fn take<E>(
    scope: &mut v8::PinScope<'_, '_>,
    value: v8::Local<'_, v8::Value>,
    admit: impl Fn(usize) -> Result<(), E>,
) -> Result<Value, NotTaken<E>> {
    let admit = |bytes| admit(bytes).map_err(NotTaken::TooLarge);
    if let Ok(text) = v8::Local::<v8::String>::try_from(value) {
        return take_text(scope, text, admit);
    }
    if let Ok(number) = v8::Local::<v8::Number>::try_from(value) {
        return Ok(Value::Number(number.value()));
    }
    if value.is_boolean() {
        return Ok(Value::Boolean(value.is_true()));
    }
    if value.is_null() {
        return Ok(Value::Null);
    }
    if let Ok(array) = v8::Local::<v8::Uint8Array>::try_from(value) {
        admit(array.byte_length())?;
        return Ok(Value::Bytes(bytes_of(array)));
    }
    match structured_clone::write(scope, value) {
        Ok(bytes) => {
            admit(bytes.len())?;
            Ok(Value::Structured(bytes.into()))
        }
        Err(NotCloned::Refused(reason)) => Err(NotTaken::NotCloneable(reason)),
        Err(NotCloned::Threw) => Err(NotTaken::Threw),
    }
}

fn take_text<E>(
    scope: &mut v8::PinScope<'_, '_>,
    text: v8::Local<'_, v8::String>,
    admit: impl Fn(usize) -> Result<(), E>,
) -> Result<Value, E> {
    let view = v8::ValueView::new(scope, text);
    match view.data() {
        v8::ValueViewData::OneByte(bytes) => {
            admit(bytes.len())?;
            Ok(Value::Latin1(bytes.into()))
        }
        v8::ValueViewData::TwoByte(units) => {
            admit(size_of_val(units))?;
            Ok(Value::Utf16(units.into()))
        }
    }
}

fn bytes_of(array: v8::Local<'_, v8::Uint8Array>) -> Arc<[u8]> {
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, array.byte_length()).collect();
    if let Some(bytes) = Arc::get_mut(&mut bytes) {
        array.copy_contents(bytes);
    }
    bytes
}

/// Makes a value of the isolate's own.
pub(super) fn give<'s>(scope: &mut v8::PinScope<'s, '_>, value: &Value) -> v8::Local<'s, v8::Value> {
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
        Value::Bytes(bytes) => Some(give_bytes(scope, bytes.to_vec())),
        Value::Structured(bytes) => structured_clone::read(scope, bytes),
    };
    // Only where V8 has thrown for lack of memory.
    made.unwrap_or_else(|| v8::undefined(scope).into())
}

/// An `ArrayBuffer` that takes the bytes over.
pub(super) fn give_buffer<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: Vec<u8>,
) -> v8::Local<'s, v8::ArrayBuffer> {
    let store = v8::ArrayBuffer::new_backing_store_from_vec(bytes).make_shared();
    v8::ArrayBuffer::with_backing_store(scope, &store)
}

/// A `Uint8Array` that takes the bytes over.
pub(super) fn give_bytes<'s>(scope: &mut v8::PinScope<'s, '_>, bytes: Vec<u8>) -> v8::Local<'s, v8::Value> {
    let len = bytes.len();
    let buffer = give_buffer(scope, bytes);
    match v8::Uint8Array::new(scope, buffer, 0, len) {
        Some(array) => array.into(),
        None => v8::undefined(scope).into(),
    }
}
