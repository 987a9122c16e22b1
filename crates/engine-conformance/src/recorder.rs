//! Exchanges without an engine: they have requests, and keep what they are told about them.
//!
//! Owns what was told, in order. Never tells of events. Called by: tests of what is between an engine and an application.

use std::cell::{Cell, Ref, RefCell};
use std::os::unix::fs::FileExt as _;

use howth_engine::{
    Backpressure, Body, BodyRead, ExchangeId, Exchanges, Gone, InterimError, PeerAddress, Place,
    UpgradeError, WriteError,
};
use howth_http1::{Decoder, Field, Limits, RequestHead, ResponseHead, Trailers};

/// A response head, owned.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    pub reason: Option<String>,
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl From<&ResponseHead<'_>> for Head {
    fn from(head: &ResponseHead<'_>) -> Self {
        Head {
            status: head.status,
            reason: head.reason.map(str::to_owned),
            fields: owned(head.fields),
        }
    }
}

fn owned(fields: &[Field<'_>]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let owned = fields.iter().map(|(name, value)| (name.to_vec(), value.to_vec()));
    owned.collect()
}

fn bytes_of(body: Body<'_>) -> Vec<u8> {
    match body {
        Body::Borrowed(bytes) => bytes.to_vec(),
        Body::Owned(bytes) => bytes,
        Body::Shared(bytes) => bytes.into(),
        Body::File(body) => {
            let mut bytes = vec![0; body.length as usize];
            body.file
                .read_exact_at(&mut bytes, body.offset)
                .expect("the whole file");
            bytes
        }
    }
}

/// What an engine was told.
#[derive(Debug, PartialEq, Eq)]
pub enum Call {
    Inform(Head),
    Respond(Head, Vec<u8>),
    Start(Head, Option<u64>),
    Write(Vec<u8>),
    Finish(Vec<(Vec<u8>, Vec<u8>)>),
    Fail,
}

impl Call {
    /// Bytes of the body in it.
    pub fn bytes(&self) -> usize {
        match self {
            Call::Respond(_, bytes) | Call::Write(bytes) => bytes.len(),
            Call::Inform(_) | Call::Start(..) | Call::Finish(_) | Call::Fail => 0,
        }
    }
}

#[derive(Default)]
struct Exchange {
    /// `None`: the exchange is over.
    head: Option<RequestHead>,
    body: Vec<u8>,
    trailers: Trailers,
    is_arriving: bool,
    calls: Vec<Call>,
    has_begun: bool,
}

/// The exchanges.
#[derive(Default)]
pub struct Recorder {
    exchanges: RefCell<Vec<Exchange>>,
    is_full: Cell<bool>,
}

impl Recorder {
    /// A request that has arrived whole: `start` is its request line, and fields.
    pub fn request(&self, start: &str, body: &str) -> ExchangeId {
        let mut head = RequestHead::new();
        let bytes = format!("{start}\r\nhost: h\r\ncontent-length: {}\r\n\r\n", body.len());
        Decoder::new()
            .decode(bytes.as_bytes(), &Limits::default(), &mut head)
            .expect("a valid head");
        let mut exchanges = self.exchanges.borrow_mut();
        exchanges.push(Exchange {
            head: Some(head),
            body: body.into(),
            ..Exchange::default()
        });
        ExchangeId {
            index: exchanges.len() as u32 - 1,
            generation: 3,
        }
    }

    /// The client has left.
    pub fn end(&self, id: ExchangeId) {
        self.exchanges.borrow_mut()[id.index as usize].head = None;
    }

    /// These fields are behind the body.
    pub fn has_trailers(&self, id: ExchangeId, trailers: Trailers) {
        self.exchanges.borrow_mut()[id.index as usize].trailers = trailers;
    }

    /// The body has not arrived whole.
    pub fn is_arriving(&self, id: ExchangeId) {
        self.exchanges.borrow_mut()[id.index as usize].is_arriving = true;
    }

    /// Whether streams are to pause.
    pub fn set_full(&self, is_full: bool) {
        self.is_full.set(is_full);
    }

    /// What was told of an exchange since the last time.
    pub fn calls(&self, id: ExchangeId) -> Vec<Call> {
        std::mem::take(&mut self.exchanges.borrow_mut()[id.index as usize].calls)
    }

    /// With which status a request was answered.
    pub fn status(&self, id: ExchangeId) -> Option<u16> {
        let exchanges = self.exchanges.borrow();
        let mut calls = exchanges[id.index as usize].calls.iter();
        calls.find_map(|call| match call {
            Call::Respond(head, _) | Call::Start(head, _) => Some(head.status),
            _ => None,
        })
    }

    fn told(&self, id: ExchangeId, call: Call) -> Result<(), Gone> {
        let exchange = &mut self.exchanges.borrow_mut()[id.index as usize];
        let is_begun = matches!(call, Call::Respond(..) | Call::Start(..))
            && std::mem::replace(&mut exchange.has_begun, true);
        if is_begun || exchange.head.is_none() {
            return Err(Gone);
        }
        exchange.calls.push(call);
        Ok(())
    }
}

impl Exchanges for Recorder {
    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        Ref::filter_map(self.exchanges.borrow(), |exchanges| {
            exchanges.get(id.index as usize)?.head.as_ref()
        })
        .ok()
    }

    fn place(&self, _: ExchangeId) -> Option<Place> {
        Some(Place::default())
    }

    fn peer_address(&self, _: ExchangeId) -> Option<PeerAddress> {
        Some(PeerAddress::Unix)
    }

    fn is_disconnected(&self, _: ExchangeId) -> bool {
        false
    }

    fn is_body_complete(&self, id: ExchangeId) -> bool {
        !self.exchanges.borrow()[id.index as usize].is_arriving
    }

    fn read_body(&self, id: ExchangeId, _: usize) -> Result<BodyRead, Gone> {
        let body = std::mem::take(&mut self.exchanges.borrow_mut()[id.index as usize].body);
        Ok(if body.is_empty() {
            BodyRead::End
        } else {
            BodyRead::Data(body)
        })
    }

    fn keep_body(&self, _: ExchangeId, _: bool) -> Result<bool, Gone> {
        Ok(false)
    }

    fn cancel_body(&self, _: ExchangeId) -> Result<(), Gone> {
        Ok(())
    }

    fn trailers(&self, id: ExchangeId) -> Option<Ref<'_, Trailers>> {
        Ref::filter_map(self.exchanges.borrow(), |exchanges| {
            exchanges
                .get(id.index as usize)
                .map(|exchange| &exchange.trailers)
        })
        .ok()
    }

    fn inform(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), InterimError> {
        Ok(self.told(id, Call::Inform(head.into()))?)
    }

    fn upgrade(&self, _: ExchangeId, _: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        Err(UpgradeError::NotAsked)
    }

    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone> {
        self.told(id, Call::Respond(head.into(), bytes_of(body)))
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        self.told(id, Call::Start(head.into(), length))
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        self.told(id, Call::Write(chunk.to_vec()))?;
        Ok(match self.is_full.get() {
            true => Backpressure::Full,
            false => Backpressure::Ready,
        })
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        self.told(id, Call::Finish(owned(trailers)))?;
        Ok(())
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        self.told(id, Call::Fail)
    }

    fn set_timeout(&self, _: ExchangeId, _: u32) -> Result<(), Gone> {
        Ok(())
    }

    howth_engine::without_connections!();
    howth_engine::without_tunnels!();

    fn pending(&self) -> usize {
        self.exchanges.borrow().len()
    }

    fn owed(&self) -> Vec<ExchangeId> {
        let count = self.exchanges.borrow().len() as u32;
        (0..count)
            .map(|index| ExchangeId { index, generation: 3 })
            .collect()
    }
}
