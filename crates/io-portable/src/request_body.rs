//! A request body on its way from the socket to the application.
//!
//! Owns the bytes that arrived and were not read yet, and whether the client waits for `100 Continue`.
//! Never reads a socket: `receive` appends, `calls` takes.

use howth_engine::BodyRead;
use howth_engine::body::Keep;
use howth_engine::body::failure::{GIVEN_UP, NOT_READ};
use howth_http1::{BodyLength, RequestHead};

#[derive(Debug)]
pub(crate) struct RequestBody {
    bytes: Vec<u8>,
    /// How much at the front of `bytes` was taken.
    taken: usize,
    state: State,
    interim: Interim,
    /// The application was told that nothing has arrived.
    is_awaited: bool,
    keep: Keep,
    /// The response is out, and the application was told.
    is_answered: bool,
    received: u64,
    /// Bytes that nobody wanted.
    discarded: u64,
    /// The length of the whole, if it was announced.
    length: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Arriving,
    /// Still arriving, and nobody wants it.
    Cancelled,
    Complete,
    Failed(&'static str),
}

/// `100 Continue` (RFC 9110 section 10.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interim {
    NotExpected,
    /// The client waits and the application has not asked for the body.
    Expected,
    /// To be sent when the responses before it are.
    Due,
}

impl RequestBody {
    pub(crate) fn new(head: &RequestHead) -> Self {
        let (state, length) = match head.body() {
            BodyLength::None | BodyLength::Known(0) => (State::Complete, None),
            BodyLength::Known(length) => (State::Arriving, Some(length)),
            BodyLength::Chunked => (State::Arriving, None),
        };
        let is_expected = state == State::Arriving && head.expects_continue();
        RequestBody {
            bytes: Vec::new(),
            taken: 0,
            state,
            interim: if is_expected {
                Interim::Expected
            } else {
                Interim::NotExpected
            },
            is_awaited: false,
            keep: Keep::Nothing,
            is_answered: false,
            received: 0,
            discarded: 0,
            length,
        }
    }

    pub(crate) fn is_arriving(&self) -> bool {
        matches!(self.state, State::Arriving | State::Cancelled)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// More is to come, and is for the application.
    pub(crate) fn is_wanted(&self) -> bool {
        self.state == State::Arriving
    }

    /// Notes what the application wants with the body once the response is out; false: it will not have it.
    pub(crate) fn keep(&mut self, is_read: bool, drain_bytes_max: u64) -> bool {
        let is_over = matches!(self.state, State::Cancelled | State::Failed(_));
        // Whoever reads once is not taken for one who does not.
        let is_read = is_read || self.keep == Keep::Read;
        if is_over || self.is_held_by_client() || (!is_read && self.to_come() > drain_bytes_max) {
            return false;
        }
        self.keep = if is_read { Keep::Read } else { Keep::Perhaps };
        true
    }

    /// Whether the exchange is to last for the body when the response is out.
    pub(crate) fn lasts(&self) -> bool {
        self.keep != Keep::Nothing
    }

    /// The response is out: no more than `held_max` bytes are held of a body that nobody reads. True if the application
    /// has to be told that it failed.
    pub(crate) fn answered(&mut self, held_max: usize) -> bool {
        self.is_answered = true;
        let is_too_much = self.keep == Keep::Perhaps && self.held() >= held_max;
        is_too_much && self.fail(NOT_READ)
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.is_answered
    }

    /// The client sends nothing before it has got `100 Continue`.
    pub(crate) fn is_held_by_client(&self) -> bool {
        self.is_arriving() && self.interim != Interim::NotExpected
    }

    /// Bytes held for the application.
    pub(crate) fn held(&self) -> usize {
        self.bytes.len() - self.taken
    }

    /// Appends what arrived. True if the application has to be told.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> bool {
        self.received += bytes.len() as u64;
        // A client that sends without waiting needs no 100 (RFC 9110 section 10.1.1).
        self.interim = Interim::NotExpected;
        if self.state != State::Arriving {
            self.discarded += bytes.len() as u64;
            return false;
        }
        self.bytes.extend_from_slice(bytes);
        std::mem::take(&mut self.is_awaited)
    }

