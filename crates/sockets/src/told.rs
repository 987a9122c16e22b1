//! What the application hears of a socket, and where it waits until it is taken.
//!
//! Owns the order of it and how much it is. Never decodes. Called by: `receive`, `close`; the bridge takes.

use std::collections::VecDeque;
use std::ops::Deref;

use howth_websocket::Kind;

/// What is counted for anything that waits, besides its bytes.
const EACH_BYTES: usize = 64;

/// What the application hears.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// A message; that of a text is UTF-8.
    Message(Kind, Payload),
    /// A ping, which was answered.
    Ping(Payload),
    /// A pong.
    Pong(Payload),
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
    fn held_bytes(&self) -> usize {
        let bytes = match self {
            Told::Message(_, payload) | Told::Ping(payload) | Told::Pong(payload) => payload.len(),
            Told::Close { reason, .. } => reason.len(),
        };
        bytes + EACH_BYTES
    }
}

/// The payload of a frame or a message, in the memory in which it was received or put together.
#[derive(Debug)]
pub struct Payload {
    memory: Vec<u8>,
    /// What stands before it: its head, and what came with it.
    from: usize,
}

impl Payload {
    /// All of `memory` from an offset on.
    ///
    /// # Panics
    /// When it does not reach so far.
    pub(crate) fn behind(memory: Vec<u8>, from: usize) -> Self {
        assert!(from <= memory.len(), "a payload begins within what was received");
        Payload { memory, from }
    }

    /// The memory, and where in it the bytes begin, which reach to its end.
    pub fn into_memory(self) -> (Vec<u8>, usize) {
        (self.memory, self.from)
    }
}

impl From<Vec<u8>> for Payload {
    fn from(memory: Vec<u8>) -> Self {
        Payload { memory, from: 0 }
    }
}

impl From<&[u8]> for Payload {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[self.from..]
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Payload {}

/// What waits for the application, in order. Mostly that is one message, which needs no list.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// Not empty while anything waits.
    first: Option<Told>,
    #[expect(clippy::box_collection, reason = "a deque by itself is four times as large")]
    rest: Option<Box<VecDeque<Told>>>,
    bytes: usize,
}

impl Inbox {
    pub(crate) fn push(&mut self, told: Told) {
        self.bytes += told.held_bytes();
        match self.first {
            None => self.first = Some(told),
            Some(_) => self.rest.get_or_insert_default().push_back(told),
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Told> {
        let next = self.rest.as_mut().and_then(|rest| rest.pop_front());
        if next.is_none() {
            // One that is idle keeps no memory for what may come.
            self.rest = None;
        }
        let told = std::mem::replace(&mut self.first, next)?;
        self.bytes -= told.held_bytes();
        Some(told)
    }

    /// What waits, if it is one thing.
    pub(crate) fn alone(&self) -> Option<&Told> {
        self.first.as_ref().filter(|_| self.rest.is_none())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// About how much memory waits.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn clear(&mut self) {
        *self = Inbox::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_comes_out_in_order_and_is_counted() {
        let mut inbox = Inbox::default();
        let text = |bytes: &[u8]| Told::Message(Kind::Text, bytes.into());
        for bytes in [&b"one"[..], b"two", b"three"] {
            inbox.push(text(bytes));
        }
        assert_eq!(inbox.bytes(), 11 + 3 * EACH_BYTES);
        assert_eq!(inbox.pop(), Some(text(b"one")));
        assert_eq!(inbox.pop(), Some(text(b"two")));
        inbox.push(text(b"four"));
        assert_eq!(inbox.pop(), Some(text(b"three")));
        assert_eq!(inbox.pop(), Some(text(b"four")));
        assert!(inbox.is_empty() && inbox.pop().is_none() && inbox.rest.is_none());
        assert_eq!(inbox.bytes(), 0);
    }

    #[test]
    fn a_payload_is_what_stands_behind_its_head() {
        let payload = Payload::behind(b"headpayload".to_vec(), 4);
        assert_eq!((&*payload, payload.len()), (&b"payload"[..], 7));
        assert_eq!(payload, Payload::from(&b"payload"[..]));
        assert_eq!(payload.into_memory(), (b"headpayload".to_vec(), 4));
    }
}
