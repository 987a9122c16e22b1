//! Ops of WebSockets: what JavaScript does with one, and what has come on it.
//!
//! Never frames or reads anything: `howth_sockets` does. What has come crosses in `socket_take`.

use std::borrow::Cow;
use std::rc::Rc;

use deno_core::{OpState, op2};
use howth_engine::{ExchangeId, Exchanges};
use howth_javascript::sockets::sent;
use howth_sockets::{NotUpgraded, Sent, Settings, Sockets};
use howth_websocket::Opcode;
use serde::Serialize;

use super::response_ops::with_response_head;
use super::{id, state::Bridge};
use howth_scheduling::now_us;

/// The milliseconds of the clock that silence is measured by.
pub(super) fn now_ms() -> u64 {
    now_us() / 1000
}

fn with_sockets<R>(state: &OpState, act: impl FnOnce(&mut Sockets, &dyn Exchanges) -> R) -> Option<R> {
    state.borrow::<Bridge>().with_sockets(act)
}

/// What client and server have agreed upon.
#[derive(Serialize)]
pub(super) struct Agreed {
    protocol: String,
    extensions: String,
}

/// Makes a request a WebSocket; `None`: it cannot be one. `settings`: of its kind, in the order of `howth_sockets::Settings`.
#[allow(clippy::too_many_arguments)]
#[op2]
#[serde]
pub(super) fn op_howth_socket_upgrade(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string(onebyte)] fields: Cow<'_, [u8]>,
    takes_protocol: bool,
    message_bytes_max: u32,
    unsent_bytes_max: u32,
    #[number] silence_ms: u64,
    flags: u32,
) -> Option<Agreed> {
    use howth_javascript::sockets::flags;
    let has = |flag| flags & flag != 0;
    let settings = Rc::new(Settings {
        message_bytes_max: message_bytes_max as usize,
        unsent_bytes_max: u64::from(unsent_bytes_max),
        ends_at_unsent_max: has(flags::ENDS_AT_LIMIT),
        silence_ms,
        sends_pings: has(flags::SENDS_PINGS),
        tells_pings: has(flags::TELLS_PINGS),
        tells_pongs: has(flags::TELLS_PONGS),
        compresses: has(flags::COMPRESSES),
    });
    let upgraded = with_response_head(101, b"", &fields, |head| {
        with_sockets(state, |sockets, exchanges| {
            let id = id(index, generation);
            sockets.upgrade(exchanges, id, &settings, head.fields, takes_protocol, now_ms())
        })
    });
    let upgraded = upgraded?.ok()?;
    Some(Agreed {
        protocol: upgraded.protocol.unwrap_or_default(),
        extensions: upgraded.extensions,
    })
}

/// Why a request opens no WebSocket; empty: it does.
#[op2]
#[string]
pub(super) fn op_howth_socket_refusal(state: &OpState, index: u32, generation: u32) -> String {
    let read = with_sockets(state, |_, exchanges| {
        Sockets::read_handshake(exchanges, id(index, generation)).map(|_| ())
    });
    match read {
        Some(Ok(())) => String::new(),
        Some(Err(error @ NotUpgraded::Refused(_))) => error.to_string(),
        Some(Err(_)) | None => "the request was answered already".to_owned(),
    }
}

/// Whether a request asks for a WebSocket of another version than is spoken. `answers`: it is answered with that one then.
#[op2(fast)]
pub(super) fn op_howth_socket_other_version(
    state: &OpState,
    index: u32,
    generation: u32,
    answers: bool,
) -> bool {
    let is_other = with_sockets(state, |_, exchanges| {
        let id = id(index, generation);
        let is_other = Sockets::asks_for_other_version(exchanges, id);
        if is_other && answers {
            Sockets::refuse_version(exchanges, id);
        }
        is_other
    });
    is_other == Some(true)
}

fn send(state: &OpState, id: ExchangeId, opcode: Opcode, payload: &[u8], compress: bool) -> i32 {
    let sent = with_sockets(state, |sockets, exchanges| {
        sockets.send(exchanges, id, opcode, payload, compress)
    });
    match sent {
        Some(Sent::Ready) => i32::try_from(payload.len()).unwrap_or(i32::MAX).max(1),
        Some(Sent::Full) => sent::FULL,
        Some(Sent::Dropped) | None => sent::DROPPED,
    }
}

/// Sends a text. Its bytes, or a number of `sent`.
#[op2(fast)]
pub(super) fn op_howth_socket_send_text(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string] text: Cow<'_, str>,
    compress: bool,
) -> i32 {
    send(
        state,
        id(index, generation),
        Opcode::Text,
        text.as_bytes(),
        compress,
    )
}

