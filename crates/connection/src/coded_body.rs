//! Request bodies with a content coding, which are decoded as they are read.
//!
//! Owns what a request says of its body then, and what a read gives. What arrives waits encoded, and no more is decoded than is
//! read at once, so that a body which decodes to a multiple of itself takes no more memory than others. Never decodes by itself: the
//! [decoder](howth_engine::BodyDecoder) does. Called by: `receive` and `stream_receive`, with requests; `body`, with reads.

use std::sync::Arc;

use howth_engine::body::failure::{GIVEN_UP, MALFORMED, UNDECODABLE};
use howth_engine::{BodyDecoder, BodyDecoding, BodyRead, CODED_BODIES_MAX, Undecodable};
use howth_http1::{FieldLines, Rejection};

use crate::connections::Connections;
use crate::exchange::BodyState;

/// A read gives no more bytes at once.
const PIECE_BYTES: usize = 64 * 1024;

/// How far a body is decoded.
#[derive(Debug)]
pub(crate) struct CodedBody {
    decoder: Box<dyn BodyDecoder>,
    /// Decoded bytes that were read.
    read_bytes: u64,
    /// One of those that there may be.
    _counted: Arc<()>,
}

/// The bodies of a core that are being decoded.
#[derive(Debug, Default)]
pub(crate) struct CodedBodies(Arc<()>);

impl CodedBodies {
    /// Room for one more; `None`: there is none.
    fn enter(&self) -> Option<Arc<()>> {
        // One is this itself.
        (Arc::strong_count(&self.0) <= CODED_BODIES_MAX).then(|| self.0.clone())
    }
}

impl<L> Connections<L> {
    /// Looks whether a request has a body that is decoded. Its head then tells of the body that is read (RFC 9110 section 8.4): no
    /// content coding, and no length, which is not known. False: it was refused, as one too many.
    #[inline]
    pub(crate) fn note_coding(&mut self, exchange: u32) -> bool {
        self.options
            .body_decoding
            .is_none_or(|decoding| self.begin_decoding(exchange, decoding))
    }

    fn begin_decoding(&mut self, exchange: u32, decoding: BodyDecoding) -> bool {
        let coded = &mut self.exchanges[exchange];
        let is_coded = matches!(coded.head.field_line(b"content-encoding"), FieldLines::One(_));
        if coded.body != BodyState::Arriving || !is_coded {
            return true;
        }
        let coding = coded.head.field("content-encoding").unwrap_or_default();
        let Some(decoder) = decoding.decoder(coding.trim_ascii()) else {
            return true;
        };
        let Some(counted) = self.coded_bodies.enter() else {
            self.refuse_one(exchange, 503, b"too many request bodies are being decoded");
            return false;
        };
        coded.coded = Some(Box::new(CodedBody {
            decoder,
            read_bytes: 0,
            _counted: counted,
        }));
        coded.head.remove_field("content-encoding");
        let has_length = !matches!(coded.head.field_line(b"content-length"), FieldLines::None);
        coded.head.remove_field("content-length");
        // By that programs know of a body (RFC 9112 section 6.3); HTTP/2 has no such field.
        if has_length && coded.stream == 0 {
            coded.head.set_field("transfer-encoding", b"chunked");
        }
        true
    }

    /// Like `read_body`.
    pub(crate) fn read_coded_body(&mut self, exchange: u32, bytes_max: usize) -> BodyRead {
        match self.exchanges[exchange].body {
            BodyState::Cancelled => return BodyRead::Failed(GIVEN_UP),
            BodyState::Failed(reason) => return self.body_is_read(exchange, BodyRead::Failed(reason)),
            BodyState::Arriving | BodyState::Complete => {}
        }
        let listener = self.connections[self.exchanges[exchange].connection].listener;
        let left_max = self.listeners[listener].limits.body_bytes_max;
        let mut decoded = vec![0; bytes_max.min(PIECE_BYTES)];
        let Ok(given) = self.decode_body(exchange, &mut decoded) else {
            return self.fail_coded_body(exchange, UNDECODABLE, Rejection::BAD_REQUEST);
        };
        decoded.truncate(given);
        let reading = &mut self.exchanges[exchange];
        let Some(coded) = &mut reading.coded else {
            return BodyRead::End;
        };
        coded.read_bytes += given as u64;
        if coded.read_bytes > left_max {
            return self.fail_coded_body(exchange, MALFORMED, Rejection::CONTENT_TOO_LARGE);
        }
        match reading.body {
            _ if given > 0 => BodyRead::Data(decoded),
            BodyState::Arriving => {
                reading.body_awaited = true;
                BodyRead::Pending
            }
            _ if coded.decoder.is_whole() => {
                // There is nothing left to decode, however long the response takes.
                reading.coded = None;
                self.body_is_read(exchange, BodyRead::End)
            }
            _ => self.fail_coded_body(exchange, UNDECODABLE, Rejection::BAD_REQUEST),
        }
    }

    /// Decodes what has arrived, until there is something to be read.
    fn decode_body(&mut self, exchange: u32, decoded: &mut [u8]) -> Result<usize, Undecodable> {
        let reading = &mut self.exchanges[exchange];
        let Some(coded) = &mut reading.coded else {
            return Ok(0);
        };
        let (mut taken, mut given) = (0, 0);
        let result = loop {
            match coded
                .decoder
                .decode(&reading.body_bytes[taken..], &mut decoded[given..])
            {
                Err(undecodable) => break Err(undecodable),
                Ok((0, 0)) => break Ok(given),
                Ok((more_taken, more_given)) => {
                    taken += more_taken;
                    given += more_given;
                }
            }
            if given == decoded.len() {
                break Ok(given);
            }
        };
        reading.body_bytes.drain(..taken);
        self.let_go(exchange, taken);
        result
    }

    /// The body is given up: 400 or 413 where nothing was answered yet.
    fn fail_coded_body(&mut self, exchange: u32, reason: &'static str, rejection: Rejection) -> BodyRead {
        self.forget_body(exchange);
        let failed = &mut self.exchanges[exchange];
        let index = failed.connection;
        let is_arriving = failed.body == BodyState::Arriving;
        failed.body = BodyState::Failed(reason);
        failed.coded = None;
        if is_arriving && !self.is_stream(exchange) {
            self.connections[index].stop_intake();
        }
        self.end_body_early(exchange, reason, Some(rejection));
        self.unsettle(index);
        self.body_is_read(exchange, BodyRead::Failed(reason))
    }
}
