//! One stream, and those that are over.
//!
//! Owns what is known of them (RFC 9113 section 5.1). Called by: the modules beside.

/// A request and its response.
#[derive(Debug)]
pub struct Stream<T> {
    pub(super) id: u32,
    /// What its user keeps of it.
    pub user: T,
    pub(super) is_remote_ended: bool,
    pub(super) is_local_ended: bool,
    /// By a reset; its user has not [removed](super::Session::remove) it yet.
    pub(super) reset: Option<Ended>,
    pub(super) send_window: i64,
    pub(super) receive_window: i64,
    /// Bytes that were taken and for which no window was given back yet.
    pub(super) released: u32,
    /// Bytes of the body that are to come, where the request says how many.
    pub(super) content_left: Option<u64>,
}

impl<T> Stream<T> {
    /// Its identifier.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether the client has ended its side.
    pub fn is_remote_ended(&self) -> bool {
        self.is_remote_ended
    }

    /// Whether the response is written whole.
    pub fn is_local_ended(&self) -> bool {
        self.is_local_ended
    }

    /// Whether both sides have ended.
    pub fn is_over(&self) -> bool {
        self.is_reset() || (self.is_remote_ended && self.is_local_ended)
    }

    /// Whether either side has ended it before its end.
    pub fn is_reset(&self) -> bool {
        self.reset.is_some()
    }

    /// Whether the client may send more of the body.
    pub fn has_receive_window(&self) -> bool {
        self.receive_window > 0
    }

    /// Has the client held to the length that its request says.
    pub fn expect_content(&mut self, bytes: u64) {
        self.content_left = Some(bytes);
    }
}

/// How a stream has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Both sides in order.
    InOrder,
    /// By a reset of the client.
    ByClient,
    /// By one of the server; the client may not know yet.
    ByServer,
}

/// So many streams that are over are remembered.
const REMEMBERED: usize = 64;

/// Streams that were over last.
#[derive(Debug, Default)]
pub(super) struct Closed {
    streams: Vec<(u32, Ended)>,
    next: usize,
}

impl Closed {
    pub fn add(&mut self, id: u32, ended: Ended) {
        if self.streams.len() < REMEMBERED {
            return self.streams.push((id, ended));
        }
        self.streams[self.next] = (id, ended);
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// How it has ended, if that is remembered.
    pub fn get(&self, id: u32) -> Option<Ended> {
        let mut newest = self.streams.iter().filter(|(own, _)| *own == id);
        newest.next().map(|(_, ended)| *ended)
    }
}
