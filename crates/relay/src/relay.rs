//! One core's part in the exchange of requests: what is handed over, what comes, and what comes of it.
//!
//! Owns the books of both roles. Never carries a message itself. What the application does to its exchanges is in
//! `relay/exchanges.rs`. Called by: the core's loop, and whatever carries messages for it.

mod exchanges;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use howth_engine::{Backpressure, BodyRead, Event, ExchangeId, Exchanges, Gone};

use crate::forwarded::Forwarded;
use crate::message::{Message, RequestMessage};
use crate::remote_requests::{Origin, REMOTE, RemoteRequests};

/// Bytes of a response on their way to its origin before the application is told to pause.
const HIGH_WATERMARK_BYTES: usize = 256 * 1024;
/// It may go on when so many are left.
const LOW_WATERMARK_BYTES: usize = HIGH_WATERMARK_BYTES / 2;

/// Whether an exchange belongs to another core's connection.
pub fn is_remote(id: ExchangeId) -> bool {
    id.index & REMOTE != 0
}

/// Both roles of one core.
pub struct Relay {
    core: usize,
    own: Rc<dyn Exchanges>,
    remote_requests: RefCell<RemoteRequests>,
    forwarded: RefCell<Forwarded>,
    outgoing: RefCell<VecDeque<(usize, Message)>>,
    /// What happened to remote requests, for the application.
    events: RefCell<Vec<Event>>,
}

impl Relay {
    /// The part of core number `core`, whose engine has the exchanges `own`.
    pub fn new(core: usize, own: Rc<dyn Exchanges>) -> Self {
        Relay {
            core,
            own,
            remote_requests: RefCell::default(),
            forwarded: RefCell::default(),
            outgoing: RefCell::default(),
            events: RefCell::default(),
        }
    }

    /// Requests of other cores that are not over.
    pub fn remote_requests(&self) -> usize {
        self.remote_requests.borrow().len()
    }

    /// Requests of this core that others answer.
    pub fn forwarded(&self) -> usize {
        self.forwarded.borrow().len()
    }

    /// Requests of this core that a core answers.
    pub fn forwarded_at(&self, core: usize) -> usize {
        self.forwarded.borrow().at(core)
    }

    /// Hands a request of this core's own to another one. False: it stays, because it is over, its body has not arrived
    /// whole, or its answer may change the connection's protocol. Nothing of it may have been read before.
    pub fn hand_over(&self, id: ExchangeId, to: usize, arrived_us: u64) -> bool {
        assert!(
            to != self.core && !is_remote(id),
            "only an own request is handed over"
        );
        let own = &self.own;
        if !own.is_body_complete(id) {
            return false;
        }
        let Some(head) = own.head(id).map(|head| head.clone()) else {
            return false;
        };
        if head.is_connect() || head.upgrade().is_some() {
            return false;
        }
        let trailers = own.trailers(id).map(|trailers| trailers.clone());
        let body = match own.read_body(id, usize::MAX) {
            Ok(BodyRead::Data(bytes)) => bytes,
            Ok(BodyRead::End) => Vec::new(),
            Ok(BodyRead::Pending | BodyRead::Failed(_)) | Err(Gone) => return false,
        };
        let request = RequestMessage {
            id,
            head,
            body,
            trailers: trailers.unwrap_or_default(),
            place: own.place(id).unwrap_or_default(),
            peer_address: own.peer_address(id),
            is_secure: own.is_secure(id),
            tls_facts: own.tls_facts(id),
            arrived_us,
        };
        self.forwarded.borrow_mut().add(id, to);
        self.post(to, Message::Request(Box::new(request)));
        if own.is_disconnected(id) {
            self.post(to, Message::Disconnected { id });
        }
        true
    }

    /// Gives a remote request back to its origin, unread and unanswered: this core has no time for it. False: its origin is here,
    /// or it is over.
    pub fn give_back(&self, id: ExchangeId) -> bool {
        let mut remote_requests = self.remote_requests.borrow_mut();
        if remote_requests
            .get(id)
            .is_none_or(|remote_request| remote_request.origin.core == self.core)
        {
            return false;
        }
        let Some(remote_request) = remote_requests.remove(id) else {
            return false;
        };
        drop(remote_requests);
        self.post(
            remote_request.origin.core,
            Message::Returned(Box::new(remote_request.into())),
        );
        true
    }

