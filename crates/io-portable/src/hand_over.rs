//! Connections that go to another engine, and such that come from one.
//!
//! Only a new connection leaves, of which nothing is read, or an idle one, of which nothing was read but whole requests
//! that were answered; what the client sends meanwhile waits in its socket. Never decides who leaves for where. Called by:
//! the runtime, between turns, and the engine when it accepts.

use std::rc::Rc;

use howth_engine::Handed;

use crate::connection::Connection;
use crate::engine::PortableEngine;
use crate::receive::Intake;
use crate::socket::Socket;

impl PortableEngine {
    /// Accepts, or leaves new clients in the kernel's backlog. To begin again looks into the backlog as well.
    pub fn set_accepting(&mut self, accepts: bool) {
        self.leaves_clients = !accepts;
        self.accept_waker.wake_by_ref();
    }

    /// Whether the listening socket is open here.
    pub fn is_listening(&self) -> bool {
        self.acceptor.is_some()
    }

    /// Gives new connections up as they are accepted, also while there are as many as there may be; or serves them. An
    /// engine that stops serves those that still come.
    pub fn release_new(&mut self, releases: bool) {
        if releases && !self.releases_new && self.is_full {
            self.accept_waker.wake_by_ref();
        }
        self.releases_new = releases;
    }

    /// Gives up as many connections as `count` says, or as are idle. [`take_released`](Self::take_released) has them
    /// after one of the next turns.
    pub fn release_idle(&mut self, count: usize) {
        let mut released = 0;
        for index in 0..self.connections.len() as u32 {
            if released == count {
                return;
            }
            if self
                .connection(index)
                .is_some_and(|connection| connection.may_leave())
            {
                self.release(index);
                released += 1;
            }
        }
    }

    /// Stops accepting, like [`drain`](Self::drain), but gives every connection up as soon as it is idle instead of
    /// closing it. The turns go on until [`Turn::Finished`](howth_engine::Turn::Finished), which waits for
    /// [`take_released`](Self::take_released).
    pub fn release_all(&mut self) {
        if self.is_stopping() {
            return;
        }
        self.shared.begin_turn();
        // Whoever has connected already goes as well.
        self.accept();
        self.acceptor = None;
        self.shared.releases_all.set(true);
        for index in 0..self.connections.len() as u32 {
            self.settle(index);
        }
        self.shared.end_turn();
        self.shared.wakes.wake_root();
    }

    /// The connections that were given up since the last call.
    pub fn take_released(&mut self) -> Vec<Handed> {
        std::mem::take(&mut self.released)
    }

    /// Goes on with a connection that another engine gave up; its deadlines begin anew.
    ///
    /// # Errors
    /// The connection comes back where there are as many as there may be.
    pub fn adopt(&mut self, handed: Handed) -> Result<(), Handed> {
        if self.open_count() >= self.shared.options.connections_max as usize {
            return Err(handed);
        }
        let has_asked = handed.has_asked();
        // A client that is gone already needs no connection.
        let Ok((socket, peer)) = Socket::adopt(handed) else {
            return Ok(());
        };
        self.shared.begin_turn();
        self.shared.count(|counters| counters.adopted += 1);
        let index = self.open(socket, peer);
        let now = self.shared.now.get();
        if let Some(connection) = self.connection(index).filter(|_| has_asked) {
            connection.has_asked = true;
            connection.head_since = None;
            connection.idle_since = Some(now);
        }
        self.receive(index);
        self.shared.end_turn();
        self.shared.wakes.wake_root();
        Ok(())
    }

    /// Gives up a connection that is idle.
    pub(crate) fn release(&mut self, index: u32) {
        let Some(connection) = self.connections[index as usize].take() else {
            return;
        };
        let has_asked = connection.has_asked;
        match connection.into_socket() {
            Ok(socket) => {
                self.drop_connection(index);
                self.pass_on(socket, has_asked);
            }
            Err(connection) => self.connections[index as usize] = Some(connection),
        }
    }

    /// Gives up a socket that nobody uses.
    pub(crate) fn pass_on(&mut self, socket: Socket, has_asked: bool) {
        // One that tokio does not let go of is closed.
        if let Ok(socket) = socket.into_owned() {
            self.released.push(Handed::new(socket, has_asked));
            self.shared.count(|counters| counters.released += 1);
        }
    }
}

impl Connection {
    /// Idle, and the client may send more.
    pub(crate) fn may_leave(&self) -> bool {
        self.is_idle() && self.intake == Intake::Open && !self.is_hyper_done
    }

    /// The socket, if nobody else holds on to the connection; else the connection.
    pub(crate) fn into_socket(mut self: Box<Self>) -> Result<Socket, Box<Self>> {
        // It waits for the next request of what it takes for its client.
        self.hyper = None;
        match Rc::try_unwrap(self.link) {
            Ok(link) => Ok(link.socket.into_inner()),
            Err(link) => Err(Box::new(Connection { link, ..*self })),
        }
    }
}
