//! The application's calls: [`Exchanges`] over the exchange table.
//!
//! Owns the rules of what may be called when. Never writes to a socket: it changes the exchange and has its
//! connection looked at in the same turn. Called by: the application, at any time on the core's thread.

use std::cell::Ref;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use howth_engine::{Backpressure, BodyRead, ExchangeId, Exchanges, Gone, PeerAddress, WriteError};
use howth_http1::{Framing, Rejection, RequestHead, ResponseHead, ResponsePlan, plan_response};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::answer::map_head;
use crate::request_body::RequestBody;
use crate::response_body::ResponseBody;
use crate::shared::Shared;
use crate::table::{Answer, Exchange, Outgoing, ResponseStream};
use crate::transport::GATHER_BYTES_MAX;

/// The engine's side of the seam.
pub(crate) struct Calls {
    shared: Rc<Shared>,
}

/// What follows the head.
enum Content<'a> {
    Borrowed(&'a [u8]),
    Owned(Vec<u8>),
    Stream(Option<u64>),
}

impl Content<'_> {
    fn length(&self) -> Option<u64> {
        match self {
            Content::Borrowed(bytes) => Some(bytes.len() as u64),
            Content::Owned(bytes) => Some(bytes.len() as u64),
            Content::Stream(length) => *length,
        }
    }

    /// A body that is cheaper to copy than to write by itself.
    fn as_small(&self) -> Option<&[u8]> {
        let bytes = match self {
            Content::Borrowed(bytes) => bytes,
            Content::Owned(bytes) => bytes.as_slice(),
            Content::Stream(_) => return None,
        };
        (bytes.len() <= GATHER_BYTES_MAX).then_some(bytes)
    }
}

impl Calls {
    pub(crate) fn new(shared: Rc<Shared>) -> Self {
        Calls { shared }
    }

    fn with<T>(&self, id: ExchangeId, call: impl FnOnce(&mut Exchange) -> T) -> Result<T, Gone> {
        self.shared.table.borrow_mut().get_mut(id).map(call).ok_or(Gone)
    }

    /// Runs `call` on an exchange whose response is in the state `answer`, then has its connection looked at.
    fn change<T>(
        &self,
        id: ExchangeId,
        answer: Answer,
        call: impl FnOnce(&mut Exchange) -> T,
    ) -> Result<T, Gone> {
        self.with(id, |exchange| {
            if exchange.answer != answer {
                return Err(Gone);
            }
            let result = call(exchange);
            exchange.link.kick(&self.shared);
            Ok(result)
        })?
    }

    /// Ends an exchange that lasted for its body only, if it need not any longer.
    fn end_kept(&self, id: ExchangeId) {
        let mut table = self.shared.table.borrow_mut();
        let Some(exchange) = table.get_mut(id) else { return };
        if exchange.body.is_answered() && !exchange.body.lasts() {
            let link = &exchange.link;
            link.kept.set(link.kept.get().filter(|kept| *kept != id));
            link.kick(&self.shared);
            table.remove(id);
        }
    }

    fn begin(&self, id: ExchangeId, head: &ResponseHead<'_>, content: Content<'_>) -> Result<(), Gone> {
        self.change(id, Answer::Waiting, |exchange| {
            exchange.restart_timeout();
            if self.prepare(id, exchange, head, content).is_none() {
                exchange.refuse(Rejection::INTERNAL_SERVER_ERROR);
                // `map_head` alone refuses what an application can give.
                eprintln!(
                    "howth: a response was answered with 500: a field value holds a control character, or there are too \
                     many fields, and the portable engine cannot send that with a stream or a large body; leave it out"
                );
            }
        })
    }

    /// Plans and prepares a response. `None` if it can't be sent as it is.
    fn prepare(
        &self,
        id: ExchangeId,
        exchange: &mut Exchange,
        head: &ResponseHead<'_>,
        content: Content<'_>,
    ) -> Option<()> {
        let shared = &self.shared;
        let closing =
            shared.draining.get() || exchange.body.forbids_keep_alive(shared.options.drain_bytes_max);
        let plan = plan_response(exchange.facts, head, content.length(), closing).ok()?;
        let is_stream = matches!(content, Content::Stream(_));
        let outgoing = match content.as_small() {
            Some(body) => {
                let encoded = shared.encode(exchange.facts, head, &plan, body);
                exchange.hold(encoded.len());
                Outgoing::Encoded(encoded)
            }
            None => Outgoing::Framed(Box::new(self.frame(id, exchange, head, &plan, content)?)),
        };
        exchange.outgoing = Some(outgoing);
        exchange.is_begun = true;
        exchange.framing = plan.framing;
        exchange.is_last = !plan.keep_alive;
        if exchange.is_last {
            exchange.link.is_ending.set(true);
        }
        exchange.answer = if is_stream {
            Answer::Streaming
        } else {
            Answer::Complete
        };
        Some(())
    }

