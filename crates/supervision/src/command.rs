//! The supervisor's orders, and what of them a core obeys while its own application runs.
//!
//! Owns the lane they come by, and the core's place in a take-over. An order about clients needs the engine alone and
//! is obeyed at once, so that a core whose application does not return keeps no client from new code; one that needs
//! the application waits for the loop. Called by: the core's loop, and what
//! interrupts its application.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use howth_mesh::Receiver;

use crate::engine::Engine;
use crate::order::Order;
use crate::take_over::TakeOver;

/// The orders that a core has heard.
#[derive(Debug)]
pub struct Command {
    orders: Receiver<Order>,
    take_over: TakeOver,
    /// Heard early, and not obeyed.
    waiting: VecDeque<Order>,
    is_replaced: bool,
}

impl Command {
    /// Hears `orders`.
    pub fn new(orders: Receiver<Order>, take_over: TakeOver) -> Self {
        Command {
            orders,
            take_over,
            waiting: VecDeque::new(),
            is_replaced: false,
        }
    }

    /// The core's place in a change of cores.
    pub fn take_over(&mut self) -> &mut TakeOver {
        &mut self.take_over
    }

    /// Whether orders were heard that the loop has not obeyed.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether another core serves in this one's place.
    pub fn is_replaced(&self) -> bool {
        self.is_replaced
    }

    /// The next order that is left to the loop; `None`: there is no supervisor any more.
    pub fn poll(
        &mut self,
        context: &mut Context<'_>,
        mut engine: Option<&mut impl Engine>,
    ) -> Poll<Option<Order>> {
        loop {
            let order = match self.waiting.pop_front() {
                Some(order) => return Poll::Ready(Some(order)),
                None => std::task::ready!(self.orders.poll_receive(context)),
            };
            let Some(order) = order else {
                return Poll::Ready(None);
            };
            if let Some(order) = self.obey(order, engine.as_deref_mut()) {
                return Poll::Ready(Some(order));
            }
        }
    }

    /// Obeys what can be obeyed while the application runs.
    pub fn poll_early(&mut self, context: &mut Context<'_>, engine: &mut impl Engine) {
        while let Poll::Ready(Some(order)) = self.orders.poll_receive(context) {
            if let Some(order) = self.obey(order, Some(engine)) {
                // A drain is begun at least.
                if matches!(order, Order::Drain { .. }) {
                    engine.drain();
                }
                self.waiting.push_back(order);
            }
        }
    }

    /// Obeys an order about clients, and gives any other back.
    fn obey(&mut self, order: Order, engine: Option<&mut impl Engine>) -> Option<Order> {
        match order {
            Order::Serve => self.take_over.serve(engine),
            Order::Adopt(handed) => {
                // Without an engine, or with one that is full, the connection ends, which is an answer.
                let _ = engine.map(|engine| engine.adopt(handed));
            }
            Order::HandOver(old_core) => {
                self.is_replaced = true;
                self.take_over.hand_over(old_core, engine);
            }
            Order::Drain { .. } | Order::Abort => return Some(order),
        }
        None
    }
}
