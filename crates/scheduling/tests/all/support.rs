//! An engine and an application of one core, in memory: they keep what they are told.

use std::cell::{Cell, Ref, RefCell};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use howth_engine::{
    Backpressure, Body, BodyRead, Event, ExchangeId, Exchanges, Gone, Handed, InterimError, PeerAddress,
    UpgradeError, WriteError,
};
use howth_http1::{Decoder, Limits, RequestHead, ResponseHead, Trailers};
use howth_scheduling::{Application, Engine, Waiting};

/// What an exchange is, and what it was answered.
#[derive(Default)]
struct Exchange {
    head: Option<RequestHead>,
    status: Option<u16>,
}

/// The requests of one core's connections.
#[derive(Default)]
pub struct Requests(RefCell<Vec<Exchange>>);

impl Requests {
    /// A request for a path, with more fields.
    pub fn add(&self, path: &str, fields: &str) -> ExchangeId {
        let mut head = RequestHead::new();
        let bytes = format!("GET {path} HTTP/1.1\r\nhost: h\r\n{fields}\r\n");
        Decoder::new()
            .decode(bytes.as_bytes(), &Limits::default(), &mut head)
            .expect("a valid head");
        let mut exchanges = self.0.borrow_mut();
        exchanges.push(Exchange {
            head: Some(head),
            status: None,
        });
        ExchangeId {
            index: exchanges.len() as u32 - 1,
            generation: 1,
        }
    }

    /// The client has left.
    pub fn end(&self, id: ExchangeId) {
        self.0.borrow_mut()[id.index as usize].head = None;
    }

    /// With which status a request was answered.
    pub fn status(&self, id: ExchangeId) -> Option<u16> {
        self.0.borrow()[id.index as usize].status
    }

    fn answer(&self, id: ExchangeId, status: u16) -> Result<(), Gone> {
        let exchange = &mut self.0.borrow_mut()[id.index as usize];
        exchange.status = Some(status);
        exchange.head.take().map(drop).ok_or(Gone)
    }
}

impl Exchanges for Requests {
    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        Ref::filter_map(self.0.borrow(), |exchanges| {
            exchanges.get(id.index as usize)?.head.as_ref()
        })
        .ok()
    }

    fn peer_address(&self, _: ExchangeId) -> Option<PeerAddress> {
        Some(PeerAddress::Unix)
    }

    fn is_disconnected(&self, _: ExchangeId) -> bool {
        false
    }

    fn is_body_complete(&self, _: ExchangeId) -> bool {
        true
    }

    fn read_body(&self, _: ExchangeId, _: usize) -> Result<BodyRead, Gone> {
        Ok(BodyRead::End)
    }

    fn keep_body(&self, _: ExchangeId, _: bool) -> Result<bool, Gone> {
        Ok(false)
    }

    fn cancel_body(&self, _: ExchangeId) -> Result<(), Gone> {
        Ok(())
    }

    fn trailers(&self, _: ExchangeId) -> Option<Ref<'_, Trailers>> {
        None
    }

    fn inform(&self, _: ExchangeId, _: &ResponseHead<'_>) -> Result<(), InterimError> {
        Ok(())
    }

    fn upgrade(&self, _: ExchangeId, _: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        Err(UpgradeError::NotAsked)
    }

    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, _: Body<'_>) -> Result<(), Gone> {
        self.answer(id, head.status)
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, _: Option<u64>) -> Result<(), Gone> {
        self.answer(id, head.status)
    }

    fn write(&self, _: ExchangeId, _: &[u8]) -> Result<Backpressure, WriteError> {
        Ok(Backpressure::Ready)
    }

    fn finish(&self, _: ExchangeId, _: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        Ok(())
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        self.answer(id, 0)
    }

    fn set_timeout(&self, _: ExchangeId, _: u32) -> Result<(), Gone> {
        Ok(())
    }

    fn pending(&self) -> usize {
        self.0.borrow().len()
    }

    fn owed(&self) -> Vec<ExchangeId> {
        Vec::new()
    }
}

/// An application that wants to hear of everything.
pub struct Program {
    pub exchanges: Rc<dyn Exchanges>,
    pub slice_max: Rc<Cell<usize>>,
}

impl Program {
    pub fn new(exchanges: Rc<dyn Exchanges>) -> Self {
        Program {
            exchanges,
            slice_max: Rc::new(Cell::new(usize::MAX)),
        }
    }
}

impl Application for Program {
    fn with_exchanges<R>(&self, ask: impl FnOnce(&dyn Exchanges) -> R) -> Option<R> {
        Some(ask(&*self.exchanges))
    }

    fn has_fixed_routes(&self) -> bool {
        false
    }

    fn answer(&self, _: ExchangeId) -> bool {
        false
    }

    fn is_wanted(&self, _: Event) -> bool {
        true
    }

    fn slice_max(&self) -> usize {
        self.slice_max.get()
    }
}

/// The connections of one core.
#[derive(Default)]
pub struct Connections {
    pub open: usize,
    pub connections_max: usize,
    /// What it gives up at the next opportunity.
    pub released: Vec<Handed>,
    pub releases_new: bool,
    /// How many idle ones it was asked to give up.
    pub asked: usize,
}

impl Engine for Connections {
    fn connections(&self) -> usize {
        self.open
    }

    fn release_idle(&mut self, count: usize) {
        self.asked += count;
    }

    fn release_new(&mut self, releases: bool) {
        self.releases_new = releases;
    }

    fn take_released(&mut self) -> Vec<Handed> {
        std::mem::take(&mut self.released)
    }

    fn adopt(&mut self, handed: Handed) -> Result<(), Handed> {
        if self.open >= self.connections_max {
            return Err(handed);
        }
        self.open += 1;
        Ok(())
    }
}

/// A connection that has been served before, or not.
pub fn connection(has_asked: bool) -> Handed {
    Handed::new(UnixStream::pair().expect("two sockets").0.into(), has_asked)
}

/// A request that came at this time.
pub fn waiting(id: ExchangeId, arrived_us: u64) -> Waiting {
    Waiting {
        event: Event::Request(id),
        arrived_us,
    }
}
