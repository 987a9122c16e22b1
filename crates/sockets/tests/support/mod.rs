//! Tunnels without an engine: they have what a client has sent, and keep what was done with them.

use std::cell::{Ref, RefCell};

use howth_engine::{
    Backpressure, Body, BodyRead, ConnectionEnd, ConnectionId, Event, ExchangeId, Exchanges, Gone,
    InterimError, ListenerId, PeerAddress, Place, UpgradeError, WriteError,
};
use howth_http1::{Decoder, Limits, RequestHead, ResponseHead, Trailers};

/// From this on a tunnel is full.
pub const FULL: u64 = 1_000;

pub struct Tunnel {
    head: RequestHead,
    pub status: Option<u16>,
    /// Names and values of the answer's fields.
    pub fields: Vec<(String, String)>,
    /// What the client has sent and nobody has read.
    pub received: Vec<u8>,
    pub has_ended: bool,
    pub written: Vec<u8>,
    pub unsent: u64,
    pub alarm_ms: Option<u64>,
    pub end: Option<ConnectionEnd>,
    pub is_gone: bool,
}

#[derive(Default)]
pub struct Tunnels(pub RefCell<Vec<Tunnel>>);

impl Tunnels {
    /// A request that opens a WebSocket, with these lines besides.
    pub fn request(&self, lines: &str) -> ExchangeId {
        let bytes = format!(
            "GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n"
        );
        let mut head = RequestHead::new();
        Decoder::new()
            .decode(bytes.as_bytes(), &Limits::default(), &mut head)
            .expect("a valid head");
        let mut tunnels = self.0.borrow_mut();
        tunnels.push(Tunnel {
            head,
            status: None,
            fields: Vec::new(),
            received: Vec::new(),
            has_ended: false,
            written: Vec::new(),
            unsent: 0,
            alarm_ms: None,
            end: None,
            is_gone: false,
        });
        ExchangeId {
            index: tunnels.len() as u32 - 1,
            generation: 1,
        }
    }

    pub fn with<R>(&self, id: ExchangeId, act: impl FnOnce(&mut Tunnel) -> R) -> R {
        act(&mut self.0.borrow_mut()[id.index as usize])
    }

    /// What was written since the last time.
    pub fn written(&self, id: ExchangeId) -> Vec<u8> {
        self.with(id, |tunnel| std::mem::take(&mut tunnel.written))
    }

    /// The client sends this; the event that tells of it.
    pub fn receive(&self, id: ExchangeId, bytes: &[u8]) -> Event {
        self.with(id, |tunnel| tunnel.received.extend_from_slice(bytes));
        Event::BodyReadable(id)
    }

    fn open<R>(&self, id: ExchangeId, act: impl FnOnce(&mut Tunnel) -> R) -> Result<R, Gone> {
        self.with(id, |tunnel| match tunnel.is_gone {
            true => Err(Gone),
            false => Ok(act(tunnel)),
        })
    }
}

impl Exchanges for Tunnels {
    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        Ref::filter_map(self.0.borrow(), |tunnels| {
            let tunnel = tunnels.get(id.index as usize)?;
            (!tunnel.is_gone).then_some(&tunnel.head)
        })
        .ok()
    }

    fn listener(&self, _: ExchangeId) -> Option<ListenerId> {
        Some(ListenerId::default())
    }

    fn peer_address(&self, _: ExchangeId) -> Option<PeerAddress> {
        None
    }

    fn is_disconnected(&self, _: ExchangeId) -> bool {
        false
    }

    fn is_body_complete(&self, _: ExchangeId) -> bool {
        false
    }

    fn read_body(&self, id: ExchangeId, _: usize) -> Result<BodyRead, Gone> {
        self.open(id, |tunnel| {
            match (tunnel.received.is_empty(), tunnel.has_ended) {
                (false, _) => BodyRead::Data(std::mem::take(&mut tunnel.received)),
                (true, true) => BodyRead::End,
                (true, false) => BodyRead::Pending,
            }
        })
    }

    fn keep_body(&self, _: ExchangeId, _: bool) -> Result<bool, Gone> {
        Err(Gone)
    }

    fn cancel_body(&self, _: ExchangeId) -> Result<(), Gone> {
        Err(Gone)
    }

    fn trailers(&self, _: ExchangeId) -> Option<Ref<'_, Trailers>> {
        None
    }

    fn inform(&self, _: ExchangeId, _: &ResponseHead<'_>) -> Result<(), InterimError> {
        Err(Gone.into())
    }

    fn upgrade(&self, id: ExchangeId, head: &ResponseHead<'_>) -> Result<(), UpgradeError> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(self.open(id, |tunnel| {
            tunnel.status = Some(head.status);
            let fields = head.fields.iter();
            tunnel.fields = fields.map(|(name, value)| (text(name), text(value))).collect();
        })?)
    }

    fn respond_with(&self, id: ExchangeId, head: &ResponseHead<'_>, _: Body<'_>) -> Result<(), Gone> {
        self.open(id, |tunnel| tunnel.status = Some(head.status))
    }

    fn start(&self, _: ExchangeId, _: &ResponseHead<'_>, _: Option<u64>) -> Result<(), Gone> {
        Err(Gone)
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        Ok(self.open(id, |tunnel| {
            tunnel.written.extend_from_slice(chunk);
            tunnel.unsent += chunk.len() as u64;
            match tunnel.unsent < FULL {
                true => Backpressure::Ready,
                false => Backpressure::Full,
            }
        })?)
    }

    fn finish(&self, _: ExchangeId, _: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        Err(Gone.into())
    }

    fn fail(&self, _: ExchangeId) -> Result<(), Gone> {
        Err(Gone)
    }

    fn set_timeout(&self, _: ExchangeId, _: u32) -> Result<(), Gone> {
        Err(Gone)
    }

    fn set_alarm(&self, id: ExchangeId, in_ms: Option<u64>) -> Result<(), Gone> {
        self.open(id, |tunnel| tunnel.alarm_ms = in_ms)
    }

    fn unsent_bytes(&self, id: ExchangeId) -> u64 {
        self.with(id, |tunnel| tunnel.unsent)
    }

    fn connection(&self, id: ExchangeId) -> Option<ConnectionId> {
        let connection = ConnectionId {
            index: id.index,
            generation: id.generation,
        };
        self.open(id, |_| connection).ok()
    }

    fn end_connection(&self, id: ConnectionId, end: ConnectionEnd) -> Result<(), Gone> {
        let exchange = ExchangeId {
            index: id.index,
            generation: id.generation,
        };
        self.open(exchange, |tunnel| tunnel.end = Some(end))
    }

    fn place(&self, _: ExchangeId) -> Option<Place> {
        None
    }

    howth_engine::without_connections!();

    fn pending(&self) -> usize {
        self.0.borrow().len()
    }

    fn owed(&self) -> Vec<ExchangeId> {
        Vec::new()
    }
}
