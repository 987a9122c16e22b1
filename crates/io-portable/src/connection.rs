//! One connection: what it is about, how it writes and how it ends.
//!
//! Owns the life of a connection: open, closing, lingering, closed, and Hyper's state machine while there is
//! a response to write. Reading is in `receive`, deadlines are in `deadlines`. Called by: `engine`.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use howth_engine::{Event, ExchangeId};
use howth_http1::{Decoder, Framing, Rejection};

use crate::body_clock::BodyClock;
use crate::link::{Item, Link};
use crate::receive::Intake;
use crate::service::{HyperConnection, connect};
use crate::shared::Shared;
use crate::table::Answer;

/// How long a closing connection is read, so that the last response isn't lost to a reset (RFC 9112
/// section 9.6): until the client is silent for so long, and never longer than this.
pub(crate) const LINGER_SILENCE: Duration = Duration::from_secs(2);
const LINGER: Duration = Duration::from_secs(10);

pub(crate) struct Connection {
    pub(crate) link: Rc<Link>,
    /// Tells it from earlier connections with the same index.
    pub(crate) serial: u64,
    pub(crate) phase: Phase,
    pub(crate) intake: Intake,
    pub(crate) decoder: Decoder,
    /// Bytes that were read and not decoded: a part of a head, or whatever arrived while reading was paused.
    pub(crate) rest: Vec<u8>,
    /// The exchange whose request body is arriving; it may be over already.
    pub(crate) arriving: Option<ExchangeId>,
    /// A request was read.
    pub(crate) has_asked: bool,
    /// The connection goes to another engine with the answer to what was read.
    pub(crate) is_leaving: bool,
    /// That request's connection options end the connection.
    pub(crate) is_last_request: bool,
    /// Reading stopped because the application has to catch up.
    pub(crate) is_behind: bool,
    /// Bytes of a body nobody wants that were dropped.
    pub(crate) drained: u64,
    /// How the body that is arriving gets on.
    pub(crate) body_clock: BodyClock,
    pub(crate) hyper: Option<Box<HyperConnection>>,
    /// Hyper wrote the last response; its exchange may not be finished yet.
    pub(crate) is_hyper_done: bool,
    /// The last response is among the bytes that go out.
    pub(crate) is_last_taken: bool,
    /// Since when the head of a request is arriving.
    pub(crate) head_since: Option<Instant>,
    /// Since when there has been nothing to do. Before the first request the clock of its head runs instead.
    pub(crate) idle_since: Option<Instant>,
    /// Since when the client has ended its side.
    pub(crate) ended_at: Option<Instant>,
    /// The connection is to end once the application has seen the events of this turn.
    pub(crate) is_doomed: bool,
    /// The timer that is set for this connection, which may be early.
    pub(crate) timer_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// The last bytes are being written.
    Closing,
    /// Everything was written; the client's last bytes are read and dropped.
    Lingering {
        silent_until: Instant,
        until: Instant,
        bytes_left: u64,
    },
    /// To be dropped.
    Closed,
}

impl Connection {
    pub(crate) fn new(link: Link, serial: u64, now: Instant) -> Self {
        Connection {
            link: Rc::new(link),
            serial,
            phase: Phase::Open,
            intake: Intake::Open,
            decoder: Decoder::new(),
            rest: Vec::new(),
            arriving: None,
            has_asked: false,
            is_leaving: false,
            is_last_request: false,
            is_behind: false,
            drained: 0,
            body_clock: BodyClock::new(now),
            hyper: None,
            is_hyper_done: false,
            is_last_taken: false,
            head_since: Some(now),
            idle_since: None,
            ended_at: None,
            is_doomed: false,
            timer_at: None,
        }
    }

    /// Writes what can be written and ends what is over.
    pub(crate) fn pump(&mut self, shared: &Rc<Shared>) {
        if self.is_doomed {
            return self.abort(shared);
        }
        let link = Rc::clone(&self.link);
        let mut context = Context::from_waker(&link.waker);
        if self.phase == Phase::Open && self.pump_open(shared, &mut context).is_err() {
            self.abort(shared);
        }
        if self.phase == Phase::Closing {
            self.pump_closing(shared, &mut context);
        }
        self.note_idle(shared);
    }

    /// Ends the connection after this turn's events were handed over: a request the application is told of
    /// is readable while it is told.
    pub(crate) fn doom(&mut self, shared: &Shared) {
        self.stop_intake();
        self.intake = Intake::Ended;
        self.is_doomed = true;
        self.link.kick(shared);
    }

