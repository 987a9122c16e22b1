//! The bytes of responses in the order they go out.
//!
//! Owns what is encoded and not yet given to the kernel, and counts what was queued and sent. Never encodes and never
//! sends. Called by: the protocol, which appends; an engine, which takes.

use crate::{Outgoing, Segment};

/// Response bytes of a connection, in the order they go out.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// Whole segments before the tail: bodies that were handed over rather than copied.
    segments: Vec<Segment>,
    /// What responses are encoded into.
    pub(crate) tail: Vec<u8>,
    /// Bytes ever queued and ever sent on this connection.
    segments_bytes: u64,
    taken: u64,
    sent: u64,
}

/// A body at least this long becomes a segment of its own instead of being copied.
pub(crate) const SEGMENT_BYTES_MIN: usize = 16 * 1024;

impl Output {
    /// Bytes ever queued: the position a response that ends now ends at.
    #[inline]
    pub(crate) fn queued(&self) -> u64 {
        self.taken + self.segments_bytes + self.tail.len() as u64
    }

    /// Bytes the client's kernel has not taken.
    #[inline]
    pub(crate) fn unsent(&self) -> u64 {
        self.queued() - self.sent
    }

    /// Bytes the client's kernel has taken.
    #[inline]
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Notes that the kernel took so many bytes of what was taken from here.
    #[inline]
    pub(crate) fn note_sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// Whether there is something to give to the kernel.
    #[inline]
    pub(crate) fn is_ready(&self) -> bool {
        !self.tail.is_empty() || !self.segments.is_empty()
    }

    /// Whether bytes that were taken from here are not with the client's kernel yet.
    #[inline]
    pub(crate) fn is_in_flight(&self) -> bool {
        self.taken != self.sent
    }

    /// Whether the tail is all that is unsent: nothing is under way before it.
    #[inline]
    pub(crate) fn is_only_tail(&self) -> bool {
        self.segments.is_empty() && !self.is_in_flight()
    }

    /// Takes back everything from position `at` on; false, and nothing is changed: the kernel has some of it.
    pub(crate) fn retract(&mut self, at: u64) -> bool {
        if at < self.taken {
            return false;
        }
        let mut excess = self.queued() - at;
        let of_tail = excess.min(self.tail.len() as u64);
        self.tail.truncate(self.tail.len() - of_tail as usize);
        excess -= of_tail;
        while let Some(last) = self.segments.last_mut().filter(|_| excess > 0) {
            let of_last = excess.min(last.len() as u64);
            last.truncate(last.len() - of_last as usize);
            excess -= of_last;
            self.segments_bytes -= of_last;
            if last.is_empty() {
                self.segments.pop();
            }
        }
        true
    }

    /// Notes that the kernel took `sent` bytes of the tail and of `parts` behind it, and keeps a copy of the rest.
    ///
    /// # Panics
    /// When more was sent than there is.
    pub(crate) fn advance(&mut self, sent: usize, parts: &[&[u8]]) {
        self.taken += sent as u64;
        self.sent += sent as u64;
        let of_tail = sent.min(self.tail.len());
        self.tail.drain(..of_tail);
        let mut skipped = sent - of_tail;
        for part in parts {
            let of_part = skipped.min(part.len());
            skipped -= of_part;
            self.tail.extend_from_slice(&part[of_part..]);
        }
        assert_eq!(skipped, 0, "the kernel sent more bytes than it was given");
    }

    /// Queues a body without copying it.
    pub(crate) fn push_segment(&mut self, segment: impl Into<Segment>) {
        let segment = segment.into();
        self.seal();
        self.segments_bytes += segment.len() as u64;
        self.segments.push(segment);
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            self.segments_bytes += self.tail.len() as u64;
            self.segments.push(std::mem::take(&mut self.tail).into());
        }
    }

    /// Takes everything that is ready.
    #[inline]
    pub(crate) fn take(&mut self) -> Outgoing {
        let mut outgoing = Outgoing::default();
        self.taken = self.queued();
        self.segments_bytes = 0;
        for segment in self.segments.drain(..) {
            outgoing.push(segment);
        }
        outgoing.push(std::mem::take(&mut self.tail));
        outgoing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_keeps_its_order_and_counts() {
        let mut output = Output::default();
        output.tail.extend_from_slice(b"head");
        output.push_segment(b"body".to_vec());
        output.tail.extend_from_slice(b"next");
        assert_eq!((output.queued(), output.unsent()), (12, 12));
        let outgoing = output.take();
        assert_eq!(
            outgoing.slices().collect::<Vec<_>>(),
            [b"head".as_slice(), b"body", b"next"]
        );
        assert!(!output.is_ready());
        output.note_sent(5);
        assert_eq!((output.queued(), output.unsent()), (12, 7));
    }

    #[test]
    fn what_the_kernel_has_is_not_taken_back() {
        let mut output = Output::default();
        output.tail.extend_from_slice(b"first");
        let _ = output.take();
        output.push_segment(b"second".to_vec());
        output.tail.extend_from_slice(b"third");
        assert!(!output.retract(4));
        assert_eq!(output.queued(), 16);
        assert!(output.retract(14));
        assert_eq!((output.queued(), output.tail.as_slice()), (14, &b"thi"[..]));
        assert!(output.retract(7));
        assert_eq!(output.queued(), 7);
        output.tail.extend_from_slice(b"!");
        assert_eq!(
            output.take().slices().collect::<Vec<_>>(),
            [b"se".as_slice(), b"!"]
        );
    }

    #[test]
    fn what_the_kernel_took_at_once_is_not_kept() {
        for sent in 0..=10 {
            let mut output = Output::default();
            output.tail.extend_from_slice(b"head");
            output.advance(sent, &[b"abc", b"", b"def"]);
            assert_eq!(output.tail, b"headabcdef"[sent..]);
            assert_eq!((output.queued(), output.unsent()), (10, 10 - sent as u64));
        }
    }
}
