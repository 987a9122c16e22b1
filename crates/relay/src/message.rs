//! What crosses from core to core. Everything is owned: no core looks into another's memory.
//!
//! Owns the messages' types. Never sends one. Called by: both books, and whatever carries messages.

use std::sync::Arc;

use howth_engine::{Body, ExchangeId, PeerAddress, Place, TlsFacts};
use howth_http1::{Field, RequestHead, ResponseHead, Trailers};

/// A whole request on its way to the core that answers it.
#[derive(Debug)]
pub struct RequestMessage {
    /// The exchange, as its origin names it.
    pub id: ExchangeId,
    /// The head, as the origin's engine decoded it.
    pub head: RequestHead,
    /// The body, which had arrived whole.
    pub body: Vec<u8>,
    /// Its trailer fields.
    pub trailers: Trailers,
    /// Where it came in.
    pub place: Place,
    /// Where the request came from.
    pub peer_address: Option<PeerAddress>,
    /// The client has asked by TLS, here or at a proxy.
    pub is_secure: bool,
    /// What was agreed upon with the client, where it came by TLS.
    pub tls_facts: Option<Arc<TlsFacts>>,
    /// When it arrived, in microseconds of the clock that all cores share.
    pub arrived_us: u64,
}

/// A response head, owned.
#[derive(Debug, PartialEq, Eq)]
pub struct ResponseParts {
    status: u16,
    reason: Option<Box<str>>,
    /// Names and values, one behind the other.
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<u32>,
}

impl From<&ResponseHead<'_>> for ResponseParts {
    fn from(head: &ResponseHead<'_>) -> Self {
        let length = head
            .fields
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        let mut bytes = Vec::with_capacity(length);
        let mut ends = Vec::with_capacity(2 * head.fields.len());
        for part in head.fields.iter().flat_map(|(name, value)| [name, value]) {
            bytes.extend_from_slice(part);
            ends.push(bytes.len() as u32);
        }
        ResponseParts {
            status: head.status,
            reason: head.reason.map(Box::from),
            bytes,
            ends,
        }
    }
}

impl ResponseParts {
    /// Lends the head.
    pub fn with<R>(&self, use_head: impl FnOnce(&ResponseHead<'_>) -> R) -> R {
        let mut start = 0;
        let mut next = |end: u32| {
            let part = &self.bytes[start..end as usize];
            start = end as usize;
            part
        };
        let fields: Vec<Field<'_>> = self
            .ends
            .chunks_exact(2)
            .map(|ends| (next(ends[0]), next(ends[1])))
            .collect();
        use_head(&ResponseHead {
            status: self.status,
            reason: self.reason.as_deref(),
            fields: &fields,
        })
    }
}

/// A message between a request's origin and the core that answers it. Ids are always the origin's.
#[derive(Debug)]
pub enum Message {
    /// To the answering core: a request.
    Request(Box<RequestMessage>),
    /// To the origin: the answering core has no server any more; the origin answers it after all.
    Returned(Box<RequestMessage>),
    /// To the origin: an interim response.
    Inform {
        /// The exchange.
        id: ExchangeId,
        /// Its head.
        head: ResponseParts,
    },
    /// To the origin: a whole response.
    Respond {
        /// The exchange.
        id: ExchangeId,
        /// Its head.
        head: ResponseParts,
        /// Its body.
        body: Body<'static>,
    },
    /// To the origin: a response begins.
    Start {
        /// The exchange.
        id: ExchangeId,
        /// Its head.
        head: ResponseParts,
        /// Bytes of its body, where that is known.
        length: Option<u64>,
    },
    /// To the origin: more of a response.
    Write {
        /// The exchange.
        id: ExchangeId,
        /// The bytes.
        chunk: Vec<u8>,
    },
    /// To the answering core: so many bytes of the response are with the origin's engine, which can take more.
    Taken {
        /// The exchange.
        id: ExchangeId,
        /// How many.
        bytes: usize,
    },
    /// To the origin: the response is whole.
    Finish {
        /// The exchange.
        id: ExchangeId,
        /// Trailer fields.
        trailers: Vec<(Vec<u8>, Vec<u8>)>,
    },
    /// To the origin: the response breaks off.
    Fail {
        /// The exchange.
        id: ExchangeId,
    },
    /// To the origin: the exchange's own deadline.
    SetTimeout {
        /// The exchange.
        id: ExchangeId,
        /// From now; 0 is none.
        seconds: u32,
    },
    /// To the answering core: the client has closed its sending side.
    Disconnected {
        /// The exchange.
        id: ExchangeId,
    },
    /// To the answering core: the exchange is over.
    Ended {
        /// The exchange.
        id: ExchangeId,
        /// Its response was sent whole.
        is_complete: bool,
    },
}
