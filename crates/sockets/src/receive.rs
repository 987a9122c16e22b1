//! From what the engine tells to what the application hears.
//!
//! Owns how far a socket is read. What has come is decoded in the memory in which the engine gives it; of what the application
//! has not taken, no more than a bound is decoded, and then nothing more is read. Called by: the bridge, with each event of the
//! engine, and when the application takes what has come.

use howth_engine::{BodyRead, Event, ExchangeId, Exchanges};
use howth_websocket::{Close, Event as Came, Kind, Opcode};

use crate::close::Ending;
use crate::send::write_frame;
use crate::socket::{Phase, Socket};
use crate::sockets::{Codecs, Sockets};

/// Decoded bytes that wait for the application before a socket is read no further.
const TOLD_BYTES_MAX: usize = 64 * 1024;
/// The same of all sockets of a core together, before any is read further but by the application itself: a compressed message
/// may be a thousand times larger than what has come.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What a message takes besides its bytes.
const TOLD_BYTES_EACH: usize = 64;

/// What the application hears.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// A message; that of a text is UTF-8.
    Message(Kind, Vec<u8>),
    /// A ping, which was answered.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// The socket is over; the last that is told of it.
    Close {
        /// The client's code, 1005 where it named none, 1006 where it has not closed (RFC 6455 section 7.1.5).
        code: u16,
        /// The client's reason, or why there is no code of its.
        reason: String,
        /// Both sides have closed (RFC 6455 section 7.1.4).
        is_clean: bool,
    },
}

impl Told {
    pub(crate) fn held_bytes(&self) -> usize {
        let bytes = match self {
            Told::Message(_, bytes) | Told::Ping(bytes) | Told::Pong(bytes) => bytes.len(),
            Told::Close { reason, .. } => reason.len(),
        };
        bytes + TOLD_BYTES_EACH
    }
}

/// A part of what has come.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// In order, never empty.
    pub told: Vec<Told>,
    /// There may be more; else the next is told of.
    pub has_more: bool,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// It is about no socket.
    Others,
    /// It was dealt with.
    Done,
    /// The application is to be told of it.
    Tell,
}

impl Sockets {
    /// Deals with an event of the engine, at this time.
    pub fn observe(&mut self, exchanges: &dyn Exchanges, event: Event, now_ms: u64) -> Observed {
        let Some(id) = event.exchange() else {
            return Observed::Others;
        };
        let is_leaving = self.leaves(exchanges, id);
        let Some(socket) = self.sockets.get_mut(&id) else {
            return Observed::Others;
        };
        let told_bytes = socket.told_bytes;
        match event {
            Event::BodyReadable(_) if self.waiting_bytes >= WAITING_BYTES_MAX => {
                socket.is_unread = true;
                return socket.tell_once();
            }
            Event::BodyReadable(_) => {
                socket.read(exchanges, id, &mut self.codecs, now_ms);
                socket.wind_up(exchanges, id);
            }
            Event::Alarm(_) => socket.alarm(exchanges, id, is_leaving, now_ms),
            Event::Completed(_) | Event::Aborted(_) => {
                socket.ending.get_or_insert(Ending::Gone);
                socket.end_now(exchanges, id);
            }
            Event::Writable(_) if socket.phase == Phase::Open => return Observed::Tell,
            _ => return Observed::Done,
        }
        self.waiting_bytes = self.waiting_bytes + socket.told_bytes - told_bytes;
        match socket.told.is_empty() {
            true => Observed::Done,
            false => socket.tell_once(),
        }
    }

    /// What has come and waits for the application, in order, about so many bytes of it at most and always something if there
    /// is anything; `None`: nothing is left. Behind [`Told::Close`] there is no socket any more.
    pub fn take(
        &mut self,
        exchanges: &dyn Exchanges,
        id: ExchangeId,
        bytes_max: usize,
        now_ms: u64,
    ) -> Option<Taken> {
        let socket = self.sockets.get_mut(&id)?;
        let told_bytes = socket.told_bytes;
        if socket.told.is_empty() {
            socket.read(exchanges, id, &mut self.codecs, now_ms);
            socket.wind_up(exchanges, id);
        }
        if socket.told.is_empty() {
            socket.is_told = false;
            self.waiting_bytes = self.waiting_bytes + socket.told_bytes - told_bytes;
            return None;
        }
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while bytes < bytes_max
            && let Some(told) = socket.told.pop_front()
        {
            bytes += told.held_bytes();
            taken.push(told);
        }
        socket.told_bytes -= bytes;
        if socket.told.is_empty() {
            socket.read(exchanges, id, &mut self.codecs, now_ms);
        }
        socket.is_told = !socket.told.is_empty() || socket.ending.is_some();
        let has_more = socket.is_told;
        self.waiting_bytes = self.waiting_bytes + socket.told_bytes - told_bytes;
        if matches!(taken.last(), Some(Told::Close { .. })) {
            self.remove(id);
        }
        Some(Taken {
            told: taken,
            has_more,
        })
    }

