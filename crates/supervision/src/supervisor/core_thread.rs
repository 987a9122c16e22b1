//! One core as the main thread sees it: a thread, the lanes to and from it, and how long it may take to end.
//!
//! Owns the steps of an end: finish what is in flight, break it off, end an application that hears nothing, give up. Never
//! decides when one begins. Called by: the supervisor.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use howth_mesh::{Receiver, Sender, lane};
use tokio::time::{Sleep, sleep};

use crate::core_slot::CoreSlot;
use crate::error::Error;
use crate::inbox::Inbox;
use crate::listen::Address;
use crate::order::{Ended, Order, Report};
use crate::runtime::{Runtime, Terminate};

/// Messages a lane of orders or reports holds; there are never more than a few.
const LANE_LENGTH: usize = 8;

/// How long a core may take to break everything off, once its drain deadline has passed; and then, once its
/// application was ended.
const ABORT_GRACE: Duration = Duration::from_secs(1);

/// What a core has to say.
#[derive(Debug)]
pub(super) enum News<E> {
    /// It listens.
    Listening {
        address: Address,
        is_local: bool,
        is_silent: bool,
    },
    /// It has ended.
    Ended(Result<Ended, E>),
    /// It is gone without a word: it panicked, and has said why on stderr.
    Panicked,
}

pub(super) struct CoreThread<E> {
    index: usize,
    inbox: Arc<Inbox>,
    orders: Sender<Order>,
    reports: Receiver<Report<E>>,
    termination: Arc<dyn Terminate>,
    has_listened: bool,
    end: End,
}

/// How far a core is on its way to its end.
enum End {
    Far,
    /// Until the deadline requests in flight are finished.
    Draining(Pin<Box<Sleep>>),
    /// Until the deadline it breaks off what it does.
    Aborting(Pin<Box<Sleep>>),
    /// Until the deadline an application that heard no orders, and was ended, comes to its end.
    Terminating(Pin<Box<Sleep>>),
    /// It hangs in native code, a child process it waits for perhaps.
    Hanging,
    Reached,
}

impl<E> CoreThread<E> {
    pub(super) fn spawn<R: Runtime<Failure = E>>(
        runtime: &R,
        program: &R::Program,
        core_slot: CoreSlot,
    ) -> Result<Self, Error> {
        let (orders, order_receiver) = lane(LANE_LENGTH);
        let (report_sender, reports) = lane(LANE_LENGTH);
        let (index, inbox) = (core_slot.index, core_slot.inbox.clone());
        let termination = runtime
            .start_core(program, core_slot, order_receiver, report_sender)
            .map_err(Error::Core)?;
        Ok(CoreThread {
            index,
            inbox,
            orders,
            reports,
            termination,
            has_listened: false,
            end: End::Far,
        })
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// Where connections for whoever serves in its place arrive.
    pub(super) fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// Whether it has served, so that a new isolate can be expected to serve as well.
    pub(super) fn has_listened(&self) -> bool {
        self.has_listened
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.end, End::Reached)
    }

    pub(super) fn is_hanging(&self) -> bool {
        matches!(self.end, End::Hanging)
    }

    pub(super) fn order(&mut self, order: Order) {
        // A core that is gone needs no order.
        let _ = self.orders.send(order);
    }

    /// Gives an order that ends the core, which has so long for what is in flight.
    pub(super) fn end_within(&mut self, patience: Duration, order: Order) {
        self.order(order);
        if matches!(self.end, End::Far) {
            self.end = End::Draining(Box::pin(sleep(patience)));
        }
    }

    /// Has the core break everything off.
    pub(super) fn abort(&mut self) {
        self.order(Order::Abort);
        if matches!(self.end, End::Far | End::Draining(_)) {
            self.end = End::Aborting(Box::pin(sleep(ABORT_GRACE)));
        }
    }

    pub(super) fn poll_news(&mut self, context: &mut Context<'_>) -> Poll<News<E>> {
        if self.has_ended() {
            return Poll::Pending;
        }
        let news = match self.reports.poll_receive(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Report::Listening {
                address,
                is_local,
                is_silent,
            })) => {
                self.has_listened = true;
                return Poll::Ready(News::Listening {
                    address,
                    is_local,
                    is_silent,
                });
            }
            Poll::Ready(Some(Report::Ended(ended))) => News::Ended(ended),
            Poll::Ready(None) => News::Panicked,
        };
        self.end = End::Reached;
        Poll::Ready(news)
    }

    /// Takes the next step of an end whose deadline has passed.
    pub(super) fn poll_deadline(&mut self, context: &mut Context<'_>) {
        while let End::Draining(timer) | End::Aborting(timer) | End::Terminating(timer) = &mut self.end
            && timer.as_mut().poll(context).is_ready()
        {
            match self.end {
                End::Draining(_) => self.abort(),
                End::Aborting(_) => {
                    self.termination.terminate();
                    self.end = End::Terminating(Box::pin(sleep(ABORT_GRACE)));
                }
                _ => self.end = End::Hanging,
            }
        }
    }
}
