//! An engine that has requests, and keeps what it is told about them.

use std::cell::{Cell, Ref, RefCell};

use howth_engine::{
    Backpressure, Body, BodyRead, ExchangeId, Exchanges, Gone, InterimError, PeerAddress, UpgradeError,
    WriteError,
};
use howth_http1::{Decoder, Limits, RequestHead, ResponseHead, Trailers};
use howth_relay::ResponseParts;

/// What an engine was told.
#[derive(Debug, PartialEq, Eq)]
pub enum Call {
    Inform(ResponseParts),
    Respond(ResponseParts, Vec<u8>),
    Start(ResponseParts, Option<u64>),
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

/// A response head as it crosses.
pub fn head(head: &ResponseHead<'_>) -> ResponseParts {
    head.into()
}

#[derive(Default)]
struct Exchange {
    head: RequestHead,
    body: Vec<u8>,
    trailers: Trailers,
    is_arriving: bool,
    calls: Vec<Call>,
    has_begun: bool,
}

#[derive(Default)]
pub struct Engine {
    exchanges: RefCell<Vec<Exchange>>,
    is_full: Cell<bool>,
}

impl Engine {
    pub fn request(&self, line: &str, body: &str) -> ExchangeId {
        let mut exchange = Exchange {
            body: body.into(),
            ..Exchange::default()
        };
        let bytes = format!("{line}\r\nhost: h\r\ncontent-length: {}\r\n\r\n", body.len());
        Decoder::new()
            .decode(bytes.as_bytes(), &Limits::default(), &mut exchange.head)
            .expect("a valid head");
        let mut exchanges = self.exchanges.borrow_mut();
        exchanges.push(exchange);
        ExchangeId {
            index: exchanges.len() as u32 - 1,
            generation: 3,
        }
    }

    pub fn has_trailers(&self, id: ExchangeId, trailers: Trailers) {
        self.exchanges.borrow_mut()[id.index as usize].trailers = trailers;
    }

    pub fn is_arriving(&self, id: ExchangeId) {
        self.exchanges.borrow_mut()[id.index as usize].is_arriving = true;
    }

    pub fn set_full(&self, is_full: bool) {
        self.is_full.set(is_full);
    }

    pub fn calls(&self, id: ExchangeId) -> Vec<Call> {
        std::mem::take(&mut self.exchanges.borrow_mut()[id.index as usize].calls)
    }

    fn told(&self, id: ExchangeId, call: Call) -> Result<(), Gone> {
        let exchange = &mut self.exchanges.borrow_mut()[id.index as usize];
        if matches!(call, Call::Respond(..) | Call::Start(..))
            && std::mem::replace(&mut exchange.has_begun, true)
        {
            return Err(Gone);
        }
        exchange.calls.push(call);
        Ok(())
    }
}

impl Exchanges for Engine {
    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        Ref::filter_map(self.exchanges.borrow(), |exchanges| {
            exchanges.get(id.index as usize).map(|exchange| &exchange.head)
        })
        .ok()
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
        self.told(id, Call::Respond(head.into(), body.into_owned()))
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
        let owned = trailers
            .iter()
            .map(|(name, value)| (name.to_vec(), value.to_vec()));
        self.told(id, Call::Finish(owned.collect()))?;
        Ok(())
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        self.told(id, Call::Fail)
    }

    fn set_timeout(&self, _: ExchangeId, _: u32) -> Result<(), Gone> {
        Ok(())
    }

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
