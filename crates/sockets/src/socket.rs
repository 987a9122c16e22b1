//! One WebSocket.
//!
//! Owns its state alone. Decides nothing: the modules beside do.

use std::rc::Rc;

use howth_websocket::{Compression, Decoder, Peer};

use crate::close::Ending;
use crate::settings::Settings;
use crate::told::Inbox;

/// Where a socket is in its life. It only ever moves down this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Messages go both ways.
    Open,
    /// Our close frame is out, and the client's is awaited.
    Closing,
    /// Nothing is sent or read any more.
    Over,
}

/// One socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) settings: Rc<Settings>,
    pub(crate) phase: Phase,
    /// None while it decodes, and when the socket is over.
    pub(crate) decoder: Option<Decoder>,
    /// What compression was agreed upon.
    pub(crate) compression: Option<Compression>,
    /// Bytes that came; those from `rest_at` on are not decoded.
    pub(crate) rest: Vec<u8>,
    pub(crate) rest_at: usize,
    /// The tunnel was read until nothing was left, and tells when more has come.
    pub(crate) is_drained: bool,
    /// What waits for the application.
    pub(crate) inbox: Inbox,
    /// The client has ended it, which is dealt with once the application has taken what came before: its answers go out first.
    pub(crate) ending: Option<Ending>,
    /// Something has come that was not read, since too much waits on this core.
    pub(crate) is_unread: bool,
    /// The application knows that something waits.
    pub(crate) is_told: bool,
    /// When the client has said something last.
    pub(crate) heard_ms: u64,
    /// It was asked whether it is there, and has said nothing since.
    pub(crate) is_asked: bool,
    pub(crate) topics: Vec<Rc<str>>,
}

impl Socket {
    pub(crate) fn new(settings: Rc<Settings>, compression: Option<Compression>, now_ms: u64) -> Self {
        let may_compress = compression.is_some();
        Socket {
            phase: Phase::Open,
            decoder: Some(Decoder::new(
                Peer::Client,
                settings.message_bytes_max,
                may_compress,
            )),
            settings,
            compression,
            rest: Vec::new(),
            rest_at: 0,
            is_drained: false,
            inbox: Inbox::default(),
            is_unread: false,
            ending: None,
            is_told: false,
            heard_ms: now_ms,
            is_asked: false,
            topics: Vec::new(),
        }
    }
}