    /// Where a remote request's connection is.
    pub fn origin(&self, id: ExchangeId) -> Option<usize> {
        self.remote_requests
            .borrow()
            .get(id)
            .map(|remote_request| remote_request.origin.core)
    }

    /// When a remote request arrived at its origin, in microseconds of the clock that all cores share.
    pub fn arrived_us(&self, id: ExchangeId) -> Option<u64> {
        self.remote_requests
            .borrow()
            .get(id)
            .map(|remote_request| remote_request.arrived_us)
    }

    /// The next message to be carried; [`put_back`](Self::put_back) where there is no room for it.
    pub fn next_message(&self) -> Option<(usize, Message)> {
        self.outgoing.borrow_mut().pop_front()
    }

    /// Keeps a message that could not be carried, as the next one.
    pub fn put_back(&self, to: usize, message: Message) {
        self.outgoing.borrow_mut().push_front((to, message));
    }

    /// Whether messages wait to be carried.
    pub fn has_messages(&self) -> bool {
        !self.outgoing.borrow().is_empty()
    }

    /// Whether messages wait to be carried to a core.
    pub fn has_messages_for(&self, core: usize) -> bool {
        self.outgoing.borrow().iter().any(|(to, _)| *to == core)
    }

    /// Appends what happened to remote requests to `events`.
    pub fn take_events(&self, events: &mut Vec<Event>) {
        events.append(&mut self.events.borrow_mut());
    }

    /// Whether there is anything for [`take_events`](Self::take_events).
    pub fn has_events(&self) -> bool {
        !self.events.borrow().is_empty()
    }

    /// Takes a message of another core. One about an exchange that is over changes nothing.
    pub fn receive(&self, from: usize, message: Message) {
        match message {
            Message::Request(request) => self.admit(from, *request),
            Message::Returned(request) => self.take_in(*request),
            Message::Inform { id, head } => {
                if self.forwarded.borrow().contains(id) {
                    let _ = head.with(|head| self.own.inform(id, head));
                }
            }
            Message::Respond { id, head, body } => {
                if self.forwarded.borrow().contains(id) {
                    let _ = head.with(|head| self.own.respond_with(id, head, body));
                }
            }
            Message::Start { id, head, length } => {
                if self.forwarded.borrow().contains(id) {
                    let _ = head.with(|head| self.own.start(id, head, length));
                }
            }
            Message::Write { id, chunk } => self.write_own(id, &chunk),
            Message::Finish { id, trailers } => {
                let trailers: Vec<(&[u8], &[u8])> = trailers
                    .iter()
                    .map(|(name, value)| (name.as_slice(), value.as_slice()))
                    .collect();
                let _ = self.own.finish(id, &trailers);
            }
            Message::Fail { id } => {
                let _ = self.own.fail(id);
            }
            Message::SetTimeout { id, seconds } => {
                let _ = self.own.set_timeout(id, seconds);
            }
            Message::Taken { id, bytes } => self.taken(Origin { core: from, id }, bytes),
            Message::Disconnected { id } => self.left(Origin { core: from, id }),
            Message::Ended { id, is_complete } => self.ended(Origin { core: from, id }, is_complete),
        }
    }

    /// Takes an event of the core's own engine; true: it was about a request that is forwarded, and is not the
    /// application's.
    pub fn observe(&self, event: Event) -> bool {
        let Some(id) = event.exchange() else {
            return false;
        };
        let mut forwarded = self.forwarded.borrow_mut();
        let Some(away) = forwarded.get_mut(id) else {
            return false;
        };
        let to = away.core;
        let message = match event {
            Event::Request(_)
            | Event::Rejected(_)
            | Event::BodyReadable(_)
            | Event::Alarm(_)
            | Event::Opened(..)
            | Event::Closed(..) => None,
            Event::Writable(_) => Some(Message::Taken {
                id,
                bytes: std::mem::take(&mut away.owed_bytes),
            }),
            Event::Disconnected(_) => Some(Message::Disconnected { id }),
            Event::Completed(_) | Event::Aborted(_) => {
                forwarded.remove(id);
                Some(Message::Ended {
                    id,
                    is_complete: matches!(event, Event::Completed(_)),
                })
            }
        };
        drop(forwarded);
        if let Some(message) = message {
            self.post(to, message);
        }
        true
    }