/// Sends bytes.
#[op2(fast)]
pub(super) fn op_howth_socket_send_bytes(
    state: &OpState,
    index: u32,
    generation: u32,
    #[buffer] bytes: &[u8],
    compress: bool,
) -> i32 {
    send(state, id(index, generation), Opcode::Binary, bytes, compress)
}

/// Sends bytes as a text; not UTF-8: they are dropped.
#[op2(fast)]
pub(super) fn op_howth_socket_send_encoded_text(
    state: &OpState,
    index: u32,
    generation: u32,
    #[buffer] bytes: &[u8],
    compress: bool,
) -> i32 {
    match std::str::from_utf8(bytes) {
        Ok(text) => send(
            state,
            id(index, generation),
            Opcode::Text,
            text.as_bytes(),
            compress,
        ),
        Err(_) => sent::DROPPED,
    }
}

/// Sends a ping, or a pong; JavaScript has looked at the length.
#[op2(fast)]
pub(super) fn op_howth_socket_ping(
    state: &OpState,
    index: u32,
    generation: u32,
    is_pong: bool,
    #[buffer] bytes: &[u8],
) -> i32 {
    let opcode = if is_pong { Opcode::Pong } else { Opcode::Ping };
    send(state, id(index, generation), opcode, bytes, false)
}

/// Closes a socket; the code 0: without one.
#[op2(fast)]
pub(super) fn op_howth_socket_close(
    state: &OpState,
    index: u32,
    generation: u32,
    code: u32,
    #[string] reason: &str,
) {
    let code = u16::try_from(code).ok().filter(|code| *code > 0);
    with_sockets(state, |sockets, exchanges| {
        sockets.close(exchanges, id(index, generation), code, reason);
    });
}

/// Ends a socket at once.
#[op2(fast)]
pub(super) fn op_howth_socket_terminate(state: &OpState, index: u32, generation: u32) {
    with_sockets(state, |sockets, exchanges| {
        sockets.terminate(exchanges, id(index, generation));
    });
}

/// Bytes that the client has not taken.
#[op2(fast)]
#[number]
pub(super) fn op_howth_socket_unsent(state: &OpState, index: u32, generation: u32) -> u64 {
    let unsent = with_sockets(state, |sockets, exchanges| {
        sockets.unsent_bytes(exchanges, id(index, generation))
    });
    unsent.unwrap_or(0)
}

/// Whether the socket did not hear the topic before, and does now.
#[op2(fast)]
pub(super) fn op_howth_socket_subscribe(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string] topic: &str,
) -> bool {
    with_sockets(state, |sockets, _| {
        sockets.subscribe(id(index, generation), topic)
    })
    .unwrap_or(false)
}

/// Whether it did, and does not now.
#[op2(fast)]
pub(super) fn op_howth_socket_unsubscribe(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string] topic: &str,
) -> bool {
    with_sockets(state, |sockets, _| {
        sockets.unsubscribe(id(index, generation), topic)
    })
    .unwrap_or(false)
}

fn publish(
    state: &OpState,
    topic: &str,
    opcode: Opcode,
    payload: &[u8],
    compress: bool,
    but: Option<ExchangeId>,
) -> u32 {
    let count = with_sockets(state, |sockets, exchanges| {
        sockets.publish(exchanges, topic, opcode, payload, compress, but)
    });
    u32::try_from(count.unwrap_or(0)).unwrap_or(u32::MAX)
}

/// Sends a text to the sockets of this core that hear a topic, but for one, if that is named. To how many.
#[op2(fast)]
pub(super) fn op_howth_sockets_publish_text(
    state: &OpState,
    #[string] topic: &str,
    #[string] text: Cow<'_, str>,
    compress: bool,
    has_sender: bool,
    index: u32,
    generation: u32,
) -> u32 {
    let but = has_sender.then(|| id(index, generation));
    publish(state, topic, Opcode::Text, text.as_bytes(), compress, but)
}

/// The same with bytes.
#[op2(fast)]
pub(super) fn op_howth_sockets_publish_bytes(
    state: &OpState,
    #[string] topic: &str,
    #[buffer] bytes: &[u8],
    compress: bool,
    has_sender: bool,
    index: u32,
    generation: u32,
) -> u32 {
    let but = has_sender.then(|| id(index, generation));
    publish(state, topic, Opcode::Binary, bytes, compress, but)
}

/// How many sockets of this core hear a topic.
#[op2(fast)]
pub(super) fn op_howth_sockets_members(state: &OpState, #[string] topic: &str) -> u32 {
    let members = with_sockets(state, |sockets, _| sockets.members(topic));
    members.unwrap_or(0) as u32
}

/// How many sockets there are on this core.
#[op2(fast)]
pub(super) fn op_howth_sockets_count(state: &OpState) -> u32 {
    with_sockets(state, |sockets, _| sockets.len()).unwrap_or(0) as u32
}
