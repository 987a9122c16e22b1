//! HTTP/1.1 on one connection: received bytes to verdicts.

use crate::decoder::{Decoder, Head, HeadCache, Step};
use crate::error::ErrorClass;
use crate::expectation::{BodyCheck, Verifier};

/// What became of one request.
pub(crate) type Verdict = Result<(), ErrorClass>;

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
    /// Decodes received bytes; verdicts go to `verdicts`, in order. Answers whether the connection may be
    /// used for further requests.
    pub(crate) fn receive(
        &mut self,
        mut bytes: &[u8],
        shared: &mut HttpShared,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<bool, ErrorClass> {
        loop {
            let decoded = self.decoder.decode(bytes, &mut shared.cache);
            let (consumed, step) = decoded.map_err(|_| ErrorClass::Protocol)?;
            match step {
                Step::NeedMore => return Ok(true),
                Step::Head(head) => self.head = Some(head),
                Step::Body(range) => shared.verifier.body(&mut self.body, &bytes[range]),
                Step::End if !self.end(shared, verdicts) => return Ok(false),
                Step::End => {}
            }
            bytes = &bytes[consumed..];
        }
    }

    /// The stream has ended, and with it perhaps a response.
    pub(crate) fn end_of_stream(&mut self, shared: &mut HttpShared, verdicts: &mut Vec<Verdict>) {
        if self.decoder.end_of_stream() {
            self.end(shared, verdicts);
        }
    }

    /// For a new connection.
    pub(crate) fn reset(&mut self) {
        self.decoder.reset();
        self.head = None;
        self.body = BodyCheck::default();
    }

    fn end(&mut self, shared: &mut HttpShared, verdicts: &mut Vec<Verdict>) -> bool {
        let Some(head) = self.head.take() else {
            return true;
        };
        verdicts.push(shared.verifier.judge(&head, &mut self.body));
        head.keep_alive
    }
}
