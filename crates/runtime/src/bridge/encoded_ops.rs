//! Ops for applications that encode their responses themselves, as those of node:http do, and that know connections.
//!
//! What they write goes out as it is; the engine keeps it in order and bounded. An exchange that is over takes it silently,
//! as with other answers, or says so by `false`.

use std::borrow::Cow;
use std::time::Duration;

use deno_core::{OpState, op2};
use howth_engine::{ConnectionEnd, ConnectionId, ExchangeId, Exchanges, ListenerId};
use howth_http1::{RequestHead, ResponseHead};
use howth_javascript::node_http::{end, fact, keep};

use super::id;
use super::request_ops::written_address;
use super::response_ops::write_part;
use super::state::{Bridge, StopOrder};

/// What JavaScript has to know of a request before it looks at its text.
pub(super) fn facts(head: &RequestHead) -> u32 {
    let facts = [
        (fact::HTTP_1_0, head.version() == howth_http1::Version::Http10),
        (fact::KEEPS_ALIVE, head.keep_alive()),
        (fact::EXPECTS_CONTINUE, head.expects_continue()),
        (fact::HAS_BODY, head.body() != howth_http1::BodyLength::None),
        (fact::EXPECTS_OTHER, head.expects_other()),
        (fact::SWITCHES, head.is_connect() || head.upgrade().is_some()),
    ];
    let set = facts.into_iter().filter(|(_, is_so)| *is_so);
    set.fold(0, |sum, (fact, _)| sum | fact)
}

fn with_exchanges<R>(state: &OpState, ask: impl FnOnce(&dyn Exchanges) -> R) -> Option<R> {
    state.borrow::<Bridge>().with(ask)
}

/// From now on requests of a server cross with their target as it was sent, and the number of their connection; no other core answers
/// them, and what an engine would refuse by itself is among them.
#[op2(fast)]
pub(super) fn op_howth_encode(state: &OpState, listener: u32) {
    let (bridge, listener) = (state.borrow::<Bridge>(), ListenerId(listener));
    bridge.with_server(listener, |server| server.encodes = true);
    with_exchanges(state, |exchanges| exchanges.listeners().take_refusals(listener));
}

/// A server takes no new connections; those that are open go on.
#[op2(fast)]
pub(super) fn op_howth_stop_accepting(state: &OpState, listener: u32) {
    let bridge = state.borrow::<Bridge>();
    bridge.order_stop(ListenerId(listener), StopOrder::Accepting);
}

/// Whether the connection would stay open behind a response that is given now.
#[op2(fast)]
pub(super) fn op_howth_stays_open(state: &OpState, index: u32, generation: u32) -> bool {
    with_exchanges(state, |exchanges| exchanges.stays_open(id(index, generation))).unwrap_or(false)
}

/// Answers with a head, and a text behind it. The head is one byte a character; as Node has it, a head that goes out with a text
/// is encoded as that is. False: the exchange is over.
#[op2(fast)]
pub(super) fn op_howth_respond_encoded(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string(onebyte)] head: Cow<'_, [u8]>,
    #[string] body: Cow<'_, str>,
    keep_alive: bool,
) -> bool {
    let head = match body.is_empty() || head.is_ascii() {
        true => head,
        false => Cow::Owned(
            head.iter()
                .map(|&byte| char::from(byte))
                .collect::<String>()
                .into(),
        ),
    };
    respond(state, id(index, generation), &head, body.as_bytes(), keep_alive)
}

/// The same with bytes, and a head that is always one byte a character.
#[op2(fast)]
pub(super) fn op_howth_respond_encoded_bytes(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string(onebyte)] head: Cow<'_, [u8]>,
    #[buffer] body: &[u8],
    keep_alive: bool,
) -> bool {
    respond(state, id(index, generation), &head, body, keep_alive)
}

fn respond(state: &OpState, id: ExchangeId, head: &[u8], body: &[u8], keep_alive: bool) -> bool {
    with_exchanges(state, |exchanges| {
        exchanges.start_encoded(id).is_ok()
            && exchanges.write(id, head).is_ok()
            && (body.is_empty() || exchanges.write(id, body).is_ok())
            && exchanges.finish_encoded(id, keep_alive).is_ok()
    })
    .unwrap_or(false)
}