    /// Maps a response for Hyper.
    fn frame(
        &self,
        id: ExchangeId,
        exchange: &mut Exchange,
        head: &ResponseHead<'_>,
        plan: &ResponsePlan,
        content: Content<'_>,
    ) -> Option<http::Response<ResponseBody>> {
        let shared = &self.shared;
        let is_length_hinted = matches!(plan.framing, Framing::Length(_));
        let mapped = map_head(shared, exchange.facts, head, plan, is_length_hinted).ok()?;
        let whole = |exchange: &mut Exchange, bytes: Bytes| {
            exchange.hold(bytes.len());
            ResponseBody::whole(Rc::clone(shared), id, bytes)
        };
        let body = match (content, plan.framing) {
            (_, Framing::None) => whole(exchange, Bytes::new()),
            (Content::Borrowed(bytes), _) => whole(exchange, Bytes::copy_from_slice(bytes)),
            (Content::Owned(bytes), _) => whole(exchange, Bytes::from(bytes)),
            (Content::Stream(_), framing) => {
                let remaining = if let Framing::Length(length) = framing {
                    Some(length)
                } else {
                    None
                };
                exchange.stream = Some(Box::new(ResponseStream {
                    declared: remaining.unwrap_or(0),
                    remaining,
                    ..ResponseStream::default()
                }));
                ResponseBody::stream(Rc::clone(shared), id, remaining)
            }
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = mapped.status;
        *response.headers_mut() = mapped.fields;
        *response.extensions_mut() = mapped.extensions;
        Some(response)
    }
}

impl Exchanges for Calls {
    fn head(&self, id: ExchangeId) -> Option<Ref<'_, RequestHead>> {
        Ref::filter_map(self.shared.table.borrow(), |table| table.head(id)).ok()
    }

    fn peer_address(&self, id: ExchangeId) -> Option<PeerAddress> {
        self.shared
            .table
            .borrow()
            .get(id)
            .map(|exchange| exchange.link.peer.clone())
    }

    fn is_disconnected(&self, id: ExchangeId) -> bool {
        let table = self.shared.table.borrow();
        table
            .get(id)
            .is_some_and(|exchange| exchange.link.is_read_closed.get())
    }

    fn is_body_complete(&self, id: ExchangeId) -> bool {
        self.shared
            .table
            .borrow()
            .get(id)
            .is_some_and(|exchange| exchange.body.is_complete())
    }

    fn read_body(&self, id: ExchangeId, bytes_max: usize) -> Result<BodyRead, Gone> {
        let high_watermark = self.shared.options.body_high_watermark_bytes;
        let read = self.with(id, |exchange| {
            let was_full = exchange.link.held_body() >= high_watermark;
            let read = exchange.change_body(|body| body.read(bytes_max));
            // Room was made, `100 Continue` is due or a deadline begins.
            if was_full || exchange.body.is_arriving() {
                exchange.link.kick(&self.shared);
            }
            read
        })?;
        self.end_kept(id);
        Ok(read)
    }

    fn keep_body(&self, id: ExchangeId, is_read: bool) -> Result<bool, Gone> {
        let drain_bytes_max = self.shared.options.drain_bytes_max;
        self.with(id, |exchange| exchange.body.keep(is_read, drain_bytes_max))
    }

    fn cancel_body(&self, id: ExchangeId) -> Result<(), Gone> {
        self.with(id, |exchange| {
            exchange.change_body(RequestBody::cancel);
            exchange.link.kick(&self.shared);
        })?;
        self.end_kept(id);
        Ok(())
    }

    fn respond(&self, id: ExchangeId, head: &ResponseHead<'_>, body: &[u8]) -> Result<(), Gone> {
        self.begin(id, head, Content::Borrowed(body))
    }

