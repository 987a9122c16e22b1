//! Exchanges without an engine: requests that have always arrived, answers that go nowhere.
//!
//! For measuring what the bridge and JavaScript cost by themselves. Every exchange has the same request.

use std::cell::{Cell, Ref, RefCell};
use std::path::Path;
use std::rc::Rc;

use howth_engine::{
    Backpressure, Body, BodyRead, Event, ExchangeId, Exchanges, Gone, Handler, InterimError, PeerAddress,
    Place, UpgradeError, WriteError,
};
use howth_http1::{Decoded, Decoder, Limits, RequestHead, ResponseHead, Trailers};
use howth_runtime::in_process::{InProcess, ops_without_server};
use howth_runtime::isolate::{Process, ProcessOptions};
use howth_runtime::modules::Modules;

const WORKER_HEAP_BYTES_MAX: usize = 64 << 20;
const KV_BYTES_MAX: usize = 1 << 20;

/// The exchanges.
#[derive(Debug)]
pub struct Prepared {
    head: RefCell<RequestHead>,
    body: Vec<u8>,
    /// Bytes of what was answered since the start.
    answered_bytes: Cell<u64>,
    answered: Cell<u64>,
}

impl Prepared {
    /// Of one whole request, which must be valid.
    pub fn new(request: &[u8]) -> Rc<Self> {
        let mut head = RequestHead::new();
        let step = Decoder::new().decode(request, &Limits::default(), &mut head);
        let step = step.expect("the request is valid");
        assert_eq!(step.decoded, Decoded::Head);
        Rc::new(Prepared {
            head: RefCell::new(head),
            body: request[step.consumed..].to_vec(),
            answered_bytes: Cell::new(0),
            answered: Cell::new(0),
        })
    }

    /// How many answers were given.
    pub fn answered(&self) -> u64 {
        self.answered.get()
    }

    fn take(&self, head: &ResponseHead<'_>, body_bytes: usize) {
        let fields = head.fields.iter().map(|(name, value)| name.len() + value.len());
        let bytes = fields.sum::<usize>() + body_bytes;
        self.answered_bytes.set(self.answered_bytes.get() + bytes as u64);
        self.answered.set(self.answered.get() + 1);
    }
}

impl Exchanges for Prepared {
    fn head(&self, _: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        Some(self.head.borrow())
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
        Ok(BodyRead::Data(self.body.clone()))
    }

    fn read_whole_body(&self, _: ExchangeId, read: &mut dyn FnMut(&[u8])) -> Result<bool, Gone> {
        read(&self.body);
        Ok(true)
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
        Err(Gone.into())
    }

    fn upgrade(&self, _: ExchangeId, _: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        Err(UpgradeError::NotAsked)
    }

    fn respond_with(&self, _: ExchangeId, head: &ResponseHead<'_>, body: Body<'_>) -> Result<(), Gone> {
        self.take(head, body.len() as usize);
        Ok(())
    }

    fn start(&self, _: ExchangeId, _: &ResponseHead<'_>, _: Option<u64>) -> Result<(), Gone> {
        Err(Gone)
    }

    fn write(&self, _: ExchangeId, _: &[u8]) -> Result<Backpressure, WriteError> {
        Err(WriteError::Gone(Gone))
    }

    fn finish(&self, _: ExchangeId, _: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        Err(WriteError::Gone(Gone))
    }

    fn fail(&self, _: ExchangeId) -> Result<(), Gone> {
        Err(Gone)
    }

    fn set_timeout(&self, _: ExchangeId, _: u32) -> Result<(), Gone> {
        Ok(())
    }

    fn place(&self, _: ExchangeId) -> Option<Place> {
        None
    }

    howth_engine::without_connections!();
    howth_engine::without_tunnels!();

    fn pending(&self) -> usize {
        0
    }

    fn owed(&self) -> Vec<ExchangeId> {
        Vec::new()
    }
}

/// An application that answers prepared requests, in batches of one size.
pub struct Application {
    handler: InProcess,
    exchanges: Rc<Prepared>,
    batch: Vec<Event>,
}

impl Application {
    /// Starts `file`, inside of a tokio runtime.
    pub async fn start(file: &Path, request: &[u8], batch_len: u32) -> Self {
        let modules = Modules::discover(file, Path::new("/"), None).expect("the file is there");
        let options = ProcessOptions {
            version: "0.0.0-test",
            arguments: Vec::new(),
            worker_heap_bytes_max: WORKER_HEAP_BYTES_MAX,
            kv_bytes_max: KV_BYTES_MAX,
            cache_bytes_max: KV_BYTES_MAX,
            worker_ops: ops_without_server,
            inspect: false,
            description: None,
            tls_arguments: Vec::new(),
        };
        let exchanges = Prepared::new(request);
        let handler = InProcess::start(&Process::new(modules, options), exchanges.clone()).await;
        let id = |index| ExchangeId { index, generation: 0 };
        Application {
            handler: handler.expect("the program starts"),
            exchanges,
            batch: (0..batch_len).map(|index| Event::Request(id(index))).collect(),
        }
    }

    /// Hands one batch over; all of it must be answered at once.
    pub fn serve_batch(&mut self) {
        let before = self.exchanges.answered();
        self.handler.on_batch(&self.batch);
        assert_eq!(self.exchanges.answered() - before, self.batch.len() as u64);
    }
}
