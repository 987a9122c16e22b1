//! The bounds of a connection.
//!
//! Owns numbers. Never judges: the session does. Called by: whoever starts an engine; the session.

/// Bounds of one connection. The defaults suit a server on the open internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Streams that a client may have open at once; beyond it REFUSED_STREAM (RFC 9113 section 5.1.2). Default 100.
    pub streams_max: u32,
    /// How much of a request's body a client may send before the application has taken some (RFC 9113 section 6.9). At least
    /// 65,535, which is what a client begins with. Default 256 KiB.
    pub stream_window_bytes: u32,
    /// The same of all bodies of a connection together. At least 65,535. Default 1 MiB.
    pub connection_window_bytes: u32,
    /// The payload of the largest frame that is taken, 16,384 to 16,777,215 (RFC 9113 section 4.2). Default 16,384.
    pub frame_bytes_max: u32,
    /// What the table of header compression may hold, in each direction (RFC 7541 section 4.2). Default 4 KiB.
    pub table_bytes_max: u32,
    /// A request's fields, names and values and 32 bytes for each (RFC 9113 section 6.5.2); beyond it 431. A block that is
    /// twice as large while it is compressed ends the connection. Default 32 KiB.
    pub field_list_bytes_max: usize,
    /// Streams that end by a reset, the client's or the server's for an error of the client, at once; beyond it the
    /// connection ends (ENHANCE_YOUR_CALM). Default 1,000.
    pub resets_max: u32,
    /// How many of these are forgiven each second. Default 33.
    pub resets_per_second: u32,
    /// Frames that bring nothing forward (pings, settings, priorities, empty data, windows nobody waits for, frames of unknown
    /// kinds or closed streams), at once; beyond it the connection ends. Default 10,000.
    pub idle_frames_max: u32,
    /// How many of these are forgiven each second. Default 330.
    pub idle_frames_per_second: u32,
    /// Response bytes that a stream may hold before its writer is told to pause. Default 64 KiB.
    pub send_buffer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            streams_max: 100,
            stream_window_bytes: 256 * 1024,
            connection_window_bytes: 1024 * 1024,
            frame_bytes_max: 16 * 1024,
            table_bytes_max: 4096,
            field_list_bytes_max: 32 * 1024,
            resets_max: 1000,
            resets_per_second: 33,
            idle_frames_max: 10_000,
            idle_frames_per_second: 330,
            send_buffer_bytes: 64 * 1024,
        }
    }
}