/// Begins a response that is written in parts. False: the exchange is over.
#[op2(fast)]
pub(super) fn op_howth_start_encoded(state: &OpState, index: u32, generation: u32) -> bool {
    with_exchanges(state, |exchanges| {
        exchanges.start_encoded(id(index, generation)).is_ok()
    })
    .unwrap_or(false)
}

/// Writes a text, in UTF-8.
#[op2(fast)]
pub(super) fn op_howth_write_text(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string] text: Cow<'_, str>,
) -> u32 {
    write_part(state, id(index, generation), text.as_bytes())
}

/// Writes a text, one byte a character.
#[op2(fast)]
pub(super) fn op_howth_write_latin1(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string(onebyte)] text: Cow<'_, [u8]>,
) -> u32 {
    write_part(state, id(index, generation), &text)
}

/// Ends a response that was begun; not `keep_alive`: and with it the connection.
#[op2(fast)]
pub(super) fn op_howth_finish_encoded(
    state: &OpState,
    index: u32,
    generation: u32,
    keep_alive: bool,
) -> bool {
    let id = id(index, generation);
    with_exchanges(state, |exchanges| {
        exchanges.finish_encoded(id, keep_alive).is_ok()
    })
    .unwrap_or(false)
}

/// Tells a client that waits for it to send the body.
#[op2(fast)]
pub(super) fn op_howth_continue(state: &OpState, index: u32, generation: u32) {
    let head = ResponseHead {
        status: 100,
        reason: None,
        fields: &[],
    };
    let _ = with_exchanges(state, |exchanges| exchanges.inform(id(index, generation), &head));
}

/// Makes the connection a tunnel, of which nothing was said yet. False: it cannot be one.
#[op2(fast)]
pub(super) fn op_howth_upgrade_encoded(state: &OpState, index: u32, generation: u32) -> bool {
    with_exchanges(state, |exchanges| {
        exchanges.upgrade_encoded(id(index, generation)).is_ok()
    })
    .unwrap_or(false)
}

/// Why there is no request, as its status and a reason.
#[op2]
#[string]
pub(super) fn op_howth_rejection(state: &OpState, index: u32, generation: u32) -> String {
    let rejection = with_exchanges(state, |exchanges| exchanges.rejection(id(index, generation)));
    rejection
        .flatten()
        .map(|rejection| rejection.to_string())
        .unwrap_or_default()
}

/// The trailer fields of a request whose body is complete: name, line feed, value, line feed, and so on.
#[op2]
#[string]
pub(super) fn op_howth_trailers(state: &OpState, index: u32, generation: u32) -> String {
    let trailers = with_exchanges(state, |exchanges| {
        let trailers = exchanges.trailers(id(index, generation))?;
        let mut text = String::new();
        for (name, value) in &*trailers {
            text.push_str(name);
            text.push('\n');
            text.extend(value.iter().map(|byte| char::from(*byte)));
            text.push('\n');
        }
        Some(text)
    });
    trailers.flatten().unwrap_or_default()
}

/// Asks to be told of a connection's end. False: it has come.
#[op2(fast)]
pub(super) fn op_howth_connection_watch(state: &OpState, index: u32, generation: u32) -> bool {
    let id = ConnectionId { index, generation };
    with_exchanges(state, |exchanges| exchanges.watch_connection(id).is_ok()).unwrap_or(false)
}

/// Where a connection comes from: address and port; port -1 for a Unix-domain socket.
#[op2]
#[serde]
pub(super) fn op_howth_connection_address(
    state: &OpState,
    index: u32,
    generation: u32,
) -> Option<(String, i32)> {
    let id = ConnectionId { index, generation };
    let address = with_exchanges(state, |exchanges| exchanges.connection_address(id));
    address.flatten().map(written_address)
}