    /// The application has lost what it was told: gives the sockets of which it is to be told again. `waits`: whether it will hear
    /// of one anyway.
    pub fn tell_again(&mut self, waits: impl Fn(ExchangeId) -> bool) -> Vec<ExchangeId> {
        let told = self
            .sockets
            .iter_mut()
            .filter(|(id, socket)| socket.is_told && !waits(**id));
        let mut again = Vec::new();
        for (id, socket) in told {
            socket.is_told = !socket.told.is_empty() || socket.is_unread || socket.ending.is_some();
            if socket.is_told {
                again.push(*id);
            }
        }
        again
    }

    fn remove(&mut self, id: ExchangeId) {
        if let Some(socket) = self.sockets.remove(&id) {
            self.waiting_bytes -= socket.told_bytes;
            socket
                .topics
                .iter()
                .for_each(|topic| self.topics.remove(topic, id));
        }
    }
}

impl Socket {
    /// Something waits for the application, which may know that already.
    fn tell_once(&mut self) -> Observed {
        match std::mem::replace(&mut self.is_told, true) {
            true => Observed::Done,
            false => Observed::Tell,
        }
    }

    /// Reads what has come, as far as there is room for it.
    fn read(&mut self, exchanges: &dyn Exchanges, id: ExchangeId, codecs: &mut Codecs, now_ms: u64) {
        self.is_unread = false;
        loop {
            self.decode(exchanges, id, codecs);
            if self.phase == Phase::Over || self.ending.is_some() || self.rest_at < self.rest.len() {
                return;
            }
            match exchanges.read_body(id, usize::MAX) {
                Ok(BodyRead::Data(bytes)) => {
                    self.heard_ms = now_ms;
                    self.is_asked = false;
                    (self.rest, self.rest_at) = (bytes, 0);
                }
                Ok(BodyRead::Pending) => {
                    self.rest = Vec::new();
                    self.rest_at = 0;
                    return;
                }
                Ok(BodyRead::End | BodyRead::Failed(_)) | Err(_) => {
                    self.ending = Some(Ending::Gone);
                    return;
                }
            }
        }
    }

    fn decode(&mut self, exchanges: &dyn Exchanges, id: ExchangeId, codecs: &mut Codecs) {
        let Some(mut decoder) = self.decoder.take() else {
            return;
        };
        let mut rest = std::mem::take(&mut self.rest);
        let mut at = self.rest_at;
        while at < rest.len() && self.told_bytes < TOLD_BYTES_MAX && self.ending.is_none() {
            let inflater = self.compression.is_some().then(|| codecs.inflater());
            match decoder.decode(&mut rest[at..], inflater) {
                Ok(step) => {
                    at += step.consumed;
                    if let Some(came) = step.event {
                        self.came(exchanges, id, came);
                    }
                }
                Err(violation) => self.ending = Some(Ending::Refused(violation)),
            }
        }
        if self.ending.is_none() {
            self.decoder = Some(decoder);
            (self.rest, self.rest_at) = (rest, at);
        }
    }

    fn came(&mut self, exchanges: &dyn Exchanges, id: ExchangeId, came: Came<'_>) {
        match came {
            Came::Close(Close { code, reason }) => {
                let reason = reason.to_owned();
                self.ending = Some(Ending::Closed { code, reason });
            }
            // RFC 6455 section 7.1.3: nobody waits for what comes behind our own close frame.
            _ if self.phase != Phase::Open => {}
            Came::Message(kind, payload) => self.tell(Told::Message(kind, payload.into_owned())),
            Came::Ping(payload) => {
                // RFC 6455 section 5.5.3. If the tunnel is gone, that is told as well.
                let _ = write_frame(exchanges, id, Opcode::Pong, false, payload);
                if self.settings.tells_pings {
                    self.tell(Told::Ping(payload.to_vec()));
                }
            }
            Came::Pong(payload) if self.settings.tells_pongs => self.tell(Told::Pong(payload.to_vec())),
            Came::Pong(_) => {}
        }
    }
}
