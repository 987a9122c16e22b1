//! Bytes on their way to the kernel.
//!
//! Owns the segments of one send until all of it was taken. Never sends. Called by: `output`, which makes one; an engine,
//! which notes what was sent of it.

use std::collections::VecDeque;

use crate::Segment;

/// Bytes on their way out: segments, of which a part may have been sent.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// Not empty while anything is to be sent.
    first: Segment,
    /// Most sends have no other segment: a pointer is all they move around for it.
    #[expect(clippy::box_collection, reason = "a deque by itself is four times as large")]
    rest: Option<Box<VecDeque<Segment>>>,
    /// Bytes of the first segment that were sent already.
    offset: usize,
    /// Nothing follows on the connection but its end.
    is_last: bool,
}

impl Outgoing {
    /// Adds a segment behind the others.
    #[inline]
    pub fn push(&mut self, segment: impl Into<Segment>) {
        let segment = segment.into();
        if self.first.is_empty() {
            self.first = segment;
        } else if !segment.is_empty() {
            self.rest.get_or_insert_default().push_back(segment);
        }
    }

    /// Nothing follows on the connection but its end.
    #[inline]
    pub fn mark_last(&mut self) {
        self.is_last = true;
    }

    /// Whether nothing follows on the connection but its end, so that both may be sent together.
    #[inline]
    pub fn is_last(&self) -> bool {
        self.is_last
    }

    /// The unsent parts, in order.
    #[inline]
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let first = Some(&self.first[self.offset..]).filter(|slice| !slice.is_empty());
        let rest = self
            .rest
            .iter()
            .flat_map(|rest| rest.iter().map(|segment| &**segment));
        first.into_iter().chain(rest)
    }

    /// Takes note that the kernel took `sent` bytes; segments that are done, and nobody else's, go to `spent`.
    ///
    /// # Panics
    /// When more was sent than there is.
    #[inline]
    pub fn advance(&mut self, mut sent: usize, mut spent: impl FnMut(Vec<u8>)) {
        while sent > 0 {
            let left = self.first.len() - self.offset;
            assert!(left > 0, "the kernel sent more bytes than it was given");
            if sent < left {
                self.offset += sent;
                return;
            }
            sent -= left;
            self.offset = 0;
            let next = self
                .rest
                .as_mut()
                .and_then(|rest| rest.pop_front())
                .unwrap_or_default();
            if let Segment::Owned(done) = std::mem::replace(&mut self.first, next) {
                spent(done);
            }
        }
    }

    /// How many segments there are.
    #[inline]
    pub fn segments_len(&self) -> usize {
        usize::from(!self.first.is_empty()) + self.rest.as_ref().map_or(0, |rest| rest.len())
    }

    /// Whether everything was sent.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outgoing_advances_across_segments() {
        let mut outgoing = Outgoing::default();
        outgoing.push(b"abc".to_vec());
        outgoing.push(Vec::new());
        outgoing.push(b"defg".to_vec());
        let mut spent = 0;
        outgoing.advance(2, |_| spent += 1);
        assert_eq!(outgoing.slices().collect::<Vec<_>>(), [b"c".as_slice(), b"defg"]);
        outgoing.advance(3, |_| spent += 1);
        assert_eq!(outgoing.slices().collect::<Vec<_>>(), [b"fg".as_slice()]);
        outgoing.advance(2, |_| spent += 1);
        assert!(outgoing.is_empty());
        assert_eq!(spent, 2);
    }
}