    /// The body is whole. True if the application has to be told.
    pub(crate) fn complete(&mut self) -> bool {
        self.interim = Interim::NotExpected;
        if matches!(self.state, State::Failed(_)) {
            // A part of it is missing.
            return false;
        }
        self.state = State::Complete;
        self.is_over()
    }

    /// The end of one that was kept is looked at even if nobody waits for it.
    fn is_over(&mut self) -> bool {
        std::mem::take(&mut self.is_awaited) || (self.is_answered && self.lasts())
    }

    /// The body will never be whole; `reason` follows "request body". True if the application has to be told.
    pub(crate) fn fail(&mut self, reason: &'static str) -> bool {
        if self.state != State::Arriving {
            return false;
        }
        self.state = State::Failed(reason);
        self.is_over()
    }

    pub(crate) fn read(&mut self, bytes_max: usize) -> BodyRead {
        if self.interim == Interim::Expected {
            self.interim = Interim::Due;
        }
        if self.held() > 0 {
            return BodyRead::Data(self.take(bytes_max));
        }
        match self.state {
            State::Complete => {
                self.keep = Keep::Nothing;
                BodyRead::End
            }
            State::Failed(reason) => {
                self.keep = Keep::Nothing;
                BodyRead::Failed(reason)
            }
            State::Cancelled => BodyRead::Failed(GIVEN_UP),
            State::Arriving => {
                self.is_awaited = true;
                BodyRead::Pending
            }
        }
    }

    /// Forgets what arrived and what will arrive.
    pub(crate) fn cancel(&mut self) {
        self.bytes = Vec::new();
        self.taken = 0;
        self.is_awaited = false;
        self.keep = Keep::Nothing;
        if self.state == State::Arriving {
            self.state = State::Cancelled;
        }
    }

    /// True once, when `100 Continue` has to go out.
    pub(crate) fn take_interim(&mut self) -> bool {
        let is_due = self.interim == Interim::Due && self.is_arriving();
        if is_due {
            self.interim = Interim::NotExpected;
        }
        is_due
    }

    /// Whether a response given now must end the connection: the client still waits for `100 Continue` and
    /// may send the body or not, or more is to come, or has come, than the engine drains.
    pub(crate) fn forbids_keep_alive(&self, drain_bytes_max: u64) -> bool {
        match self.state {
            State::Complete => false,
            State::Failed(_) => true,
            State::Arriving | State::Cancelled => {
                let left = self.to_come().max(self.discarded);
                let is_left = self.keep != Keep::Read && left > drain_bytes_max;
                self.interim != Interim::NotExpected || is_left
            }
        }
    }

    /// Bytes that are known to follow.
    fn to_come(&self) -> u64 {
        self.length
            .map_or(0, |length| length.saturating_sub(self.received))
    }