    fn respond_owned(&self, id: ExchangeId, head: &ResponseHead<'_>, body: Vec<u8>) -> Result<(), Gone> {
        self.begin(id, head, Content::Owned(body))
    }

    fn start(&self, id: ExchangeId, head: &ResponseHead<'_>, length: Option<u64>) -> Result<(), Gone> {
        self.begin(id, head, Content::Stream(length))
    }

    fn write(&self, id: ExchangeId, chunk: &[u8]) -> Result<Backpressure, WriteError> {
        let high_watermark = self.shared.options.write_high_watermark_bytes;
        self.change(id, Answer::Streaming, |exchange| {
            // Without a stream no body goes out, as after HEAD.
            let Some(stream) = exchange.stream.as_mut().filter(|_| !chunk.is_empty()) else {
                return Ok(Backpressure::Ready);
            };
            if let Some(remaining) = stream.remaining {
                let length = chunk.len() as u64;
                match remaining.checked_sub(length) {
                    Some(rest) => stream.remaining = Some(rest),
                    None => {
                        let (declared, given) = (stream.declared, stream.declared - remaining + length);
                        return Err(end_mismatch(exchange, declared, given));
                    }
                }
            }
            stream.chunks.push_back(Bytes::copy_from_slice(chunk));
            exchange.hold(chunk.len());
            // Hyper holds bytes of this stream only if it has its head. A stream that waits for others anyway counts what
            // they hold as well: together they hold no more than one alone.
            let held = match &exchange.outgoing {
                None => exchange.waiting_bytes + exchange.link.held(),
                Some(_) => exchange.link.waiting(),
            };
            exchange.restart_timeout();
            let is_full = held >= high_watermark;
            if let Some(stream) = &mut exchange.stream {
                stream.is_full = is_full;
            }
            Ok(if is_full {
                Backpressure::Full
            } else {
                Backpressure::Ready
            })
        })?
    }

    fn finish(&self, id: ExchangeId, trailers: &[(&[u8], &[u8])]) -> Result<(), WriteError> {
        self.change(id, Answer::Streaming, |exchange| {
            let Some(stream) = &mut exchange.stream else {
                exchange.answer = Answer::Complete;
                return Ok(());
            };
            if let Some(remaining) = stream.remaining.filter(|remaining| *remaining > 0) {
                let (declared, given) = (stream.declared, stream.declared - remaining);
                return Err(end_mismatch(exchange, declared, given));
            }
            if exchange.framing == Framing::Chunked && !trailers.is_empty() {
                stream.trailers = Some(trailer_map(trailers));
            }
            exchange.answer = Answer::Complete;
            Ok(())
        })?
    }

    fn fail(&self, id: ExchangeId) -> Result<(), Gone> {
        self.with(id, |exchange| match exchange.answer {
            Answer::Waiting | Answer::Streaming => {
                exchange.break_off();
                exchange.link.kick(&self.shared);
                Ok(())
            }
            _ => Err(Gone),
        })?
    }

    fn set_timeout(&self, id: ExchangeId, seconds: u32) -> Result<(), Gone> {
        self.with(id, |exchange| {
            let timeout = (seconds > 0).then(|| Duration::from_secs(u64::from(seconds)));
            exchange.timeout = timeout;
            exchange.is_untimed = timeout.is_none();
            exchange.restart_timeout();
            self.shared.has_handler_deadlines.set(true);
            exchange.link.kick(&self.shared);
        })
    }

    fn pending(&self) -> usize {
        self.shared.table.borrow().len()
    }

    fn owed(&self) -> Vec<ExchangeId> {
        self.shared.table.borrow().owed()
    }
}

/// The response is not as long as its head says: 500 instead, where Hyper has seen nothing of it.
fn end_mismatch(exchange: &mut Exchange, declared: u64, given: u64) -> WriteError {
    if exchange.outgoing.is_some() {
        exchange.let_go(exchange.waiting_bytes);
        exchange.outgoing = None;
        exchange.stream = None;
        exchange.refuse(Rejection::INTERNAL_SERVER_ERROR);
    } else {
        exchange.break_off();
    }
    WriteError::Length { declared, given }
}

/// Hyper leaves out what RFC 9110 section 6.5.1 forbids; what is no field at all is left out here.
fn trailer_map(trailers: &[(&[u8], &[u8])]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in trailers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            // Fails beyond 32768 fields, which are left out.
            let _ = map.try_append(name, value);
        }
    }
    map
}