    /// Ends the connection at once; what was not answered is aborted.
    pub(crate) fn abort(&mut self, shared: &Shared) {
        self.abort_exchanges(shared);
        self.phase = Phase::Closed;
    }

    /// Like [`abort`](Self::abort), and the client sees a reset.
    pub(crate) fn reset(&mut self, shared: &Shared) {
        self.link.socket.borrow().reset_on_close();
        self.abort(shared);
    }

    /// Ends the connection after what is gathered was written; exchanges that are left are aborted.
    pub(crate) fn close(&mut self, shared: &Shared) {
        self.abort_exchanges(shared);
        self.phase = Phase::Closing;
    }

    /// No further request is taken from this connection.
    pub(crate) fn stop_intake(&mut self) {
        if self.intake == Intake::Open {
            self.intake = Intake::IGNORING;
        }
        self.rest = Vec::new();
        self.arriving = None;
        self.head_since = None;
    }

    /// Nothing is being answered, received or written.
    pub(crate) fn is_idle(&self) -> bool {
        self.phase == Phase::Open
            && self.rest.is_empty()
            && self.arriving.is_none()
            && self.link.pipeline.borrow().is_empty()
            && self.link.output_len() == 0
    }

    fn note_idle(&mut self, shared: &Shared) {
        if !self.is_idle() {
            self.idle_since = None;
        } else if self.idle_since.is_none() && self.head_since.is_none() {
            self.idle_since = Some(shared.now.get());
        }
    }

    fn pump_open(&mut self, shared: &Rc<Shared>, context: &mut Context<'_>) -> io::Result<()> {
        if self.link.is_cut.take() {
            self.cut(shared);
        }
        if self.link.is_ending.get() {
            // No request behind a response that ends the connection is taken (RFC 9112 section 9.6).
            self.is_last_request = true;
            if self.arriving.is_none() {
                self.stop_intake();
            }
        }
        self.take_responses(shared, context)?;
        self.flush(shared, context)?;
        if self.send_interim(shared) {
            self.flush(shared, context)?;
        }
        if self.is_hyper_done {
            self.link.complete_exchanges(shared);
        }
        self.signal_writable(shared);
        self.look_at_front(shared);
        Ok(())
    }

    /// Hands what is gathered to the kernel, as much as it takes, and ends the exchanges whose responses it has.
    fn flush(&self, shared: &Shared, context: &mut Context<'_>) -> io::Result<()> {
        let Poll::Ready(flushed) = self.link.poll_flush(shared, context) else {
            return Ok(());
        };
        flushed?;
        if !self.link.is_hyper_busy() {
            self.link.set_flushed();
            self.link.complete_exchanges(shared);
        }
        Ok(())
    }

    /// Gathers the responses whose turn has come: the encoded ones as they are, the others through Hyper.
    fn take_responses(&mut self, shared: &Rc<Shared>, context: &mut Context<'_>) -> io::Result<()> {
        // Behind what Hyper ended with there is nothing to write.
        while !self.is_hyper_done {
            self.is_last_taken |= self.link.take_encoded(shared);
            let next = self.link.next_for_hyper(shared);
            if next.is_none() && !self.link.is_hyper_busy() {
                break;
            }
            self.poll_hyper(shared, context)?;
            // Another round only after progress; whatever Hyper waits for has the connection looked at again.
            if self.link.is_hyper_busy() || (next.is_some() && self.link.next_for_hyper(shared) == next) {
                break;
            }
        }
        Ok(())
    }