    fn take(&mut self, bytes_max: usize) -> Vec<u8> {
        if self.held() <= bytes_max {
            let mut bytes = std::mem::take(&mut self.bytes);
            bytes.drain(..std::mem::take(&mut self.taken));
            return bytes;
        }
        let end = self.taken + bytes_max.max(1);
        let bytes = self.bytes[self.taken..end].to_vec();
        self.taken = end;
        // Moving the rest to the front once half is taken keeps the copying linear.
        if self.taken * 2 > self.bytes.len() {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use howth_http1::{Decoder, Limits};
    use proptest::prelude::*;

    use super::*;

    fn body(fields: &str) -> RequestBody {
        let request = format!("POST / HTTP/1.1\r\nhost: h\r\n{fields}\r\n\r\n");
        let mut head = RequestHead::new();
        Decoder::new()
            .decode(request.as_bytes(), &Limits::default(), &mut head)
            .expect("a valid head");
        RequestBody::new(&head)
    }

    #[test]
    fn tells_only_who_waits() {
        let mut body = body("content-length: 4");
        assert!(!body.append(b"ab"));
        assert_eq!(body.read(10), BodyRead::Data(b"ab".to_vec()));
        assert_eq!(body.read(10), BodyRead::Pending);
        assert!(body.append(b"c"));
        assert!(!body.append(b"d"));
        assert!(!body.complete());
        assert_eq!(body.read(10), BodyRead::Data(b"cd".to_vec()));
        assert_eq!(body.read(10), BodyRead::End);
    }

    #[test]
    fn what_arrived_before_the_failure_can_be_read() {
        let mut body = body("transfer-encoding: chunked");
        body.append(b"ab");
        body.fail("was broken");
        assert_eq!(body.read(10), BodyRead::Data(b"ab".to_vec()));
        assert_eq!(body.read(10), BodyRead::Failed("was broken"));
        assert!(body.forbids_keep_alive(u64::MAX));
    }

    #[test]
    fn a_body_that_was_given_up_holds_nothing() {
        let mut body = body("content-length: 4");
        body.append(b"ab");
        body.cancel();
        assert!(!body.append(b"cd"));
        assert_eq!((body.held(), body.read(10)), (0, BodyRead::Failed(GIVEN_UP)));
        body.complete();
        assert_eq!(body.read(10), BodyRead::End);
    }

    #[test]
    fn continue_is_due_once_and_only_if_the_client_waits() {
        let mut waits = body("content-length: 4\r\nexpect: 100-continue");
        assert!(!waits.take_interim());
        assert!(waits.forbids_keep_alive(u64::MAX));
        waits.read(1);
        assert!(waits.take_interim());
        assert!(!waits.take_interim());
        assert!(!waits.forbids_keep_alive(u64::MAX));
        let mut sends = body("content-length: 4\r\nexpect: 100-continue");
        sends.append(b"a");
        sends.read(1);
        assert!(!sends.take_interim());
    }

    #[test]
    fn one_that_is_kept_lasts_until_its_end_was_read() {
        let mut body = body("content-length: 4");
        assert!(!body.lasts());
        assert!(body.keep(false, 4) && body.lasts());
        assert!(!body.answered(10));
        assert!(!body.append(b"ab"));
        assert_eq!(body.read(10), BodyRead::Data(b"ab".to_vec()));
        assert!(!body.append(b"cd"));
        assert!(body.complete(), "the end is told although nobody waits");
        assert_eq!(body.read(10), BodyRead::Data(b"cd".to_vec()));
        assert!(body.lasts());
        assert_eq!(body.read(10), BodyRead::End);
        assert!(!body.lasts());
    }

    #[test]
    fn no_more_is_kept_than_may_be_held_unless_it_is_read() {
        let mut unread = body("transfer-encoding: chunked");
        assert!(unread.keep(false, 4));
        unread.append(b"abcd");
        assert!(unread.answered(4), "its failure is told");
        unread.complete();
        assert_eq!(unread.read(10), BodyRead::Data(b"abcd".to_vec()));
        assert_eq!(unread.read(10), BodyRead::Failed(NOT_READ));
        let mut long = body("content-length: 10");
        assert!(!long.keep(false, 9));
        assert!(long.forbids_keep_alive(9));
        assert!(long.keep(true, 9));
        assert!(!long.forbids_keep_alive(9));
        assert!(!long.answered(0));
    }

    #[test]
    fn more_than_is_drained_ends_the_connection() {
        let mut body = body("content-length: 10");
        assert!(body.forbids_keep_alive(9));
        body.append(b"a");
        assert!(!body.forbids_keep_alive(9));
        // A chunked body does not say how much is to come.
        let mut body = self::body("transfer-encoding: chunked");
        body.append(b"0123456789");
        body.cancel();
        body.append(b"012345678");
        assert!(!body.forbids_keep_alive(9));
        body.append(b"9");
        assert!(body.forbids_keep_alive(9));
    }

    proptest! {
        #[test]
        fn any_reads_give_the_bytes_in_order(
            parts in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..50), 0_usize..60), 0..20),
        ) {
            let mut body = body("transfer-encoding: chunked");
            let (mut given, mut got) = (Vec::new(), Vec::new());
            for (bytes, read) in parts {
                body.append(&bytes);
                given.extend(bytes);
                if let BodyRead::Data(bytes) = body.read(read) {
                    prop_assert!(!bytes.is_empty() && bytes.len() <= read.max(1));
                    got.extend(bytes);
                }
                prop_assert_eq!(body.held(), given.len() - got.len());
            }
            body.complete();
            if let BodyRead::Data(bytes) = body.read(usize::MAX) {
                got.extend(bytes);
            }
            prop_assert_eq!(got, given);
            prop_assert_eq!(body.read(1), BodyRead::End);
        }
    }
}
