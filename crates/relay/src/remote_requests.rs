//! The answering core's book: requests whose connections belong to other cores.
//!
//! Owns their heads, bodies and ids. Never writes a response. Called by: `relay`.

use std::collections::HashMap;
use std::sync::Arc;

use howth_engine::{BodyRead, ExchangeId, Gone, PeerAddress, Place, TlsFacts, WriteError, first_generation};
use howth_http1::{Framing, RequestFacts, RequestHead, ResponseHead, Trailers, plan_response};

use crate::message::RequestMessage;

/// Tells the ids of remote requests from those of the core's engine, whose slots never become so many.
pub(crate) const REMOTE: u32 = 1 << 30;
/// Generations are small integers in JavaScript.
const GENERATION_MASK: u32 = 0x7fff_ffff;

/// Where a remote request's connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) core: usize,
    pub(crate) id: ExchangeId,
}

/// How far the response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    Owed,
    Begun,
    Whole,
}

/// A request of another core.
#[derive(Debug)]
pub(crate) struct RemoteRequest {
    pub(crate) origin: Origin,
    pub(crate) head: RequestHead,
    body: Vec<u8>,
    pub(crate) trailers: Trailers,
    /// Bytes of the body that were read.
    read: usize,
    pub(crate) place: Place,
    pub(crate) peer_address: Option<PeerAddress>,
    pub(crate) is_secure: bool,
    pub(crate) tls_facts: Option<Arc<TlsFacts>>,
    pub(crate) arrived_us: u64,
    pub(crate) has_left: bool,
    pub(crate) response: Response,
    /// How long the response says that it is, and the bytes it was given.
    pub(crate) declared: Option<u64>,
    pub(crate) given: u64,
    /// Bytes of the response that the origin's engine has not been told to have taken.
    pub(crate) unacknowledged: usize,
    /// A write was answered with `Full`, and nobody was told otherwise since.
    pub(crate) is_full: bool,
}

impl RemoteRequest {
    pub(crate) fn read_body(&mut self, bytes_max: usize) -> BodyRead {
        if self.read == self.body.len() {
            return BodyRead::End;
        }
        if self.read == 0 && self.body.len() <= bytes_max {
            return BodyRead::Data(std::mem::take(&mut self.body));
        }
        let end = self.body.len().min(self.read.saturating_add(bytes_max.max(1)));
        let bytes = self.body[self.read..end].to_vec();
        self.read = end;
        BodyRead::Data(bytes)
    }

    pub(crate) fn cancel_body(&mut self) {
        self.body = Vec::new();
        self.read = 0;
    }
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    remote_request: Option<RemoteRequest>,
}

/// All remote requests.
#[derive(Debug)]
pub(crate) struct RemoteRequests {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_origin: HashMap<Origin, u32>,
    first_generation: u32,
}

impl Default for RemoteRequests {
    fn default() -> Self {
        RemoteRequests {
            slots: Vec::new(),
            free: Vec::new(),
            by_origin: HashMap::new(),
            // What still names a remote request of the server before must not meet one of this.
            first_generation: first_generation(),
        }
    }
}

impl RemoteRequests {
    pub(crate) fn len(&self) -> usize {
        self.by_origin.len()
    }

