//! Ops that read a request: its head, a header, the body.
//!
//! An exchange that is over answers `None`, which JavaScript turns into an exception.

use std::borrow::Cow;

use deno_core::{OpState, op2, v8};
use howth_engine::body::failure::BROKE_OFF;
use howth_engine::{BodyRead, ExchangeId, PeerAddress};
use howth_http1::{BodyLength, FieldLines, RequestHead};
use howth_javascript::server::{body, field_line, watch};

use super::values::give_bytes;
use super::{head_text, id, state::Bridge};

fn with_head<R>(
    state: &OpState,
    index: u32,
    generation: u32,
    read: impl FnOnce(&RequestHead) -> R,
) -> Option<R> {
    state
        .borrow::<Bridge>()
        .with(|exchanges| exchanges.head(id(index, generation)).map(|head| read(&head)))
        .flatten()
}

/// What the request said, as a string, and the three numbers that tell its parts apart (`head_text`). `undefined`: the
/// exchange is over.
#[op2]
pub(super) fn op_howth_head<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &OpState,
    index: u32,
    generation: u32,
    #[buffer] lengths: &mut [u32],
) -> v8::Local<'s, v8::Value> {
    let mut text = Vec::with_capacity(512);
    let (bridge, id) = (state.borrow::<Bridge>(), id(index, generation));
    let listener = bridge.listener_of(id);
    let written = listener.and_then(|listener| bridge.write_head(id, listener, &mut text));
    match (written, lengths) {
        (Some(written), [method, method_bytes, url_bytes]) => {
            *method = written.method;
            *method_bytes = written.method_bytes;
            *url_bytes = written.url_bytes;
            head_text::string(scope, &text)
        }
        _ => v8::undefined(scope).into(),
    }
}

/// Where the only field line of a name begins in the field section; else `field_line::MISSING`, or `field_line::UNKNOWN`, if there
/// are several or the exchange is over.
#[op2(fast)]
pub(super) fn op_howth_field(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string(onebyte)] name: Cow<'_, [u8]>,
) -> i32 {
    match with_head(state, index, generation, |head| head.field_line(&name)) {
        Some(FieldLines::One(at)) => i32::try_from(at).unwrap_or(field_line::UNKNOWN),
        Some(FieldLines::None) => field_line::MISSING,
        Some(FieldLines::Several) | None => field_line::UNKNOWN,
    }
}

/// The client's address and port; port -1 for a Unix-domain socket.
#[op2]
#[serde]
pub(super) fn op_howth_remote_address(state: &OpState, index: u32, generation: u32) -> Option<(String, i32)> {
    let address = state
        .borrow::<Bridge>()
        .with(|exchanges| exchanges.peer_address(id(index, generation)))
        .flatten()?;
    Some(written_address(address))
}

/// An address as JavaScript has it.
pub(super) fn written_address(address: PeerAddress) -> (String, i32) {
    match address {
        PeerAddress::Tcp(address) => (address.ip().to_canonical().to_string(), i32::from(address.port())),
        PeerAddress::Unix => (String::new(), -1),
    }
}

/// Asks to be told of what happens to the exchange, and says what has happened: `watch::OVER`, `watch::OPEN`, or
/// `watch::LEFT`.
#[op2(fast)]
pub(super) fn op_howth_watch(state: &OpState, index: u32, generation: u32) -> u32 {
    let bridge = state.borrow::<Bridge>();
    let id = id(index, generation);
    let found = bridge.with(|exchanges| {
        let is_open = exchanges.head(id).is_some();
        (is_open, exchanges.is_disconnected(id))
    });
    let Some((true, has_left)) = found else {
        return watch::OVER;
    };
    bridge.watch(id);
    if has_left { watch::LEFT } else { watch::OPEN }
}

