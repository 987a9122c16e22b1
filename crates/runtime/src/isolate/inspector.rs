//! The server that debuggers attach to.

use std::net::SocketAddr;

use deno_runtime::deno_inspector_server::{InspectPublishUid, InspectorServerError, create_inspector_server};

/// Listens for debuggers (Chrome DevTools, VS Code), for all isolates started from now on, which appear as
/// targets. Returns the address, whose port the system chose if it was 0.
///
/// # Errors
/// If the address is taken or not allowed.
pub fn listen_for_debugger(address: SocketAddr) -> Result<SocketAddr, InspectorServerError> {
    create_inspector_server(address, "howth", InspectPublishUid::default()).map(|server| server.host)
}
