//! The server that debuggers attach to.

use std::net::SocketAddr;

use deno_runtime::deno_inspector_server::{
    InspectPublishUid, InspectorServerError, InspectorServerUrl, create_inspector_server,
};

use super::Isolate;

/// Listens for debuggers (Chrome DevTools, VS Code), for all isolates started from now on, which appear as
/// targets. Returns the address, whose port the system chose if it was 0.
///
/// # Errors
/// If the address is taken or not allowed.
pub fn listen_for_debugger(address: SocketAddr) -> Result<SocketAddr, InspectorServerError> {
    create_inspector_server(address, "howth", InspectPublishUid::default()).map(|server| server.host)
}

impl Isolate {
    /// Where a debugger finds this isolate, if one may attach.
    pub(crate) fn debugger_url(&mut self) -> Option<String> {
        let state = self.worker.js_runtime.op_state();
        let state = state.borrow();
        state.try_borrow::<InspectorServerUrl>().map(|url| url.0.clone())
    }
}
