//! Ops about the server as a whole: connecting JavaScript's dispatch, listening, stopping.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use deno_core::{OpState, op2, v8};
use serde::Serialize;

use super::fixed_routes::FixedResponse;
use super::id;
use super::state::{Bridge, StopOrder};
use crate::core::counters::CoreMetrics;
use crate::error::ListenError;
use crate::listen::{Address, Wanted};

/// Where the server listens, for JavaScript.
#[derive(Serialize)]
pub(super) struct ListeningAddress {
    hostname: String,
    port: u16,
    unix: Option<String>,
    url: String,
}

impl From<Address> for ListeningAddress {
    fn from(address: Address) -> Self {
        ListeningAddress {
            url: address.url(),
            unix: address.unix.map(|path| path.to_string_lossy().into_owned()),
            hostname: address.host,
            port: address.port,
        }
    }
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

/// Forgets what `op_howth_add_route` added.
#[op2(fast)]
pub(super) fn op_howth_clear_routes(state: &OpState) {
    state.borrow::<Bridge>().fixed_routes().clear();
}

/// A response that is given under a path without a call of JavaScript, to methods with commas between. No path: whatever
/// path and method are.
#[op2(fast)]
pub(super) fn op_howth_add_route(
    state: &OpState,
    #[string] path: &str,
    #[string] methods: &str,
    status: u32,
    #[string] reason: &str,
    #[string(onebyte)] fields: Cow<'_, [u8]>,
    #[buffer] body: &[u8],
) {
    let response = FixedResponse {
        status,
        reason: reason.as_bytes().to_vec(),
        fields: fields.into_owned(),
        body: body.to_vec().into(),
    };
    state
        .borrow::<Bridge>()
        .fixed_routes()
        .add(path.as_bytes(), methods, response);
}

/// Listens, on this core alone if it is to be local; a port below zero, an empty host and an empty path mean that the module does not say.
#[op2]
#[serde]
pub(super) fn op_howth_listen(
    state: &OpState,
    port: i32,
    #[string] host: String,
    #[string] unix: String,
    is_local: bool,
) -> Result<ListeningAddress, ListenException> {
    let wanted = Wanted {
        port: u16::try_from(port).ok(),
        host: Some(host).filter(|host| !host.is_empty()),
        unix: Some(unix).filter(|path| !path.is_empty()).map(PathBuf::from),
    };
    let bridge = state.borrow::<Bridge>();
    bridge.set_local(is_local);
    match bridge.listen(&wanted) {
        Ok(address) => {
            // Top-level code may await the end of the server: until the core's loop has taken the server over,
            // it is work that the isolate waits for.
            if !bridge.replace_hold(true) {
                state.external_ops_tracker.ref_op();
            }
            Ok(address.into())
        }
        Err(error @ ListenError::PortInUse { .. }) => Err(ListenException::InUse(error)),
        Err(error) => Err(ListenException::Other(error)),
    }
}

#[op2(fast)]
pub(super) fn op_howth_stop(state: &OpState, at_once: bool) {
    let order = if at_once {
        StopOrder::Abort
    } else {
        StopOrder::Drain
    };
    state.borrow::<Bridge>().order_stop(order);
}

#[op2(fast)]
pub(super) fn op_howth_pending(state: &OpState) -> u32 {
    let pending = state.borrow::<Bridge>().with(|exchanges| exchanges.pending());
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
pub(super) fn op_howth_keep_alive(state: &OpState, keeps: bool) {
    state.borrow::<Bridge>().set_keeps_alive(keeps);
}

/// Whether handlers take a request at all, and so what it said has to cross; whether they take several; how many
/// requests JavaScript is given at once, 0 for as many as it has time for.
#[op2(fast)]
pub(super) fn op_howth_take_texts(state: &OpState, takes: bool, in_batches: bool, slice_max: u32) {
    let slice_max = NonZeroUsize::new(slice_max as usize).unwrap_or(NonZeroUsize::MAX);
    state
        .borrow::<Bridge>()
        .set_handlers(takes, in_batches, slice_max);
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
