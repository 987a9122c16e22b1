//! Comparing what a connection wants with what the kernel was asked, and asking for the difference.
//!
//! Everything else in the engine only marks the connection unsettled; this is the one place that queues operations on
//! connections, so their number in flight is counted in one place too. Owns that difference. Never decides what is
//! wanted: `howth_connection` does. Called by: the turn, for connections that are unsettled.

use howth_connection::{End, Receive, Wanted};

use crate::engine::Core;
use crate::engine::link::{Ending, Receiving};
use crate::kernel::{Kernel, Socket};
use howth_ring::{Operation, Token};

impl<K: Kernel> Core<K> {
    pub(super) fn settle_all(&mut self) {
        while let Some(index) = self.connections.next_unsettled() {
            self.settle(index);
        }
    }

    fn settle(&mut self, index: u32) {
        while let Some(outgoing) = self.connections.to_send(index) {
            let has_file = outgoing.has_file();
            self.send(index, outgoing);
            // What went out at once may have made room for requests that are held back, before it is asked what is wanted.
            if !has_file {
                break;
            }
        }
        self.read_wanted(index);
        match self.connections.wants(index) {
            Wanted::Open(receive) => self.settle_receive(index, receive),
            Wanted::HalfClosed(receive) => {
                self.shut_down(index, Ending::Sending);
                self.settle_receive(index, receive);
            }
            Wanted::End(end) => {
                self.send_last_bytes(index, end);
                self.end(index, end);
            }
            Wanted::Leave { has_asked } => self.pass_on(index, has_asked),
        }
    }

    pub(super) fn settle_receive(&mut self, index: u32, wanted: Receive) {
        let link = self.connections.link_mut(index);
        let Some(socket) = link.socket else { return };
        let in_flight = match (link.receiving, wanted) {
            (Receiving::Off, Receive::Nothing) | (Receiving::Cancelling, _) => return,
            (Receiving::Off, _) => return self.begin_receive(index, socket, wanted),
            (Receiving::Armed, Receive::Bytes) | (Receiving::Polled, Receive::Body) => return,
            (Receiving::Armed, _) => Operation::Receive,
            (Receiving::Polled, _) => Operation::Readable,
        };
        link.receiving = Receiving::Cancelling;
        self.cancel(index, in_flight);
    }

    fn begin_receive(&mut self, index: u32, socket: Socket, wanted: Receive) {
        let (operation, receiving) = match wanted {
            Receive::Body => (Operation::Readable, Receiving::Polled),
            Receive::Bytes | Receive::Nothing => (Operation::Receive, Receiving::Armed),
        };
        let token = self.begin(index, operation);
        match wanted {
            Receive::Body => self.kernel.poll_readable(socket, token),
            Receive::Bytes | Receive::Nothing => self.kernel.receive(socket, token),
        }
        self.connections.link_mut(index).receiving = receiving;
    }

    /// A sealed connection says that it ends, where that takes no time and overtakes nothing.
    fn send_last_bytes(&mut self, index: u32, end: End) {
        let link = self.connections.link(index);
        if end != End::Plain || link.layer.is_none() || link.is_sending || link.ending != Ending::Not {
            return;
        }
        if let (Some(socket), Some(bytes)) = (link.socket, self.connections.last_bytes(index)) {
            self.kernel.send_now(socket, &[&bytes], false);
        }
    }

    /// Ends both sides, and closes the socket once nothing is in flight on it.
    fn end(&mut self, index: u32, end: End) {
        let link = self.connections.link(index);
        match link.ending {
            Ending::Closing => return,
            Ending::Closed => return self.release_closed(index),
            Ending::Not | Ending::Sending | Ending::Both => {}
        }
        let only_receives = !link.is_sending && link.receiving != Receiving::Cancelling;
        if end == End::Plain && link.ending == Ending::Not && only_receives {
            // The close is submitted with the next turn, and the last bytes do not wait for that.
            if let Some(socket) = link.socket.filter(|_| link.awaits_end) {
                self.kernel.shutdown(socket, false);
            }
            // A receive that waits is cancelled at once, and with it nothing holds the socket any more.
            self.settle_receive(index, Receive::Nothing);
            return self.close(index);
        }
        match end {
            End::Plain => self.end_plainly(index),
            End::Reset => self.end_by_reset(index),
        }
        if self.connections.link(index).operations == 0 {
            return self.close(index);
        }
        self.settle_receive(index, Receive::Nothing);
    }

    /// Frees the slot of a connection whose socket is closed, once whatever was in flight has completed.
    pub(super) fn release_closed(&mut self, index: u32) {
        if self.connections.link(index).operations == 0 {
            self.connections.close(index);
        }
    }

    /// Makes every operation in flight complete by shutting the socket down, which tells the client of the end.
    fn end_plainly(&mut self, index: u32) {
        let link = self.connections.link(index);
        // Otherwise both have ended already, and with them whatever was in flight.
        if !link.is_read_closed || link.ending == Ending::Not {
            self.shut_down(index, Ending::Both);
        }
    }

    /// Cancels every operation in flight, so that the close, which is a reset, is the end.
    fn end_by_reset(&mut self, index: u32) {
        let link = self.connections.link_mut(index);
        let Some(socket) = link.socket.filter(|_| link.ending < Ending::Both) else {
            return;
        };
        link.ending = Ending::Both;
        let sending = link.is_sending.then_some(match link.waiting {
            None => Operation::Send,
            Some(_) => Operation::Writable,
        });
        self.kernel.reset_on_close(socket);
        if let Some(operation) = sending {
            self.cancel(index, operation);
        }
    }

    fn shut_down(&mut self, index: u32, ending: Ending) {
        let link = self.connections.link_mut(index);
        let Some(socket) = link.socket.filter(|_| link.ending < ending) else {
            return;
        };
        link.ending = ending;
        self.kernel.shutdown(socket, ending == Ending::Both);
    }

    fn close(&mut self, index: u32) {
        let token = self.begin(index, Operation::Close);
        let link = self.connections.link_mut(index);
        link.ending = Ending::Closing;
        if let Some(socket) = link.socket {
            self.kernel.close(socket, token);
        }
    }

    fn cancel(&mut self, index: u32, in_flight: Operation) {
        let target = self.token(index, in_flight);
        let token = self.begin(index, Operation::Cancel);
        self.kernel.cancel(target, token);
    }

    pub(super) fn begin(&mut self, index: u32, operation: Operation) -> Token {
        self.connections.link_mut(index).operations += 1;
        self.token(index, operation)
    }

    fn token(&self, index: u32, operation: Operation) -> Token {
        Token {
            operation,
            index,
            generation: self.connections.generation(index),
        }
    }
}
