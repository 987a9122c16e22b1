//! The part of a connection that Hyper's side and the engine's side both hold.
//!
//! Owns the socket, the pipeline of exchanges in request order and the bytes that go out. Never decodes
//! requests. Called by: `connection` and `receive` (the engine's side), `transport` and `service` (Hyper's).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use howth_engine::{Event, ExchangeId, PeerAddress};
use howth_http1::Rejection;

use crate::shared::Shared;
use crate::socket::Socket;
use crate::table::{Answer, Outgoing};

/// One place in the order of responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Exchange(ExchangeId),
    /// A request that never became an exchange, or whose exchange is over already.
    Refusal(Rejection),
}

pub(crate) struct Link {
    pub(crate) index: u32,
    /// Puts the connection on the list of those that are ready.
    pub(crate) waker: Waker,
    pub(crate) peer: PeerAddress,
    pub(crate) socket: RefCell<Socket>,
    pub(crate) pipeline: RefCell<VecDeque<Item>>,
    /// How many exchanges at the front of the pipeline have their response written: first those that were encoded,
    /// whose bytes go out, then those Hyper has been told of.
    pub(crate) fed: Cell<usize>,
    /// How many of them are Hyper's.
    fed_to_hyper: Cell<usize>,
    /// The exchange whose request Hyper is reading.
    pub(crate) feeding: Cell<Option<ExchangeId>>,
    /// A response was begun after which the connection ends.
    pub(crate) is_ending: Cell<bool>,
    /// The client's end of stream was received.
    pub(crate) is_read_closed: Cell<bool>,
    /// The exchange that has its response and lasts for its request body.
    pub(crate) kept: Cell<Option<ExchangeId>>,
    /// Everything Hyper has taken was handed to the kernel.
    pub(crate) is_flushed: Cell<bool>,
    /// When bytes were last handed to the kernel.
    pub(crate) wrote_at: Cell<Instant>,
    /// Since when the peer has taken no byte of what waits for it.
    pub(crate) blocked_since: Cell<Option<Instant>>,
    /// The connection is on the list of those to be looked at.
    is_kicked: Cell<bool>,
    /// Bytes of the streamed response that Hyper has taken and the kernel has not.
    held: Cell<usize>,
    /// Bytes of all responses that wait for their turn or for Hyper.
    waiting: Cell<usize>,
    /// Bytes of all request bodies that wait for the application.
    held_body: Cell<usize>,
    /// An exchange was broken off or refused: those behind it are to be aborted.
    pub(crate) is_cut: Cell<bool>,
    output: RefCell<Output>,
}

/// Gathers small writes, so that a head and its body, and a run of pipelined responses, go out in one.
#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    sent: usize,
}

impl Link {
    pub(crate) fn new(index: u32, waker: Waker, socket: Socket, peer: PeerAddress, now: Instant) -> Self {
        Link {
            index,
            waker,
            peer,
            socket: RefCell::new(socket),
            pipeline: RefCell::default(),
            fed: Cell::new(0),
            fed_to_hyper: Cell::new(0),
            feeding: Cell::new(None),
            is_ending: Cell::new(false),
            is_read_closed: Cell::new(false),
            kept: Cell::new(None),
            is_flushed: Cell::new(true),
            wrote_at: Cell::new(now),
            blocked_since: Cell::new(None),
            is_kicked: Cell::new(false),
            held: Cell::new(0),
            waiting: Cell::new(0),
            held_body: Cell::new(0),
            is_cut: Cell::new(false),
            output: RefCell::default(),
        }
    }

    /// Some of what is to be written could be, or is to be tried again.
    pub(crate) fn has_unwritten(&self, shared: &Shared) -> bool {
        self.fed.get() > 0 || self.output_len() > 0 || self.next_to_feed(shared).is_some()
    }

    /// Has the connection looked at.
    pub(crate) fn kick(&self, shared: &Shared) {
        if !self.is_kicked.replace(true) {
            shared.kick(self.index);
        }
    }

    pub(crate) fn clear_kick(&self) {
        self.is_kicked.set(false);
    }

    pub(crate) fn front(&self) -> Option<Item> {
        self.pipeline.borrow().front().copied()
    }

    /// Hyper holds a response, or bytes of one.
    pub(crate) fn is_hyper_busy(&self) -> bool {
        self.fed_to_hyper.get() > 0
    }

    /// Adds the encoded responses whose turn has come to the bytes that go out; true if the connection ends with one.
    /// Not while Hyper still holds bytes of a response before them.
    pub(crate) fn take_encoded(&self, shared: &Shared) -> bool {
        let mut is_last = false;
        while !self.is_hyper_busy()
            && let Some(id) = self.next_to_feed(shared)
        {
            let mut table = shared.table.borrow_mut();
            let Some(exchange) = table.get_mut(id) else { break };
            let Some(Outgoing::Encoded(bytes)) = &mut exchange.outgoing else {
                break;
            };
            self.append_buffer(shared, std::mem::take(bytes));
            exchange.let_go(exchange.waiting_bytes);
            exchange.outgoing = None;
            exchange.is_taken = true;
            is_last = exchange.is_last;
            self.fed.set(self.fed.get() + 1);
            self.is_flushed.set(false);
        }
        is_last
    }

    /// Like [`next_to_feed`](Self::next_to_feed), if Hyper is to write that response.
    pub(crate) fn next_for_hyper(&self, shared: &Shared) -> Option<ExchangeId> {
        let id = self.next_to_feed(shared)?;
        let table = shared.table.borrow();
        matches!(table.get(id)?.outgoing, Some(Outgoing::Framed(_))).then_some(id)
    }

