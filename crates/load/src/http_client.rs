//! HTTP/1.1 on one connection: received bytes to verdicts.

use crate::decoder::{Decoder, Head, HeadCache, Step};
use crate::error::ErrorClass;
use crate::expectation::{BodyCheck, Verifier};

/// What became of one request.
pub(crate) type Verdict = Result<(), ErrorClass>;

/// A verdict, and on which of the requests on the way: counted from the oldest, 0, without those judged before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) position: usize,
    pub(crate) verdict: Verdict,
}

impl Answered {
    /// Of the oldest.
    pub(crate) fn first(verdict: Verdict) -> Self {
        Answered { position: 0, verdict }
    }
}

/// What all connections of a thread share.
#[derive(Debug)]
pub(crate) struct HttpShared {
    pub(crate) cache: HeadCache,
    pub(crate) verifier: Verifier,
}

/// One connection.
#[derive(Debug, Default)]
pub(crate) struct HttpClient {
    decoder: Decoder,
    head: Option<Head>,
    body: BodyCheck,
}

impl HttpClient {
    /// Decodes received bytes; verdicts go to `answered`, in order. Answers whether the connection may be
    /// used for further requests.
    pub(crate) fn receive(
        &mut self,
        mut bytes: &[u8],
        shared: &mut HttpShared,
        answered: &mut Vec<Answered>,
    ) -> Result<bool, ErrorClass> {
        loop {
            let decoded = self.decoder.decode(bytes, &mut shared.cache);
            let (consumed, step) = decoded.map_err(|_| ErrorClass::Protocol)?;
            match step {
                Step::NeedMore => return Ok(true),
                Step::Head(head) => self.head = Some(head),
                Step::Body(range) => shared.verifier.body(&mut self.body, &bytes[range]),
                Step::End if !self.end(shared, answered) => return Ok(false),
                Step::End => {}
            }
            bytes = &bytes[consumed..];
        }
    }

    /// The stream has ended, and with it perhaps a response.
    pub(crate) fn end_of_stream(&mut self, shared: &mut HttpShared, answered: &mut Vec<Answered>) {
        if self.decoder.end_of_stream() {
            self.end(shared, answered);
        }
    }

    /// For a new connection.
    pub(crate) fn reset(&mut self) {
        self.decoder.reset();
        self.head = None;
        self.body = BodyCheck::default();
    }

    fn end(&mut self, shared: &mut HttpShared, answered: &mut Vec<Answered>) -> bool {
        let Some(head) = self.head.take() else {
            return true;
        };
        let verdict = shared.verifier.judge(&head, &mut self.body);
        answered.push(Answered::first(verdict));
        head.keep_alive
    }
}
