//! The supervisor's orders, and what of them a core obeys while its own application runs.
//!
//! Owns the lane they come by, and the core's place in a take-over. An order about clients needs the engine alone and
//! is obeyed at once, so that a core whose application does not return keeps no client from new code; one that needs
//! the application waits for the loop. Never decides what is ordered. Called by: the core's loop, and what interrupts
//! its application.

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

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::task::Waker;

    use howth_engine::{Handed, Place};
    use howth_mesh::{Sender, lane};

    use super::*;
    use crate::inbox::{Inbox, Predecessor};

    /// Notes what it is told.
    #[derive(Default)]
    struct Clients {
        connections: Vec<Handed>,
        released: Vec<Handed>,
        room: usize,
        accepts: bool,
        drains: bool,
    }

    impl Engine for Clients {
        fn set_accepting(&mut self, accepts: bool) {
            self.accepts = accepts;
        }

        fn is_listening(&self) -> bool {
            self.accepts
        }

        fn release_all(&mut self) {
            self.accepts = false;
            self.released.append(&mut self.connections);
        }

        fn take_released(&mut self) -> Vec<Handed> {
            std::mem::take(&mut self.released)
        }

        fn adopt(&mut self, handed: Handed) -> Result<(), Handed> {
            if self.connections.len() >= self.room {
                return Err(handed);
            }
            self.connections.push(handed);
            Ok(())
        }

        fn drain(&mut self) {
            self.drains = true;
        }
    }

    fn connection() -> Handed {
        Handed::new(
            UnixStream::pair().expect("two sockets").0.into(),
            Place::default(),
            true,
        )
    }

    fn command(waits: bool) -> (Sender<Order>, Command, Arc<Inbox>) {
        let (sender, orders) = lane(8);
        let inbox = Arc::new(Inbox::default());
        let take_over = TakeOver::new(inbox.clone(), waits);
        (sender, Command::new(orders, take_over), inbox)
    }

    #[test]
    fn orders_about_clients_are_obeyed_while_the_application_runs() {
        let (mut sender, mut command, _) = command(true);
        let mut engine = Clients {
            room: 1,
            ..Clients::default()
        };
        let mut context = Context::from_waker(Waker::noop());
        sender.send(Order::Serve).expect("room");
        sender.send(Order::Adopt(connection())).expect("room");
        sender.send(Order::Drain { by_signal: true }).expect("room");
        command.poll_early(&mut context, &mut engine);
        assert!(engine.accepts && engine.drains && command.has_waiting());
        assert_eq!(engine.connections.len(), 1);
        // The rest of the drain is the loop's.
        let left = command.poll(&mut context, Some(&mut engine));
        assert!(matches!(
            left,
            Poll::Ready(Some(Order::Drain { by_signal: true }))
        ));
        assert!(command.poll(&mut context, Some(&mut engine)).is_pending());
        drop(sender);
        assert!(matches!(
            command.poll(&mut context, Some(&mut engine)),
            Poll::Ready(None)
        ));
    }

    #[test]
    fn connections_go_from_the_old_core_to_the_new_as_far_as_there_is_room() {
        let (_, mut new, inbox) = command(false);
        let (mut sender, mut old, _) = command(false);
        let mut context = Context::from_waker(Waker::noop());
        let mut before = Clients {
            connections: vec![connection(), connection()],
            accepts: true,
            ..Clients::default()
        };
        sender
            .send(Order::HandOver(Predecessor::of(inbox.clone())))
            .expect("room");
        assert!(old.poll(&mut context, Some(&mut before)).is_pending());
        assert!(old.is_replaced() && inbox.has_listening_old_core());
        old.take_over().pass_on(Some(&mut before));
        assert!(!inbox.has_listening_old_core(), "it accepts no more");
        let mut after = Clients {
            room: 1,
            ..Clients::default()
        };
        new.take_over().take_arrivals(Some(&mut after), &context);
        assert!(after.accepts, "a client may wait of whom the old core was told");
        assert_eq!(after.connections.len(), 1);
        after.room = 2;
        new.take_over().take_arrivals(Some(&mut after), &context);
        assert_eq!(after.connections.len(), 2);
    }

    #[test]
    fn a_core_that_waits_leaves_clients_to_the_other() {
        let (mut sender, mut command, inbox) = command(true);
        let mut engine = Clients {
            room: 1,
            accepts: true,
            ..Clients::default()
        };
        command.take_over().opened(&mut engine);
        assert!(!engine.accepts && !command.take_over().is_serving());
        Predecessor::of(inbox).give(vec![connection()]);
        let mut context = Context::from_waker(Waker::noop());
        command.take_over().take_arrivals(Some(&mut engine), &context);
        assert!(engine.connections.is_empty());
        sender.send(Order::Serve).expect("room");
        assert!(command.poll(&mut context, Some(&mut engine)).is_pending());
        command.take_over().take_arrivals(Some(&mut engine), &context);
        assert!(engine.accepts && engine.connections.len() == 1);
    }
}
