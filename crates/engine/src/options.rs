//! How an engine is set up: addresses, bounds, deadlines, and what it counts.
//!
//! Owns plain data with defaults; every engine takes the same and means the same by it. Never reads a command line.
//! Called by: whoever starts an engine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use howth_http1::Limits;

use crate::{AddedFields, BodyDecoding, ClientOptions};

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindAddress {
    /// A TCP address; port 0 lets the kernel choose.
    Tcp(SocketAddr),
    /// The path of a Unix-domain socket.
    Unix(PathBuf),
}

/// When an engine gives a client up. Every deadline is separate, so that bytes that trickle in for one
/// never prolong another. `None` switches a deadline off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From accept to the end of a TLS handshake: closed without a word.
    pub handshake: Option<Duration>,
    /// From the first byte of a request (or from accept) to the end of its head: 408, then close.
    pub head: Option<Duration>,
    /// The longest silence while a request body is awaited and wanted: 408 if nothing was answered.
    pub body_gap: Option<Duration>,
    /// The least average rate of a request body in bytes a second, counted once `body_gap` has passed; 0 is off.
    pub body_rate_min: u32,
    /// The longest time a request body may take to arrive, from its first byte: 408 if nothing was answered. Off by default.
    pub body_whole: Option<Duration>,
    /// How long an idle connection is kept after a response: closed without a word.
    pub keep_alive: Option<Duration>,
    /// The longest time a client may take no byte of a response that waits for it: connection reset.
    pub write_stall: Option<Duration>,
    /// How long a handler may take to begin its response: 503. Off by default.
    pub handler: Option<Duration>,
}

impl Deadlines {
    /// None at all.
    pub const fn none() -> Self {
        Deadlines {
            handshake: None,
            head: None,
            body_gap: None,
            body_rate_min: 0,
            body_whole: None,
            keep_alive: None,
            write_stall: None,
            handler: None,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Deadlines {
            handshake: Some(Duration::from_secs(10)),
            head: Some(Duration::from_secs(10)),
            body_gap: Some(Duration::from_secs(30)),
            body_rate_min: 1024,
            body_whole: None,
            keep_alive: Some(Duration::from_secs(75)),
            write_stall: Some(Duration::from_secs(30)),
            handler: None,
        }
    }
}

/// The options of one core's engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// Bounds of the protocol.
    pub limits: Limits,
    /// When to give clients up.
    pub deadlines: Deadlines,
    /// Open connections of one core; beyond it clients wait in the kernel's backlog.
    pub connections_max: u32,
    /// Requests of one connection that may be in the application's hands at once; beyond it the engine
    /// stops reading from the connection.
    pub pipeline_max: u32,
    /// Response bytes a connection may hold before [`write`](crate::Exchanges::write) answers `Full`.
    pub write_high_watermark_bytes: usize,
    /// Request body bytes held for the application before the engine stops reading from the connection.
    pub body_high_watermark_bytes: usize,
    /// How much of an unread request body is drained after the response before the connection is closed.
    pub drain_bytes_max: u64,
    /// Whether clients may speak HTTP/2, and its bounds.
    pub http2: Option<howth_http2::Limits>,
    /// Who clients are, and how much each may have open.
    pub clients: ClientOptions,
    /// What every response of the application carries beside its own fields.
    pub response_fields: Option<Arc<AddedFields>>,
    /// Who decodes bodies of requests that have a content coding; `None`: the application gets them as they are. A body comes
    /// to at most [`Limits::body_bytes_max`] bytes in either form.
    pub body_decoding: Option<BodyDecoding>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        EngineOptions {
            limits: Limits::default(),
            deadlines: Deadlines::default(),
            connections_max: 65_536,
            pipeline_max: 64,
            write_high_watermark_bytes: 256 * 1024,
            body_high_watermark_bytes: 256 * 1024,
            drain_bytes_max: 256 * 1024,
            http2: None,
            clients: ClientOptions::default(),
            response_fields: None,
            body_decoding: None,
        }
    }
}

/// What an engine has counted since it started; for traces and tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections accepted.
    pub accepted: u64,
    /// Connections taken over from another engine.
    pub adopted: u64,
    /// Connections given up to another engine.
    pub released: u64,
    /// Connections open now.
    pub connections: u64,
    /// Requests handed to the application.
    pub requests: u64,
    /// Requests refused with a 4xx or 5xx of the engine's own.
    pub refused: u64,
    /// Connections closed for the header of the PROXY protocol, which was malformed or did not come.
    pub headers_refused: u64,
    /// Connections closed, and requests refused, of addresses that had as much open as they may.
    pub counted_out: u64,
    /// Turns of the loop that did some work.
    pub turns: u64,
    /// Send operations given to the kernel.
    pub sends: u64,
    /// Responses that broke off because their file ended before them, or could not be read.
    pub files_failed: u64,
    /// Times the kernel had no receive buffer left.
    pub buffers_exhausted: u64,
    /// Times the completion queue overflowed.
    pub completions_overflowed: u64,
}