    /// A core has ended, and with it what it had of this one's, and the origins of what it had sent.
    pub fn lost(&self, core: usize) {
        let lost = self.forwarded.borrow_mut().remove_of(core);
        lost.into_iter().for_each(|id| self.own.refuse(id));
        let orphans = self.remote_requests.borrow().of(core);
        for id in orphans {
            self.remote_requests.borrow_mut().remove(id);
            self.events.borrow_mut().push(Event::Aborted(id));
        }
        self.outgoing.borrow_mut().retain(|(to, _)| *to != core);
    }

    fn admit(&self, from: usize, request: RequestMessage) {
        let id = self.remote_requests.borrow_mut().add(from, request);
        self.events.borrow_mut().push(Event::Request(id));
    }

    /// A request comes origin unanswered. The engine's exchange was read, so that the request stays a remote request, of its own
    /// core.
    fn take_in(&self, request: RequestMessage) {
        let id = request.id;
        // Without an entry the exchange has ended meanwhile.
        if !self.forwarded.borrow_mut().renew(id, self.core) {
            return;
        }
        self.admit(self.core, request);
        if self.own.is_disconnected(id) {
            self.left(Origin { core: self.core, id });
        }
    }

    fn write_own(&self, id: ExchangeId, chunk: &[u8]) {
        let Ok(backpressure) = self.own.write(id, chunk) else {
            return;
        };
        let mut forwarded = self.forwarded.borrow_mut();
        let Some(away) = forwarded.get_mut(id) else { return };
        let bytes = chunk.len();
        match backpressure {
            Backpressure::Full => away.owed_bytes += bytes,
            // Room again, whether that was told of or not.
            Backpressure::Ready => {
                let to = away.core;
                let bytes = bytes + std::mem::take(&mut away.owed_bytes);
                drop(forwarded);
                self.post(to, Message::Taken { id, bytes });
            }
        }
    }

    fn taken(&self, origin: Origin, bytes: usize) {
        let mut remote_requests = self.remote_requests.borrow_mut();
        let Some(id) = remote_requests.find(origin) else {
            return;
        };
        let Some(remote_request) = remote_requests.get_mut(id) else {
            return;
        };
        remote_request.unacknowledged = remote_request.unacknowledged.saturating_sub(bytes);
        if remote_request.is_full && remote_request.unacknowledged <= LOW_WATERMARK_BYTES {
            remote_request.is_full = false;
            self.events.borrow_mut().push(Event::Writable(id));
        }
    }

    fn left(&self, origin: Origin) {
        let mut remote_requests = self.remote_requests.borrow_mut();
        let Some(id) = remote_requests.find(origin) else {
            return;
        };
        let Some(remote_request) = remote_requests.get_mut(id) else {
            return;
        };
        if !std::mem::replace(&mut remote_request.has_left, true) {
            self.events.borrow_mut().push(Event::Disconnected(id));
        }
    }

    fn ended(&self, origin: Origin, is_complete: bool) {
        let mut remote_requests = self.remote_requests.borrow_mut();
        let Some(id) = remote_requests.find(origin) else {
            return;
        };
        remote_requests.remove(id);
        self.events.borrow_mut().push(match is_complete {
            true => Event::Completed(id),
            false => Event::Aborted(id),
        });
    }

    /// Puts a message on its way; one to this core itself arrives at once.
    fn post(&self, to: usize, message: Message) {
        if to == self.core {
            return self.receive(to, message);
        }
        self.outgoing.borrow_mut().push_back((to, message));
    }
}