    /// Hyper was told of the next exchange.
    pub(crate) fn feed_hyper(&self) {
        self.fed.set(self.fed.get() + 1);
        self.fed_to_hyper.set(self.fed_to_hyper.get() + 1);
        self.is_flushed.set(false);
    }

    /// Nothing is written any more of what was to be.
    pub(crate) fn forget_fed(&self) {
        self.fed.set(0);
        self.fed_to_hyper.set(0);
    }

    /// The exchange whose response may be written now: it was begun by the application, and the whole of the one
    /// before it was taken.
    pub(crate) fn next_to_feed(&self, shared: &Shared) -> Option<ExchangeId> {
        let pipeline = self.pipeline.borrow();
        let fed = self.fed.get();
        let table = shared.table.borrow();
        if let Some(Item::Exchange(previous)) = fed.checked_sub(1).and_then(|last| pipeline.get(last)) {
            let previous = table.get(*previous)?;
            if previous.is_last || !previous.is_taken || previous.answer != Answer::Complete {
                return None;
            }
        }
        let Item::Exchange(id) = *pipeline.get(fed)? else {
            return None;
        };
        table
            .get(id)
            .is_some_and(|exchange| exchange.outgoing.is_some())
            .then_some(id)
    }

    /// Ends the exchanges whose response is with the kernel.
    pub(crate) fn complete_exchanges(&self, shared: &Shared) {
        while self.fed.get() > 0 {
            let Some(Item::Exchange(id)) = self.front() else {
                return;
            };
            let mut table = shared.table.borrow_mut();
            let is_over = table
                .get(id)
                .is_none_or(|exchange| exchange.is_taken && exchange.answer == Answer::Complete);
            if !is_over {
                return;
            }
            self.pipeline.borrow_mut().pop_front();
            self.fed.set(self.fed.get() - 1);
            // Hyper's come last.
            self.fed_to_hyper.set(self.fed_to_hyper.get().min(self.fed.get()));
            match table.get_mut(id) {
                Some(exchange) if exchange.body.lasts() => {
                    shared.push_event(Event::Completed(id));
                    if exchange.body.answered(shared.options.body_high_watermark_bytes) {
                        shared.push_event(Event::BodyReadable(id));
                    }
                    self.kept.set(Some(id));
                }
                _ => {
                    if table.remove(id) {
                        shared.push_event(Event::Completed(id));
                    }
                }
            }
        }
    }

    /// Counts bytes Hyper took out of a response stream.
    pub(crate) fn hold(&self, bytes: usize) {
        self.held.set(self.held.get() + bytes);
        self.is_flushed.set(false);
    }

    /// Bytes of the streamed response on their way to the kernel.
    pub(crate) fn held(&self) -> usize {
        self.held.get()
    }

    /// Counts response bytes that wait.
    pub(crate) fn hold_response(&self, bytes: usize) {
        self.waiting.set(self.waiting.get() + bytes);
    }

    pub(crate) fn let_go_of_response(&self, bytes: usize) {
        self.waiting.set(self.waiting.get() - bytes);
    }

    /// Response bytes that wait for their turn or for Hyper, and those of a stream that Hyper has.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.get() + self.held.get()
    }

    /// Counts request body bytes that wait for the application.
    pub(crate) fn hold_body(&self, bytes: usize) {
        self.held_body.set(self.held_body.get() + bytes);
    }

    pub(crate) fn let_go_of_body(&self, bytes: usize) {
        self.held_body.set(self.held_body.get() - bytes);
    }

    pub(crate) fn held_body(&self) -> usize {
        self.held_body.get()
    }

    /// Everything given to Hyper is with the kernel.
    pub(crate) fn set_flushed(&self) {
        self.held.set(0);
        self.is_flushed.set(true);
    }

    pub(crate) fn output_len(&self) -> usize {
        let output = self.output.borrow();
        output.bytes.len() - output.sent
    }

    /// Adds to the bytes that go out with the next flush.
    pub(crate) fn append(&self, shared: &Shared, add: impl FnOnce(&mut Vec<u8>)) {
        let mut output = self.output.borrow_mut();
        if output.bytes.capacity() == 0 {
            output.bytes = shared.take_buffer();
        }
        add(&mut output.bytes);
    }

    fn append_buffer(&self, shared: &Shared, bytes: Vec<u8>) {
        let mut output = self.output.borrow_mut();
        if output.bytes.is_empty() {
            shared.give_buffer(std::mem::replace(&mut output.bytes, bytes));
        } else {
            output.bytes.extend_from_slice(&bytes);
            shared.give_buffer(bytes);
        }
    }

    /// Hands gathered bytes to the kernel.
    pub(crate) fn poll_flush(&self, shared: &Shared, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut output = self.output.borrow_mut();
        while output.sent < output.bytes.len() {
            let bytes = &output.bytes[output.sent..];
            let mut poll = self.socket.borrow_mut().poll_write(context, bytes);
            if poll.is_pending() && shared.is_unassisted.get() {
                poll = self.socket.borrow().write_now(&[IoSlice::new(bytes)]);
            }
            output.sent += ready!(self.note_written(shared, poll))?;
        }
        output.sent = 0;
        shared.give_buffer(std::mem::take(&mut output.bytes));
        Poll::Ready(Ok(()))
    }

    /// Keeps the books of a write: progress, stall, counters.
    pub(crate) fn note_written(
        &self,
        shared: &Shared,
        poll: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match &poll {
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(written)) => {
                shared.count(|counters| counters.sends += 1);
                self.held.set(self.held.get().saturating_sub(*written));
                self.blocked_since.set(None);
                self.wrote_at.set(shared.now.get());
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                if self.blocked_since.get().is_none() {
                    self.blocked_since.set(Some(shared.now.get()));
                }
            }
        }
        poll
    }
}
