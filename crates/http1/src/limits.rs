//! The bounds of a request; what lies beyond them is refused.
//!
//! Owns numbers, and which method is left out. Every bound is a count of bytes or lines of the request itself, so that
//! a verdict never depends on how the bytes were split on their way. Never judges: whatever reads does. Called by: all
//! that reads a request.

/// Bounds of one request. The defaults suit a server on the open internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Request line, field lines and the empty line, in bytes; beyond it 431. Default 32 KiB.
    pub head_bytes_max: usize,
    /// The request target, in bytes; beyond it 414 (RFC 9112 section 3). Default 8 KiB.
    pub target_bytes_max: usize,
    /// Field lines of a head, and as many again of a trailer section; beyond it 431. Default 100.
    pub fields_max: usize,
    /// The body without its framing, in bytes; beyond it 413. Default 128 MiB.
    pub body_bytes_max: u64,
    /// All chunk extensions of one body together, in bytes; beyond it 400 (RFC 9112 section 7.1.1).
    /// Default 1 KiB.
    pub chunk_extension_bytes_max: usize,
    /// The trailer section without the empty line that ends it, in bytes; beyond it 431. Default 8 KiB.
    pub trailer_bytes_max: usize,
    /// Is a request for a tunnel, CONNECT, handed to the application? If not, it is answered with 405, as an origin
    /// server does that is no proxy (RFC 9110 section 9.3.6). Default false. An engine that lets an application take
    /// the connection after a 2xx is to set it; until then a 2xx to CONNECT has no body, and the connection closes.
    pub takes_connect: bool,
    /// Is a request of HTTP/1.1 without a Host field refused (RFC 9112 section 3.2)? Default true; an application that has its
    /// clients' word for who they ask may want it otherwise.
    pub requires_host: bool,
    /// Is a request with an expectation other than 100-continue handed to the application? If not, it is answered with
    /// 417 (RFC 9110 section 10.1.1). Default false.
    pub takes_expectations: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            head_bytes_max: 32 * 1024,
            target_bytes_max: 8 * 1024,
            fields_max: 100,
            body_bytes_max: 128 * 1024 * 1024,
            chunk_extension_bytes_max: 1024,
            trailer_bytes_max: 8 * 1024,
            takes_connect: false,
            requires_host: true,
            takes_expectations: false,
        }
    }
}