    pub(crate) fn add(&mut self, origin_core: usize, request: RequestMessage) -> ExchangeId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: self.first_generation,
                remote_request: None,
            });
            (self.slots.len() - 1) as u32
        });
        let origin = Origin {
            core: origin_core,
            id: request.id,
        };
        let before = self.by_origin.insert(origin, slot);
        assert!(before.is_none(), "a request is handed over twice");
        self.slots[slot as usize].remote_request = Some(RemoteRequest {
            origin,
            head: request.head,
            body: request.body,
            trailers: request.trailers,
            read: 0,
            place: request.place,
            peer_address: request.peer_address,
            is_secure: request.is_secure,
            tls_facts: request.tls_facts,
            arrived_us: request.arrived_us,
            has_left: false,
            response: Response::Owed,
            declared: None,
            given: 0,
            unacknowledged: 0,
            is_full: false,
        });
        self.id(slot)
    }

    fn id(&self, slot: u32) -> ExchangeId {
        ExchangeId {
            index: REMOTE | slot,
            generation: self.slots[slot as usize].generation,
        }
    }

    pub(crate) fn get(&self, id: ExchangeId) -> Option<&RemoteRequest> {
        let slot = self.slots.get((id.index & !REMOTE) as usize)?;
        slot.remote_request
            .as_ref()
            .filter(|_| slot.generation == id.generation)
    }

    pub(crate) fn get_mut(&mut self, id: ExchangeId) -> Option<&mut RemoteRequest> {
        let slot = self.slots.get_mut((id.index & !REMOTE) as usize)?;
        let generation = slot.generation;
        slot.remote_request
            .as_mut()
            .filter(|_| generation == id.generation)
    }

    pub(crate) fn find(&self, origin: Origin) -> Option<ExchangeId> {
        self.by_origin.get(&origin).map(|slot| self.id(*slot))
    }

    /// Ends a remote request; its id names nothing any more.
    pub(crate) fn remove(&mut self, id: ExchangeId) -> Option<RemoteRequest> {
        self.get(id)?;
        let slot = &mut self.slots[(id.index & !REMOTE) as usize];
        slot.generation = slot.generation.wrapping_add(1) & GENERATION_MASK;
        let remote_request = slot.remote_request.take();
        self.free.push(id.index & !REMOTE);
        if let Some(remote_request) = &remote_request {
            self.by_origin.remove(&remote_request.origin);
        }
        remote_request
    }

    /// Those whose response was not begun.
    pub(crate) fn owed(&self) -> impl Iterator<Item = ExchangeId> {
        let is_owed = |slot: &u32| {
            let remote_request = self.slots[*slot as usize].remote_request.as_ref();
            remote_request.is_some_and(|remote_request| remote_request.response == Response::Owed)
        };
        self.by_origin
            .values()
            .copied()
            .filter(is_owed)
            .map(|slot| self.id(slot))
    }

    /// Those whose origin is a core.
    pub(crate) fn of(&self, core: usize) -> Vec<ExchangeId> {
        let of_core = self.by_origin.iter().filter(|(origin, _)| origin.core == core);
        of_core.map(|(_, slot)| self.id(*slot)).collect()
    }
}

impl From<RemoteRequest> for RequestMessage {
    fn from(remote_request: RemoteRequest) -> Self {
        RequestMessage {
            id: remote_request.origin.id,
            head: remote_request.head,
            body: remote_request.body,
            trailers: remote_request.trailers,
            place: remote_request.place,
            peer_address: remote_request.peer_address,
            is_secure: remote_request.is_secure,
            tls_facts: remote_request.tls_facts,
            arrived_us: remote_request.arrived_us,
        }
    }
}

/// How long a response says that it is, which its origin's engine will hold it to; `None`: it does not say, or has no body
/// on the wire.
pub(crate) fn declared(request: &RequestHead, head: &ResponseHead<'_>, length: Option<u64>) -> Option<u64> {
    match plan_response(RequestFacts::from(request), head, length, false)
        .ok()?
        .framing
    {
        Framing::Length(bytes) => Some(bytes),
        Framing::None | Framing::Chunked | Framing::UntilClose => None,
    }
}

impl RemoteRequest {
    /// Whether what was given so far fits what the response says of its length.
    pub(crate) fn check_length(&self, fits: impl FnOnce(u64, u64) -> bool) -> Result<(), WriteError> {
        match self.declared {
            Some(declared) if !fits(declared, self.given) => Err(WriteError::Length {
                declared,
                given: self.given,
            }),
            _ => Ok(()),
        }
    }

    /// Its response begins, or is whole.
    pub(crate) fn begin(&mut self, response: Response) -> Result<(), Gone> {
        if self.response != Response::Owed {
            return Err(Gone);
        }
        self.response = response;
        Ok(())
    }
}
