//! The bytes of responses in the order they go out.
//!
//! Owns what is encoded and not yet given to the kernel, and counts what was queued and sent. Never encodes, never
//! sends, and reads no file. Called by: the protocol, which appends; an engine, which takes.

use howth_engine::FileBody;

use crate::{Outgoing, Segment};

/// What lies before the tail.
#[derive(Debug)]
enum Piece {
    Bytes(Segment),
    File(FileBody),
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Piece::Bytes(segment) => segment.len() as u64,
            Piece::File(file) => file.length,
        }
    }

    /// Forgets everything from `len` on.
    fn truncate(&mut self, len: u64) {
        match self {
            Piece::Bytes(segment) => segment.truncate(len as usize),
            Piece::File(file) => file.length = len,
        }
    }
}

/// Response bytes of a connection, in the order they go out.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// Whole pieces before the tail: bodies that were handed over rather than copied.
    pieces: Vec<Piece>,
    /// What responses are encoded into.
    pub(crate) tail: Vec<u8>,
    /// Bytes ever queued and ever sent on this connection.
    pieces_bytes: u64,
    taken: u64,
    sent: u64,
}

/// A body at least this long becomes a segment of its own instead of being copied.
pub(crate) const SEGMENT_BYTES_MIN: usize = 16 * 1024;

impl Output {
    /// Bytes ever queued: the position a response that ends now ends at.
    #[inline]
    pub(crate) fn queued(&self) -> u64 {
        self.taken + self.pieces_bytes + self.tail.len() as u64
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
        !self.tail.is_empty() || !self.pieces.is_empty()
    }

    /// Whether bytes that were taken from here are not with the client's kernel yet.
    #[inline]
    pub(crate) fn is_in_flight(&self) -> bool {
        self.taken != self.sent
    }

    /// Whether the tail is all that is unsent: nothing is under way before it.
    #[inline]
    pub(crate) fn is_only_tail(&self) -> bool {
        self.pieces.is_empty() && !self.is_in_flight()
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
        while let Some(last) = self.pieces.last_mut().filter(|_| excess > 0) {
            let of_last = excess.min(last.len());
            last.truncate(last.len() - of_last);
            excess -= of_last;
            self.pieces_bytes -= of_last;
            if last.len() == 0 {
                self.pieces.pop();
            }
        }
        true
    }

    /// Notes that `taken` bytes of the tail and of `parts` behind it are on their way, and keeps a copy of the rest.
    ///
    /// # Panics
    /// When more was taken than there is.
    pub(crate) fn take_directly(&mut self, taken: usize, parts: &[&[u8]]) {
        self.taken += taken as u64;
        let of_tail = taken.min(self.tail.len());
        self.tail.drain(..of_tail);
        let mut skipped = taken - of_tail;
        for part in parts {
            let of_part = skipped.min(part.len());
            skipped -= of_part;
            self.tail.extend_from_slice(&part[of_part..]);
        }
        assert_eq!(skipped, 0, "more bytes were taken than were given");
    }

    /// Queues a body without copying it.
    pub(crate) fn push_segment(&mut self, segment: impl Into<Segment>) {
        self.push_piece(Piece::Bytes(segment.into()));
    }

    /// Queues a body that lies in a file.
    pub(crate) fn push_file(&mut self, file: FileBody) {
        self.push_piece(Piece::File(file));
    }

    fn push_piece(&mut self, piece: Piece) {
        if !self.tail.is_empty() {
            self.pieces_bytes += self.tail.len() as u64;
            let tail = std::mem::take(&mut self.tail);
            self.pieces.push(Piece::Bytes(tail.into()));
        }
        self.pieces_bytes += piece.len();
        self.pieces.push(piece);
    }

    /// Takes what is ready: everything, or what there is up to the end of the first file.
    #[inline]
    pub(crate) fn take(&mut self) -> Outgoing {
        let mut outgoing = Outgoing::default();
        let is_file = |piece: &Piece| matches!(piece, Piece::File(_));
        let first_file = self.pieces.iter().position(is_file);
        let end = first_file.map_or(self.pieces.len(), |place| place + 1);
        for piece in self.pieces.drain(..end) {
            self.taken += piece.len();
            self.pieces_bytes -= piece.len();
            match piece {
                Piece::Bytes(segment) => outgoing.push(segment),
                Piece::File(file) => outgoing.set_file(file),
            }
        }
        if first_file.is_none() {
            self.taken += self.tail.len() as u64;
            outgoing.push(std::mem::take(&mut self.tail));
        }
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
    fn what_is_taken_ends_with_a_file() {
        let mut output = Output::default();
        output.tail.extend_from_slice(b"head");
        output.push_file(a_file(100));
        output.push_file(a_file(50));
        output.tail.extend_from_slice(b"next");
        assert_eq!((output.queued(), output.unsent()), (158, 158));
        let outgoing = output.take();
        assert_eq!(outgoing.slices().collect::<Vec<_>>(), [b"head".as_slice()]);
        assert!(outgoing.has_file() && output.is_in_flight());
        output.note_sent(104);
        assert!(output.is_ready() && !output.is_in_flight() && !output.is_only_tail());
        let outgoing = output.take();
        assert_eq!(outgoing.file_piece(1_000).map(|piece| piece.length), Some(50));
        output.note_sent(50);
        assert!(output.is_only_tail());
        assert_eq!(output.take().slices().collect::<Vec<_>>(), [b"next".as_slice()]);
        assert_eq!((output.queued(), output.unsent()), (158, 4));
    }

    fn a_file(length: u64) -> FileBody {
        let file = std::fs::File::open("/dev/null").expect("it is there");
        FileBody {
            file: std::sync::Arc::new(file),
            offset: 0,
            length,
        }
    }

    #[test]
    fn what_the_kernel_took_at_once_is_not_kept() {
        for sent in 0..=10 {
            let mut output = Output::default();
            output.tail.extend_from_slice(b"head");
            output.take_directly(sent, &[b"abc", b"", b"def"]);
            assert_eq!(output.is_in_flight(), sent > 0);
            output.note_sent(sent);
            assert_eq!(output.tail, b"headabcdef"[sent..]);
            assert_eq!((output.queued(), output.unsent()), (10, 10 - sent as u64));
        }
    }
}
