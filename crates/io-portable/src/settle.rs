//! Doing what a connection wants: writing, reading, ending.
//!
//! Owns when a socket is read and written, and how often in a turn. Never decides what the bytes mean. Called by: the
//! engine's turn, for connections that are unsettled or whose sockets are ready.

use std::io::IoSlice;
use std::task::{Context, Poll};

use howth_connection::{End, Receive, Wanted};
use howth_engine::Handed;

use crate::core::Core;
use crate::files::FileSent;
use crate::link::Open;

const READ_BYTES_MAX: usize = 64 * 1024;
/// How often one connection is read before the others have their turn.
pub(crate) const READS_PER_TURN_MAX: u32 = 4;
/// How often one connection is written to before the others have their turn.
pub(crate) const WRITES_PER_TURN_MAX: u32 = 8;
/// Slices of one write; the system takes no more than 1,024.
const SLICES_MAX: usize = 64;

/// What all connections of a core are read into.
pub(crate) struct Scratch(Box<[u8]>);

impl Default for Scratch {
    fn default() -> Self {
        Scratch(vec![0; READ_BYTES_MAX].into_boxed_slice())
    }
}

/// How a write ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    /// Everything is with the kernel.
    All,
    /// The kernel takes no more for now.
    Some,
    /// The connection is broken.
    Broken,
}

impl Core {
    /// The socket of a connection may be readable or writable again.
    pub(crate) fn ready(&mut self, index: u32) {
        // A waker outlives its connection.
        let Some(open) = self.open_at(index) else { return };
        open.may_be_readable = true;
        open.is_write_blocked = false;
        open.reads_left = READS_PER_TURN_MAX;
        open.writes_left = WRITES_PER_TURN_MAX;
        self.connections.unsettle(index);
    }

    pub(crate) fn settle_all(&mut self) {
        while let Some(index) = self.connections.next_unsettled() {
            self.settle(index);
        }
    }

    pub(crate) fn open_at(&mut self, index: u32) -> Option<&mut Open> {
        let is_there = self.connections.is_occupied(index);
        is_there.then(|| self.connections.link_mut(index).0.as_deref_mut())?
    }

    fn settle(&mut self, index: u32) {
        self.take_read(index);
        if self.write(index) == Written::Broken {
            self.connections.send_failed(index);
        }
        self.read_wanted(index);
        match self.connections.wants(index) {
            Wanted::Open(receive) => self.receive(index, receive),
            Wanted::HalfClosed(receive) => {
                self.shut_down(index);
                self.receive(index, receive);
            }
            Wanted::End(end) => self.close(index, end),
            Wanted::Leave { has_asked } => {
                let listener = self.connections.listener_of(index);
                let client = self.connections.take_client(index);
                // One that speaks TLS does not leave.
                if let Some(open) = self.connections.close(index).0 {
                    self.give_away(open.socket, listener, has_asked, |handed| {
                        handed.with_client(client)
                    });
                }
            }
        }
    }

    /// Writes until nothing is left or the kernel takes no more.
    fn write(&mut self, index: u32) -> Written {
        while self.connections.is_sending(index) {
            let is_unassisted = self.is_unassisted;
            let output = self.connections.to_send(index);
            let Some(open) = self.open_at(index) else {
                return Written::All;
            };
            if let Some(outgoing) = output {
                open.outgoing = outgoing;
            }
            if open.outgoing.is_empty() {
                return Written::All;
            }
            if open.is_write_blocked {
                return Written::Some;
            }
            if open.writes_left == 0 {
                open.waker.wake_by_ref();
                return Written::Some;
            }
            open.writes_left -= 1;
            if open.outgoing.segments_len() == 0 {
                match self.send_file(index) {
                    FileSent::Some(sent) => self.note_file_sent(index, sent),
                    FileSent::Waits => return Written::Some,
                    FileSent::FileFailed => self.connections.file_failed(index),
                    FileSent::Broken => return Written::Broken,
                }
                continue;
            }
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let outgoing = std::mem::take(&mut open.outgoing);
            let mut count = 0;
            for (place, slice) in slices.iter_mut().zip(outgoing.slices()) {
                *place = IoSlice::new(slice);
                count += 1;
            }
            let poll = open.write(&slices[..count], is_unassisted);
            open.outgoing = outgoing;
            match poll {
                Poll::Ready(Ok(written)) if written > 0 => self.note_written(index, written),
                Poll::Pending => {}
                Poll::Ready(_) => return Written::Broken,
            }
        }
        Written::All
    }