    fn poll_hyper(&mut self, shared: &Rc<Shared>, context: &mut Context<'_>) -> io::Result<()> {
        let hyper = self
            .hyper
            .get_or_insert_with(|| Box::new(connect(shared, &self.link)));
        match hyper.poll_without_shutdown(context) {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(())) => {
                self.hyper = None;
                self.is_hyper_done = true;
                Ok(())
            }
            Poll::Ready(Err(error)) => Err(io::Error::other(error)),
        }
    }

    /// Gathers `100 Continue` if the client waits for it and the responses before it are out.
    fn send_interim(&mut self, shared: &Shared) -> bool {
        let (0, Some(Item::Exchange(id))) = (self.link.fed.get(), self.link.front()) else {
            return false;
        };
        let is_due = shared
            .table
            .borrow_mut()
            .get_mut(id)
            .is_some_and(|exchange| exchange.answer == Answer::Waiting && exchange.body.take_interim());
        if is_due {
            self.body_clock = BodyClock::new(shared.now.get());
            self.link
                .append(shared, |output| output.extend_from_slice(howth_http1::CONTINUE));
        }
        is_due
    }

    /// Decides what the state of the oldest exchange means for the connection.
    fn look_at_front(&mut self, shared: &Shared) {
        let is_fed = self.link.fed.get() > 0;
        if (self.is_hyper_done || self.is_last_taken) && !is_fed {
            // Unless a body is still wanted whose response is out.
            if self.arriving.is_none() || self.arriving != self.link.kept.get() {
                self.close(shared);
            }
            return;
        }
        let id = match self.link.front() {
            None if self.intake != Intake::Open && self.arriving.is_none() => return self.close(shared),
            None => return,
            Some(Item::Refusal(rejection)) => return self.refuse(shared, rejection),
            Some(Item::Exchange(id)) => id,
        };
        let table = shared.table.borrow();
        let Some(exchange) = table.get(id) else { return };
        let (answer, framing) = (exchange.answer, exchange.framing);
        let is_drained = exchange.is_drained();
        drop(table);
        match answer {
            Answer::Refused(rejection) if !is_fed => self.refuse(shared, rejection),
            Answer::Broken if !is_fed && is_drained => self.close(shared),
            Answer::Broken if is_drained && self.link.is_flushed.get() => match framing {
                // Here the end of the connection would mean the end of the body.
                Framing::UntilClose => self.reset(shared),
                _ => self.close(shared),
            },
            _ => {}
        }
    }

    fn refuse(&mut self, shared: &Shared, rejection: Rejection) {
        self.link
            .append(shared, |output| shared.encode_rejection(rejection, output));
        self.close(shared);
    }

    /// Tells the application that a stream has room again, once half of it is free.
    fn signal_writable(&self, shared: &Shared) {
        let pipeline = self.link.pipeline.borrow();
        let last_fed = self
            .link
            .fed
            .get()
            .checked_sub(1)
            .and_then(|last| pipeline.get(last));
        let Some(Item::Exchange(id)) = last_fed else {
            return;
        };
        let mut table = shared.table.borrow_mut();
        let Some(exchange) = table.get_mut(*id) else {
            return;
        };
        let waiting_bytes = exchange.waiting_bytes;
        let (Some(stream), Answer::Streaming) = (&mut exchange.stream, exchange.answer) else {
            return;
        };
        let is_free = waiting_bytes + self.link.held() <= shared.options.write_high_watermark_bytes / 2;
        if stream.is_full && is_free {
            stream.is_full = false;
            shared.push_event(Event::Writable(*id));
        }
    }

    fn pump_closing(&mut self, shared: &Shared, context: &mut Context<'_>) {
        match self.link.poll_flush(shared, context) {
            Poll::Pending => {}
            Poll::Ready(Err(_)) => self.phase = Phase::Closed,
            Poll::Ready(Ok(())) => {
                let is_shut = self.link.socket.borrow().shutdown_write().is_ok();
                self.phase = if is_shut && self.intake != Intake::Ended {
                    Phase::Lingering {
                        silent_until: shared.now.get() + LINGER_SILENCE,
                        until: shared.now.get() + LINGER,
                        bytes_left: shared.options.drain_bytes_max,
                    }
                } else {
                    Phase::Closed
                };
                // Reading registers for the client's end of stream.
                self.link.waker.wake_by_ref();
            }
        }
    }

    fn abort_exchanges(&mut self, shared: &Shared) {
        self.hyper = None;
        self.link.forget_fed();
        self.abort_kept(shared);
        self.abort_from(shared, 0);
        self.stop_intake();
    }

    /// Ends the exchange that lasts for its body, unless that has ended: then the application reads how.
    fn abort_kept(&self, shared: &Shared) {
        let Some(id) = self.link.kept.take() else { return };
        let mut table = shared.table.borrow_mut();
        let is_arriving = table.get(id).is_some_and(|exchange| exchange.body.is_wanted());
        if is_arriving && table.remove(id) {
            shared.push_event(Event::Aborted(id));
        }
    }

    pub(crate) fn abort_from(&mut self, shared: &Shared, position: usize) {
        let items = {
            let mut pipeline = self.link.pipeline.borrow_mut();
            let position = position.min(pipeline.len());
            pipeline.split_off(position)
        };
        for item in items {
            let Item::Exchange(id) = item else { continue };
            if shared.table.borrow_mut().remove(id) {
                shared.push_event(Event::Aborted(id));
            }
        }
    }
}