/// How many bytes a connection has given so far, in clear text; -1: it has ended.
#[op2(fast)]
pub(super) fn op_howth_connection_bytes_read(state: &OpState, index: u32, generation: u32) -> f64 {
    let id = ConnectionId { index, generation };
    let bytes = with_exchanges(state, |exchanges| exchanges.connection_bytes_read(id));
    bytes.flatten().map_or(-1.0, |bytes| bytes as f64)
}

/// How many bytes of an answer, or of a tunnel, wait for the client to take them.
#[op2(fast)]
#[number]
pub(super) fn op_howth_unsent_bytes(state: &OpState, index: u32, generation: u32) -> u64 {
    with_exchanges(state, |exchanges| exchanges.unsent_bytes(id(index, generation))).unwrap_or(0)
}

/// Has new connections of a server told.
#[op2(fast)]
pub(super) fn op_howth_tell_opened(state: &OpState, listener: u32) {
    let listener = ListenerId(listener);
    with_exchanges(state, |exchanges| exchanges.listeners().tell_opened(listener));
}

fn connection_end(how: u32) -> ConnectionEnd {
    match how {
        end::IN_ORDER => ConnectionEnd::InOrder,
        end::RESET => ConnectionEnd::Reset,
        _ => ConnectionEnd::AtOnce,
    }
}

/// Ends a connection, in one of the ways of `end`.
#[op2(fast)]
pub(super) fn op_howth_connection_end(state: &OpState, index: u32, generation: u32, how: u32) {
    let id = ConnectionId { index, generation };
    let _ = with_exchanges(state, |exchanges| {
        exchanges.end_connection(id, connection_end(how))
    });
}

/// Ends all connections of a server, or, in order, those that are idle.
#[op2(fast)]
pub(super) fn op_howth_connections_end(state: &OpState, listener: u32, how: u32) {
    let (listener, end) = (ListenerId(listener), connection_end(how));
    with_exchanges(state, |exchanges| {
        exchanges.listeners().end_connections(listener, end)
    });
}

/// How many connections of a server are open.
#[op2(fast)]
pub(super) fn op_howth_connections(state: &OpState, listener: u32) -> u32 {
    let listener = ListenerId(listener);
    with_exchanges(state, |exchanges| exchanges.listeners().connections(listener)).unwrap_or(0) as u32
}

/// Has other bounds count for heads of a server's requests: bytes, of which the target may take all, and field lines, of which
/// there may be more than the engine's options say; 0: the engine's. Not `requires_host`: a Host field may be missing.
#[op2(fast)]
pub(super) fn op_howth_set_head_limits(
    state: &OpState,
    listener: u32,
    bytes_max: u32,
    fields_max: u32,
    requires_host: bool,
) {
    with_exchanges(state, |exchanges| {
        let listeners = exchanges.listeners();
        listeners.change_limits(ListenerId(listener), &mut |limits| {
            if bytes_max > 0 {
                limits.head_bytes_max = bytes_max as usize;
                limits.target_bytes_max = bytes_max as usize;
            }
            limits.fields_max = limits.fields_max.max(fields_max as usize);
            limits.requires_host = requires_host;
        });
    });
}

/// Has other deadlines count for a server, in milliseconds: of a head, of a body and of a silence in it, of an idle connection.
/// `keep::OFF`: none; `keep::AS_IT_IS`: the engine's.
#[op2(fast)]
pub(super) fn op_howth_set_deadlines(
    state: &OpState,
    listener: u32,
    head_ms: u32,
    body_ms: u32,
    keep_alive_ms: u32,
) {
    let listener = ListenerId(listener);
    with_exchanges(state, |exchanges| {
        let listeners = exchanges.listeners();
        let mut deadlines = listeners.deadlines(listener);
        for (deadline, wanted_ms) in [
            (&mut deadlines.head, head_ms),
            (&mut deadlines.body_gap, body_ms),
            (&mut deadlines.body_whole, body_ms),
            (&mut deadlines.keep_alive, keep_alive_ms),
        ] {
            match wanted_ms {
                keep::AS_IT_IS => {}
                keep::OFF => *deadline = None,
                wanted_ms => *deadline = Some(Duration::from_millis(u64::from(wanted_ms))),
            }
        }
        listeners.set_deadlines(listener, &deadlines);
    });
}
