//! Ops about the server as a whole: connecting JavaScript's dispatch, listening, stopping.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use deno_core::{OpState, op2, v8};
use deno_error::JsErrorBox;
use howth_engine::ListenerId;
use howth_scheduling::CoreMetrics;
use howth_supervision::{Address, ListenError, Wanted};
use serde::{Deserialize, Serialize};

use super::handed_ops::listening_socket;
use super::id;
use super::openings::{ListenAt, Source};
use super::servers::Server;
use super::state::{Bridge, StopOrder};
use crate::tls::Said;

/// Where the server listens, for JavaScript.
#[derive(Serialize)]
pub(super) struct ListeningAddress {
    hostname: String,
    /// What the hostname was resolved to; empty for a Unix-domain socket.
    ip: String,
    port: u16,
    unix: Option<String>,
    url: String,
    /// Clients speak TLS.
    secure: bool,
    /// What the server is called from here on.
    listener: u32,
}

impl From<(ListenerId, Address)> for ListeningAddress {
    fn from((listener, address): (ListenerId, Address)) -> Self {
        ListeningAddress {
            url: address.url(),
            secure: address.is_secure,
            ip: address.ip.map(|ip| ip.to_string()).unwrap_or_default(),
            unix: address.unix.map(|path| path.to_string_lossy().into_owned()),
            hostname: address.host,
            port: address.port,
            listener: listener.0,
        }
    }
}

/// What a program says of its listening socket beside the address.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SocketSaid {
    /// It has been given one, which this names.
    descriptor: Option<i32>,
    is_ipv6_only: bool,
    /// How many connections may wait to be accepted; 0: as many as howth lets.
    backlog: u16,
}

/// Listening failed, as an exception.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub(super) enum ListenException {
    #[class("AddrInUse")]
    #[error("{0}")]
    InUse(ListenError),
    #[class(generic)]
    #[error("{0}")]
    Other(ListenError),
}

/// Changes what is known of a server that has not ended.
fn with_server(state: &OpState, listener: u32, act: impl FnOnce(&mut Server)) {
    let bridge = state.borrow::<Bridge>();
    bridge.with_server(ListenerId(listener), act);
}

/// Takes the batch buffer and the function that is called with how many events are in it.
#[op2(nofast)]
pub(super) fn op_howth_connect(
    scope: &mut v8::PinScope<'_, '_>,
    state: &OpState,
    batch: v8::Local<'_, v8::Uint32Array>,
    dispatch: v8::Local<'_, v8::Function>,
) {
    let Some(buffer) = batch.buffer(scope) else { return };
    let dispatch = v8::Global::new(scope, dispatch);
    state
        .borrow::<Bridge>()
        .connect(dispatch, buffer.get_backing_store());
}

/// Listens, for the cores that `reach` names; a port below zero, an empty host and an empty path mean that the module does
/// not say; `speaks_http2`: as well as HTTP/1.1; `tls`: what it says about that; `socket`: about the socket.
#[op2]
#[serde]
pub(super) fn op_howth_listen(
    state: &OpState,
    port: i32,
    #[string] host: String,
    #[string] unix: String,
    reach: u32,
    speaks_http2: bool,
    #[serde] tls: Option<Said>,
    #[serde] socket: Option<SocketSaid>,
) -> Result<ListeningAddress, ListenException> {
    let socket = socket.unwrap_or_default();
    let backlog = Some(socket.backlog).filter(|&backlog| backlog > 0);
    let wanted = Wanted {
        port: u16::try_from(port).ok(),
        host: Some(host).filter(|host| !host.is_empty()),
        unix: Some(unix).filter(|path| !path.is_empty()).map(PathBuf::from),
        is_ipv6_only: socket.is_ipv6_only,
        backlog,
    };
    let from = match socket.descriptor {
        None => ListenAt::Wanted(&wanted),
        Some(descriptor) => ListenAt::Given(listening_socket(descriptor, backlog).map_err(not_given)?),
    };
    let bridge = state.borrow::<Bridge>();
    match bridge.serve(Source::Listener(from, tls, speaks_http2), reach.into()) {
        Ok(listening) => {
            hold(state);
            Ok(listening.into())
        }
        Err(error @ ListenError::PortInUse { .. }) => Err(ListenException::InUse(error)),
        Err(error) => Err(ListenException::Other(error)),
    }
}

