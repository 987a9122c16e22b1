//! From what the engine tells to what the application hears.
//!
//! Owns how far a socket is read. What has come is decoded in the memory in which the engine gives it; of what the application
//! has not taken, no more than a bound is decoded, and then nothing more is read. Called by: the bridge, with each event of the
//! engine, and when the application takes what has come.

use howth_engine::{BodyRead, Event, ExchangeId, Exchanges};
use howth_websocket::{Close, Event as Came, Opcode, Payload as Found};

use crate::close::Ending;
use crate::send::write_frame;
use crate::socket::{Phase, Socket};
use crate::sockets::{Codecs, Sockets};
use crate::told::{Payload, Told};

/// Decoded bytes that wait for the application before a socket is read no further.
const TOLD_BYTES_MAX: usize = 64 * 1024;
/// The same of all sockets of a core together, before any is read further but by the application itself: a compressed message
/// may be a thousand times larger than what has come.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Of memory that was received, what is told shares this part at most with what is not: else it is copied.
const SHARED_PART_MAX: usize = 2;

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
        let waiting_bytes = socket.inbox.bytes();
        match event {
            Event::BodyReadable(_) if self.waiting_bytes >= WAITING_BYTES_MAX => {
                socket.is_unread = true;
                socket.is_drained = false;
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
        self.waiting_bytes = self.waiting_bytes + socket.inbox.bytes() - waiting_bytes;
        match socket.inbox.is_empty() {
            true => Observed::Done,
            false => socket.tell_once(),
        }
    }

    /// Takes what waits next for the application, and says whether there may be more, or else the next is told of; `None`: nothing
    /// is left. Behind [`Told::Close`] there is no socket any more.
    pub fn take(&mut self, exchanges: &dyn Exchanges, id: ExchangeId, now_ms: u64) -> Option<(Told, bool)> {
        let socket = self.sockets.get_mut(&id)?;
        let waiting_bytes = socket.inbox.bytes();
        if socket.inbox.is_empty() {
            socket.read(exchanges, id, &mut self.codecs, now_ms);
            socket.wind_up(exchanges, id);
        }
        let told = socket.inbox.pop();
        if told.is_some() && socket.inbox.is_empty() && !socket.is_drained {
            socket.read(exchanges, id, &mut self.codecs, now_ms);
        }
        socket.is_told = told.is_some() && (!socket.inbox.is_empty() || socket.ending.is_some());
        let has_more = socket.is_told;
        self.waiting_bytes = self.waiting_bytes + socket.inbox.bytes() - waiting_bytes;
        if matches!(told, Some(Told::Close { .. })) {
            self.remove(id);
        }
        Some((told?, has_more))
    }

    /// Whether anything waits for the application already.
    pub fn waits(&self, id: ExchangeId) -> bool {
        let socket = self.sockets.get(&id);
        socket.is_some_and(|socket| !socket.inbox.is_empty())
    }

    /// The same of one thing that waits by itself, if `take` takes it: gives what that makes of it.
    pub fn take_alone<R>(&mut self, id: ExchangeId, take: impl FnOnce(&Told) -> Option<R>) -> Option<R> {
        let socket = self.sockets.get_mut(&id)?;
        let alone = socket.inbox.alone()?;
        if !socket.is_drained || socket.ending.is_some() {
            return None;
        }
        let taken = take(alone)?;
        self.waiting_bytes -= socket.inbox.bytes();
        socket.inbox.clear();
        socket.is_told = false;
        Some(taken)
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
            socket.is_told = !socket.inbox.is_empty() || socket.is_unread || socket.ending.is_some();
            if socket.is_told {
                again.push(*id);
            }
        }
        again
    }

    fn remove(&mut self, id: ExchangeId) {
        if let Some(socket) = self.sockets.remove(&id) {
            self.waiting_bytes -= socket.inbox.bytes();
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
        self.is_drained = false;
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
                    self.is_drained = true;
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
        while at < rest.len() && self.inbox.bytes() < TOLD_BYTES_MAX && self.ending.is_none() {
            let inflater = self.compression.is_some().then(|| codecs.inflater());
            let length = rest.len();
            match decoder.decode(&mut rest[at..], inflater) {
                Ok(step) => {
                    at += step.consumed;
                    match step.event {
                        // The last of what has come takes the memory along, unless most of that is not its own.
                        Some(Came::Message(kind, Found::Borrowed(payload)))
                            if at == length && payload.len() >= at / SHARED_PART_MAX =>
                        {
                            let from = at - payload.len();
                            let payload = Payload::behind(std::mem::take(&mut rest), from);
                            self.message(Told::Message(kind, payload));
                            at = 0;
                        }
                        Some(came) => self.came(exchanges, id, came),
                        None => {}
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

    /// RFC 6455 section 7.1.3: nobody waits for what comes behind our own close frame.
    fn message(&mut self, told: Told) {
        if self.phase == Phase::Open {
            self.inbox.push(told);
        }
    }

    fn came(&mut self, exchanges: &dyn Exchanges, id: ExchangeId, came: Came<'_>) {
        match came {
            Came::Close(Close { code, reason }) => {
                let reason = reason.to_owned();
                self.ending = Some(Ending::Closed { code, reason });
            }
            Came::Message(kind, payload) => {
                self.message(Told::Message(kind, payload.into_owned().into()));
            }
            Came::Ping(payload) if self.phase == Phase::Open => {
                // RFC 6455 section 5.5.3. If the tunnel is gone, that is told as well.
                let _ = write_frame(exchanges, id, Opcode::Pong, false, payload);
                if self.settings.tells_pings {
                    self.message(Told::Ping(payload.into()));
                }
            }
            Came::Pong(payload) if self.settings.tells_pongs => self.message(Told::Pong(payload.into())),
            Came::Ping(_) | Came::Pong(_) => {}
        }
    }
}
