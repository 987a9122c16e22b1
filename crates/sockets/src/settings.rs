//! What an application says about its WebSockets.
//!
//! Owns plain data with defaults. Called by: whoever reads options.

/// The settings of the sockets of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The longest message that is taken, in bytes, as it was before it was compressed.
    pub message_bytes_max: usize,
    /// Unsent bytes of a socket beyond which nothing more is sent on it.
    pub unsent_bytes_max: u64,
    /// A socket that has so much unsent is ended.
    pub ends_at_unsent_max: bool,
    /// How long a client may say nothing, in milliseconds; 0: for ever.
    pub silence_ms: u64,
    /// It is asked whether it is there before that is over.
    pub sends_pings: bool,
    /// The application is told of pings.
    pub tells_pings: bool,
    /// And of pongs.
    pub tells_pongs: bool,
    /// Messages may be compressed, where the client can.
    pub compresses: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            message_bytes_max: 16 << 20,
            unsent_bytes_max: 16 << 20,
            ends_at_unsent_max: false,
            silence_ms: 120_000,
            sends_pings: true,
            tells_pings: false,
            tells_pongs: false,
            compresses: false,
        }
    }
}
