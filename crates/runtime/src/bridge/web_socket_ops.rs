//! Ops of WebSockets that are Deno's own, over a connection of the engine's (js/deno/web_socket.js).
//!
//! Owns how the two are joined: Deno's implementation is given one end of a pair of sockets, JavaScript the other. Never
//! carries a byte itself, and knows nothing of the protocol. Called by: JavaScript, where a program of Deno's upgrades a
//! connection.

use std::borrow::Cow;
use std::io;

use bytes::Bytes;
use deno_core::{OpState, ResourceId, op2};
use deno_runtime::deno_net::io::UnixStreamResource;
use deno_runtime::deno_net::raw::NetworkStream;
use deno_runtime::deno_websocket::{ServerWebSocket, ws_create_server_stream};
use howth_engine::UpgradeError;
use tokio::net::UnixStream;

use super::id;
use super::response_ops::with_response_head;
use super::state::Bridge;

const SWITCHING_PROTOCOLS: u32 = 101;

/// Why there is no WebSocket, as an exception.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub(super) enum WebSocketException {
    /// There are too many open files, as a rule.
    #[class(generic)]
    #[error("cannot open a WebSocket: {0}")]
    Pair(#[source] io::Error),
    /// The request cannot be answered so, or the response cannot be sent.
    #[class("Http")]
    #[error("cannot open a WebSocket: {0}")]
    Upgrade(UpgradeError),
}

/// Answers with 101, and has the connection be a WebSocket of Deno's. The numbers of that, and of what leads to it: what is
/// written there the WebSocket reads, what it writes is read there. Null: the client is gone.
#[op2]
#[serde]
pub(super) fn op_howth_web_socket(
    state: &mut OpState,
    index: u32,
    generation: u32,
    #[string(onebyte)] fields: Cow<'_, [u8]>,
) -> Result<Option<(ResourceId, ResourceId)>, WebSocketException> {
    // First: with the other protocol there is no other answer.
    let (theirs, ours) = UnixStream::pair().map_err(WebSocketException::Pair)?;
    let upgraded = with_response_head(SWITCHING_PROTOCOLS, &[], &fields, |head| {
        let upgrade =
            |exchanges: &dyn howth_engine::Exchanges| exchanges.upgrade(id(index, generation), head);
        state.borrow::<Bridge>().with(upgrade)
    });
    match upgraded {
        None | Some(Err(UpgradeError::Gone(_))) => return Ok(None),
        Some(Err(error)) => return Err(WebSocketException::Upgrade(error)),
        Some(Ok(())) => {}
    }
    let web_socket = ws_create_server_stream(state, NetworkStream::Unix(theirs), Bytes::new());
    let end = UnixStreamResource::new(ours.into_split());
    Ok(Some((web_socket, state.resource_table.add(end))))
}

/// Tells the client of a WebSocket that the server goes, and waits for no answer. One that is closed stays so.
#[op2(fast)]
pub(super) fn op_howth_web_socket_go_away(state: &mut OpState, #[smi] web_socket: ResourceId) {
    if let Ok(web_socket) = state.resource_table.get::<ServerWebSocket>(web_socket) {
        web_socket.server_shutdown();
    }
}