fn not_given(error: std::io::Error) -> ListenException {
    ListenException::Other(ListenError::Other {
        port: 0,
        host: String::new(),
        cause: error.to_string(),
    })
}

/// Has new connections of a server begin with what its program says of TLS now.
#[op2]
pub(super) fn op_howth_change_tls(
    state: &OpState,
    listener: u32,
    #[serde] said: Said,
) -> Result<(), JsErrorBox> {
    let bridge = state.borrow::<Bridge>();
    let changed = bridge.change_tls(ListenerId(listener), &said);
    changed.map_err(|error| JsErrorBox::generic(error.to_string()))
}

/// Top-level code may await the end of the server: until the core's loop has taken the server over, it is work that the
/// isolate waits for.
pub(super) fn hold(state: &OpState) {
    if !state.borrow::<Bridge>().replace_hold(true) {
        state.external_ops_tracker.ref_op();
    }
}

#[op2(fast)]
pub(super) fn op_howth_stop(state: &OpState, listener: u32, at_once: bool) {
    let order = if at_once {
        StopOrder::Abort
    } else {
        StopOrder::Drain
    };
    state.borrow::<Bridge>().order_stop(ListenerId(listener), order);
}

#[op2(fast)]
pub(super) fn op_howth_pending(state: &OpState, listener: u32) -> u32 {
    let bridge = state.borrow::<Bridge>();
    let is_only = bridge.servers().len() == 1;
    let listener = ListenerId(listener);
    let pending = bridge.with_sockets(|sockets, exchanges| match is_only {
        true => exchanges.pending().saturating_sub(sockets.len()),
        false => {
            let pending = exchanges.listeners().pending(listener);
            pending.saturating_sub(sockets.len_of(exchanges, listener))
        }
    });
    pending.unwrap_or(0) as u32
}

#[op2(fast)]
pub(super) fn op_howth_set_timeout(state: &OpState, index: u32, generation: u32, seconds: u32) {
    let id = id(index, generation);
    let _ = state
        .borrow::<Bridge>()
        .with(|exchanges| exchanges.set_timeout(id, seconds));
}

/// Whether the server keeps the process from ending.
#[op2(fast)]
pub(super) fn op_howth_keep_alive(state: &OpState, listener: u32, keeps: bool) {
    with_server(state, listener, |server| server.keeps_alive = keeps);
}

/// Whether the handler of what has no route takes a request at all, and so what it said has to cross; whether it takes several; how many
/// requests JavaScript is given at once, 0 for as many as it has time for.
#[op2(fast)]
pub(super) fn op_howth_take_texts(
    state: &OpState,
    listener: u32,
    takes: bool,
    in_batches: bool,
    slice_max: u32,
) {
    with_server(state, listener, |server| {
        server.takes_texts = takes;
        server.serves_batches = in_batches;
        server.slice_max = NonZeroUsize::new(slice_max as usize).unwrap_or(NonZeroUsize::MAX);
    });
}

/// What all cores have counted.
#[derive(Serialize)]
pub(super) struct Metrics {
    /// Which of them this core is.
    core: u32,
    cores: Vec<CoreMetrics>,
}

#[op2]
#[serde]
pub(super) fn op_howth_metrics(state: &OpState) -> Metrics {
    let numbers = state.borrow::<Bridge>().numbers();
    Metrics {
        core: numbers.core as u32,
        cores: numbers.counters.iter().map(|counters| counters.read()).collect(),
    }
}