/// The whole body if it has arrived: bytes; null for a request without one; undefined if it has to be read in
/// parts.
#[op2]
pub(super) fn op_howth_body_take<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &OpState,
    index: u32,
    generation: u32,
) -> v8::Local<'s, v8::Value> {
    if with_head(state, index, generation, |head| head.body() == BodyLength::None).unwrap_or(false) {
        return v8::null(scope).into();
    }
    match whole_body(state, id(index, generation)) {
        Some(bytes) => bytes_value(scope, state, bytes),
        None => v8::undefined(scope).into(),
    }
}

/// The text of a body that has arrived whole, else null.
#[op2]
pub(super) fn op_howth_body_text<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &OpState,
    index: u32,
    generation: u32,
) -> v8::Local<'s, v8::Value> {
    let mut text = None;
    let mut read = |bytes: &[u8]| {
        // The Encoding standard's "UTF-8 decode" drops a byte order mark.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        text = v8::String::new_from_utf8(scope, bytes, v8::NewStringType::Normal);
    };
    // The exchange may be over, or the body still arriving: then nothing was read.
    let _ = state
        .borrow::<Bridge>()
        .with(|exchanges| exchanges.read_whole_body(id(index, generation), &mut read));
    match text {
        Some(text) => text.into(),
        None => v8::null(scope).into(),
    }
}

fn whole_body(state: &OpState, id: ExchangeId) -> Option<Vec<u8>> {
    state
        .borrow::<Bridge>()
        .with(|exchanges| {
            if !exchanges.is_body_complete(id) {
                return None;
            }
            match exchanges.read_body(id, usize::MAX) {
                Ok(BodyRead::Data(bytes)) => Some(bytes),
                Ok(BodyRead::End) => Some(Vec::new()),
                Ok(BodyRead::Pending | BodyRead::Failed(_)) | Err(_) => None,
            }
        })
        .flatten()
}

/// What has come of the body, which the engine bounds: bytes, a number (nothing yet, end), or a string that says what went wrong.
#[op2]
pub(super) fn op_howth_body_read<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &OpState,
    index: u32,
    generation: u32,
) -> v8::Local<'s, v8::Value> {
    let bridge = state.borrow::<Bridge>();
    let id = id(index, generation);
    match bridge.with(|exchanges| exchanges.read_body(id, usize::MAX)) {
        Some(Ok(BodyRead::Data(bytes))) => bytes_value(scope, state, bytes),
        Some(Ok(BodyRead::Pending)) => {
            // The engine may have its turn, and more of it, before JavaScript can say that it waits for that.
            bridge.watch(id);
            v8::Integer::new(scope, body::PENDING).into()
        }
        Some(Ok(BodyRead::End)) => v8::Integer::new(scope, body::END).into(),
        Some(Ok(BodyRead::Failed(reason))) => text_value(scope, reason),
        Some(Err(_)) | None => text_value(scope, BROKE_OFF),
    }
}

/// Asks for the body to stay readable when the response is out. False: it does not.
#[op2(fast)]
pub(super) fn op_howth_body_keep(state: &OpState, index: u32, generation: u32, is_read: bool) -> bool {
    let kept = state
        .borrow::<Bridge>()
        .with(|exchanges| exchanges.keep_body(id(index, generation), is_read));
    matches!(kept, Some(Ok(true)))
}

#[op2(fast)]
pub(super) fn op_howth_body_cancel(state: &OpState, index: u32, generation: u32) {
    // An exchange that is over has no body left to cancel.
    let _ = state
        .borrow::<Bridge>()
        .with(|exchanges| exchanges.cancel_body(id(index, generation)));
}

/// A `Uint8Array` that takes the bytes over; they are noted.
fn bytes_value<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &OpState,
    bytes: Vec<u8>,
) -> v8::Local<'s, v8::Value> {
    state.borrow::<Bridge>().note_given(bytes.len());
    give_bytes(scope, bytes)
}

fn text_value<'s>(scope: &mut v8::PinScope<'s, '_>, text: &'static str) -> v8::Local<'s, v8::Value> {
    match v8::String::new_external_onebyte_static(scope, text.as_bytes()) {
        Some(text) => text.into(),
        None => v8::undefined(scope).into(),
    }
}
