//! The memory of a client's sends in flight.
//!
//! Owns the bytes from the moment a send is queued until its completion is reaped; that is what makes the
//! pointers in the entry valid. Never looks at them.

use std::ops::Range;
use std::rc::Rc;

use io_uring::{opcode, squeue, types};

use howth_ring::Socket;

/// Bytes on their way out, of which a part may have been sent. They lie on the heap and are not changed while
/// a payload exists.
#[derive(Debug)]
pub struct Payload {
    bytes: Bytes,
    unsent: Range<usize>,
}

#[derive(Debug)]
enum Bytes {
    Owned(Vec<u8>),
    Shared(Rc<[u8]>),
}

impl Payload {
    /// All of `bytes`.
    pub fn owned(bytes: Vec<u8>) -> Self {
        let unsent = 0..bytes.len();
        Payload {
            bytes: Bytes::Owned(bytes),
            unsent,
        }
    }

    /// The first `len` of bytes that many sends share.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn shared(bytes: Rc<[u8]>, len: usize) -> Self {
        assert!(len <= bytes.len(), "a payload ends behind its bytes");
        Payload {
            bytes: Bytes::Shared(bytes),
            unsent: 0..len,
        }
    }

    /// The unsent part.
    pub fn unsent(&self) -> &[u8] {
        let bytes = match &self.bytes {
            Bytes::Owned(bytes) => bytes,
            Bytes::Shared(bytes) => &bytes[..],
        };
        &bytes[self.unsent.clone()]
    }

    /// Takes note that the kernel took `sent` bytes; whether any are left.
    ///
    /// # Panics
    /// When more was sent than there is.
    pub fn advance(&mut self, sent: usize) -> bool {
        assert!(
            sent <= self.unsent.len(),
            "the kernel sent more bytes than it was given"
        );
        self.unsent.start += sent;
        !self.unsent.is_empty()
    }

    /// The memory, to be used again, unless it is shared.
    pub fn into_owned(self) -> Option<Vec<u8>> {
        match self.bytes {
            Bytes::Owned(bytes) => Some(bytes),
            Bytes::Shared(_) => None,
        }
    }
}

/// The payloads in flight, by connection index; a connection has at most one.
#[derive(Debug, Default)]
pub(super) struct Payloads {
    in_flight: Vec<Option<Payload>>,
}

impl Payloads {
    /// Takes the payload and gives the entry that sends it.
    pub(super) fn hold(&mut self, socket: Socket, index: u32, payload: Payload) -> squeue::Entry {
        let slot = index as usize;
        if self.in_flight.len() <= slot {
            self.in_flight.resize_with(slot + 1, || None);
        }
        assert!(
            self.in_flight[slot].is_none(),
            "a connection has two sends in flight"
        );
        let payload = self.in_flight[slot].insert(payload);
        let bytes = payload.unsent();
        // Longer sends than 2 GiB are cut here and continue after their completion.
        let len = bytes.len().min(i32::MAX as usize) as u32;
        opcode::Send::new(types::Fd(socket.0), bytes.as_ptr(), len)
            .flags(libc::MSG_NOSIGNAL)
            .build()
    }

    /// Gives the bytes of a completed send back.
    pub(super) fn take(&mut self, index: u32) -> Payload {
        self.in_flight
            .get_mut(index as usize)
            .and_then(Option::take)
            .expect("a send completes that was never queued")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_advances_to_its_end() {
        let mut payload = Payload::shared(Rc::from(*b"abcabc"), 3);
        assert_eq!(payload.unsent(), b"abc");
        assert!(payload.advance(2));
        assert_eq!(payload.unsent(), b"c");
        assert!(!payload.advance(1));
        assert!(payload.into_owned().is_none());
    }

    #[test]
    fn owned_memory_comes_back() {
        let mut payload = Payload::owned(b"abc".to_vec());
        assert!(!payload.advance(3));
        assert_eq!(payload.into_owned(), Some(b"abc".to_vec()));
    }

    #[test]
    #[should_panic(expected = "two sends")]
    fn a_second_send_is_a_bug() {
        let mut payloads = Payloads::default();
        payloads.hold(Socket(-1), 0, Payload::owned(vec![0]));
        payloads.hold(Socket(-1), 0, Payload::owned(vec![0]));
    }
}
