//! Bytes on their way to the kernel.
//!
//! Owns the segments of one send, and a file behind them, until all of it was taken. Never sends, and reads no file. Called
//! by: `output`, which makes one; an engine, which notes what was sent of it.

use std::collections::VecDeque;

use howth_engine::FileBody;

use crate::Segment;

/// Bytes on their way out: segments, of which a part may have been sent, and at most one file behind them.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// Not empty while anything is to be sent.
    first: Segment,
    /// Most sends have no other segment: a pointer is all they move around for it.
    #[expect(clippy::box_collection, reason = "a deque by itself is four times as large")]
    rest: Option<Box<VecDeque<Segment>>>,
    /// Bytes of the first segment that were sent already.
    offset: usize,
    /// What of a file is to be sent behind the segments; never empty.
    file: Option<Box<FileBody>>,
    /// Nothing follows on the connection but its end.
    is_last: bool,
}

impl Outgoing {
    /// Adds a segment behind the others, and before the file.
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

    /// Takes note that the kernel took `sent` bytes; segments that are done go to `spent`.
    ///
    /// # Panics
    /// When more was sent than there is.
    #[inline]
    pub fn advance(&mut self, mut sent: usize, mut spent: impl FnMut(Segment)) {
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
            spent(std::mem::replace(&mut self.first, next));
        }
    }

    /// Adds a file behind all segments; there is none yet.
    pub(crate) fn set_file(&mut self, file: FileBody) {
        debug_assert!(self.file.is_none(), "a send has one file at most");
        self.file = Some(Box::new(file)).filter(|file| file.length > 0);
    }

    /// Whether a part of a file is to be sent.
    #[inline]
    pub fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// How many bytes of a file are to be sent.
    #[inline]
    pub fn file_bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.length)
    }

    /// What of a file is to be sent next, at most so many bytes; `None`: there is no file, or bytes go before it.
    pub fn file_piece(&self, bytes_max: u64) -> Option<FileBody> {
        let file = self.file.as_ref().filter(|_| self.first.is_empty())?;
        Some(file.piece(bytes_max))
    }

    /// Takes note that so many bytes of the file were sent.
    ///
    /// # Panics
    /// When more was sent than there is.
    pub fn advance_file(&mut self, bytes: u64) {
        let file = self.file.as_mut().expect("a file of which something was sent");
        file.advance(bytes);
        self.file.take_if(|file| file.length == 0);
    }

    /// Takes bytes that were read of the file: they are sent from memory.
    ///
    /// # Panics
    /// When they are more than there are of the file.
    pub fn supply(&mut self, bytes: Vec<u8>) {
        self.advance_file(bytes.len() as u64);
        self.push(bytes);
    }

    /// How many segments there are.
    #[inline]
    pub fn segments_len(&self) -> usize {
        usize::from(!self.first.is_empty()) + self.rest.as_ref().map_or(0, |rest| rest.len())
    }

    /// Whether everything was sent.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && self.file.is_none()
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