    fn note_written(&mut self, index: u32, written: usize) {
        let mut spent = None;
        if let Some(open) = self.open_at(index) {
            open.outgoing.advance(written, |segment| spent = Some(segment));
        }
        if let Some(segment) = spent {
            self.connections.reuse(segment);
        }
        self.connections.counters.sends += 1;
        self.connections.was_sent(index, written);
    }

    fn note_file_sent(&mut self, index: u32, sent: u64) {
        if let Some(open) = self.open_at(index) {
            open.outgoing.advance_file(sent);
        }
        self.connections.counters.sends += 1;
        self.connections.was_sent(index, sent as usize);
    }

    /// Reads once, if that is wanted. What comes makes the connection unsettled, and what it wants then is asked before it is
    /// read again.
    fn receive(&mut self, index: u32, receive: Receive) {
        let is_unassisted = self.is_unassisted;
        let scratch = &mut self.scratch.0;
        let Some(open) = self.connections.link_mut(index).0.as_deref_mut() else {
            return;
        };
        if receive == Receive::Nothing || !open.may_be_readable {
            return;
        }
        if open.reads_left == 0 {
            return open.waker.wake_by_ref();
        }
        open.reads_left -= 1;
        let mut context = Context::from_waker(&open.waker);
        let mut poll = open.socket.poll_read(&mut context, scratch);
        if poll.is_pending() && is_unassisted {
            poll = open.socket.read_now(scratch);
        }
        open.may_be_readable = matches!(poll, Poll::Ready(Ok(1..)));
        match poll {
            Poll::Pending => {}
            Poll::Ready(Ok(0)) => self.connections.arrived_end(index),
            Poll::Ready(Ok(length)) => {
                self.connections
                    .arrived(index, &scratch[..length], &mut self.handshakes);
                // There may be more, and nobody waits for it.
                self.connections.unsettle(index);
            }
            Poll::Ready(Err(_)) => self.connections.broken(index),
        }
    }

    fn shut_down(&mut self, index: u32) {
        if let Some(open) = self.open_at(index)
            && !std::mem::replace(&mut open.is_shut_down, true)
        {
            // It fails where the client is gone already, which reading tells.
            let _ = open.socket.shutdown(std::net::Shutdown::Write);
        }
    }

    fn close(&mut self, index: u32, end: End) {
        if end == End::Plain {
            self.send_last_bytes(index);
        }
        let Some(open) = self.connections.close(index).0 else {
            return;
        };
        match end {
            End::Plain => drop(open.socket.shutdown(std::net::Shutdown::Both)),
            End::Reset => open.socket.reset_on_close(),
        }
    }

    /// A sealed connection says that it ends, where that takes no time and overtakes nothing.
    fn send_last_bytes(&mut self, index: u32) {
        let is_unassisted = self.is_unassisted;
        let Some(bytes) = self.connections.last_bytes(index) else {
            return;
        };
        if let Some(open) = self.open_at(index)
            && open.outgoing.is_empty()
            && !open.is_shut_down
        {
            let _ = open.write(&[IoSlice::new(&bytes)], is_unassisted);
        }
    }

    pub(crate) fn give_away(
        &mut self,
        socket: crate::socket::Socket,
        listener: u32,
        has_asked: bool,
        add: impl FnOnce(Handed) -> Handed,
    ) {
        // One that tokio does not let go of is closed.
        if let Ok(socket) = socket.into_owned() {
            let handed = self.connections.handed(socket, listener, has_asked);
            self.released.push(add(handed));
            self.connections.counters.released += 1;
        }
    }
}
