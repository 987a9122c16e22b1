//! Messages of a core's isolate on their way to other cores, and those of others on their way to it.
//!
//! Owns what waits for room in the mesh, which is bounded by what each receiver has room for. Never touches the mesh: the
//! core's `PeerCores` do, and call this with each turn, also while JavaScript runs.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use super::Message;
use super::account::Account;
use super::post::Inbox;

/// A core's place on one of the meshes of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MeshAddress {
    /// Which mesh: each program has its own.
    pub(crate) mesh: u64,
    pub(crate) core: usize,
}

/// A message, and who is to get it. The room that was made sure of for it is given back if it does not arrive.
#[derive(Debug)]
pub(crate) struct TopicMessage {
    account: Arc<Account>,
    /// Until it is delivered.
    message: Option<Message>,
}

impl TopicMessage {
    /// The message, which takes up its room until it is received.
    fn open(mut self) -> Option<Message> {
        self.message.take()
    }
}

impl Drop for TopicMessage {
    fn drop(&mut self) {
        if let Some(message) = &self.message {
            self.account.release(1, message.bytes());
        }
    }
}

/// The mail of one core.
#[derive(Debug)]
pub(crate) struct Mail {
    /// `None`: there are no other cores.
    address: Option<MeshAddress>,
    /// By the core it is for.
    outbox: RefCell<Vec<VecDeque<TopicMessage>>>,
    inboxes: RefCell<Vec<Weak<Inbox>>>,
    has_received: Cell<bool>,
}

impl Mail {
    pub(crate) fn new(address: Option<MeshAddress>) -> Rc<Self> {
        Rc::new(Mail {
            address,
            outbox: RefCell::default(),
            inboxes: RefCell::default(),
            has_received: Cell::new(false),
        })
    }

    pub(super) fn address(&self) -> Option<MeshAddress> {
        self.address
    }

    /// Whether that is another core of the same mesh.
    pub(super) fn reaches(&self, other: MeshAddress) -> bool {
        self.address
            .is_some_and(|own| own.mesh == other.mesh && own.core != other.core)
    }

    /// What comes for this inbox from now on, while somebody has it, is put into it.
    pub(super) fn add(&self, inbox: &Rc<Inbox>) {
        let mut inboxes = self.inboxes.borrow_mut();
        inboxes.retain(|inbox| inbox.strong_count() > 0);
        inboxes.push(Rc::downgrade(inbox));
    }

    /// Sends a message, for which there is room, to an isolate of another core of the mesh.
    pub(super) fn post(&self, core: usize, account: &Arc<Account>, message: Message) {
        let message = TopicMessage {
            account: account.clone(),
            message: Some(message),
        };
        let mut outbox = self.outbox.borrow_mut();
        if outbox.len() <= core {
            outbox.resize_with(core + 1, VecDeque::new);
        }
        outbox[core].push_back(message);
    }

    /// Something has come, or is left.
    pub(super) fn note(&self) {
        self.has_received.set(true);
    }

    /// Whether [`has_received`](Self::has_received) would say so.
    pub(crate) fn has_something(&self) -> bool {
        self.has_received.get()
    }

    /// Whether anything has come, or was left, since this was asked last: who waits for it has to be let run.
    pub(crate) fn has_received(&self) -> bool {
        self.has_received.take()
    }
}

impl howth_scheduling::Mail for Mail {
    type Message = TopicMessage;

    fn has_unsent(&self) -> bool {
        self.outbox.borrow().iter().any(|queue| !queue.is_empty())
    }

    fn send(&self, mut send: impl FnMut(usize, TopicMessage) -> Result<(), TopicMessage>) {
        for (core, queue) in self.outbox.borrow_mut().iter_mut().enumerate() {
            while let Some(message) = queue.pop_front() {
                // Nobody is there who could take it, and the place may stay empty.
                if message.account.is_closed() {
                    continue;
                }
                if let Err(message) = send(core, message) {
                    queue.push_front(message);
                    break;
                }
            }
        }
    }

    /// Takes what has come. What is for an isolate that this core had before is dropped.
    fn receive(&self, message: TopicMessage) {
        let inboxes = self.inboxes.borrow();
        let mut inboxes = inboxes.iter().filter_map(Weak::upgrade);
        let inbox = inboxes.find(|inbox| inbox.is_of(&message.account));
        if let Some((inbox, message)) = inbox.and_then(|inbox| Some((inbox, message.open()?))) {
            inbox.push(message);
            self.note();
        }
    }
}
