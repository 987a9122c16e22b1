//! Bodies that lie in files.
//!
//! What goes out in clear is given to the socket by sendfile(2), past the ring, which has no operation for that; for room
//! in the socket the ring polls. What is not in memory, and what is sealed or framed on its way, is read: at once where that
//! takes no disk, else by the ring, into memory that is its own until then. Owns how much of a file leaves in one turn. Never
//! decides what is sent: `settle` and the connections do. Called by: `send`, `settle`, the turn.

use howth_connection::Outgoing;
use howth_engine::FileBody;
use howth_file_io::{READ_BYTES_MAX, SEND_BYTES_MAX};
use howth_ring::{Operation, Token};

use crate::engine::Core;
use crate::kernel::{Errno, Kernel, Socket};

/// So much of a file is sent to one client before the others have their turn.
const TURN_BYTES_MAX: u64 = 2 * SEND_BYTES_MAX;

impl<K: Kernel> Core<K> {
    /// Sends bytes with a file behind them: as much as goes at once, and then what waits.
    pub(super) fn send_with_file(&mut self, index: u32, mut outgoing: Outgoing) {
        let Some(socket) = self.connections.link(index).socket else {
            return;
        };
        if outgoing.segments_len() > 0 {
            let slices: Vec<&[u8]> = outgoing.slices().collect();
            let sent = self.kernel.send_now(socket, &slices, true);
            outgoing.advance(sent, drop);
            self.connections.counters.sends += 1;
            self.connections.was_sent(index, sent);
        }
        match outgoing.segments_len() {
            0 => self.send_file(index, socket, outgoing),
            _ => self.queue_send(index, socket, outgoing),
        }
    }

    fn send_file(&mut self, index: u32, socket: Socket, mut outgoing: Outgoing) {
        let mut sent = 0;
        while let Some(piece) = outgoing.file_piece(SEND_BYTES_MAX) {
            if sent >= TURN_BYTES_MAX {
                return self.wait_for_room(index, socket, outgoing);
            }
            if !self.kernel.is_in_memory(&piece) {
                return self.read_before_sending(index, piece, outgoing);
            }
            self.connections.counters.sends += 1;
            match self.kernel.send_file_now(socket, &piece) {
                Ok(0) | Err(Errno(libc::EIO)) => return self.connections.file_failed(index),
                Ok(bytes) => {
                    sent += bytes;
                    outgoing.advance_file(bytes);
                    self.connections.was_sent(index, bytes as usize);
                }
                Err(Errno(libc::EAGAIN | libc::EINTR)) => return self.wait_for_room(index, socket, outgoing),
                // A file system that has no such thing.
                Err(Errno(libc::EINVAL | libc::ENOSYS | libc::EOPNOTSUPP)) => {
                    return self.read_before_sending(index, piece, outgoing);
                }
                Err(_) => return self.connections.send_failed(index),
            }
        }
    }

    fn wait_for_room(&mut self, index: u32, socket: Socket, outgoing: Outgoing) {
        let token = self.begin(index, Operation::Writable);
        let link = self.connections.link_mut(index);
        link.is_sending = true;
        link.waiting = Some(Box::new(outgoing));
        self.kernel.poll_writable(socket, token);
    }

    fn read_before_sending(&mut self, index: u32, piece: FileBody, outgoing: Outgoing) {
        self.connections.link_mut(index).waiting = Some(Box::new(outgoing));
        let token = self.begin(index, Operation::ReadFile);
        self.kernel.read_file(piece.piece(READ_BYTES_MAX), token);
    }

    /// Reads what a connection wants of a file whose bytes it changes.
    pub(super) fn read_wanted(&mut self, index: u32) {
        let Some(piece) = self.connections.file_wanted(index) else {
            return;
        };
        match self.kernel.read_file_now(&piece) {
            Ok(bytes) => self.connections.file_read(index, Some(bytes)),
            Err(Errno(libc::EAGAIN)) => {
                let token = self.begin(index, Operation::ReadFile);
                self.kernel.read_file(piece, token);
            }
            Err(_) => self.connections.file_read(index, None),
        }
    }

    /// A socket has room, or its poll has ended otherwise.
    pub(super) fn writable(&mut self, token: Token) {
        let index = token.index;
        if !self.connections.contains(index, token.generation) {
            return;
        }
        let link = self.connections.link_mut(index);
        link.operations -= 1;
        link.is_sending = false;
        self.go_on(index);
    }

    pub(super) fn file_was_read(&mut self, token: Token, result: Result<Vec<u8>, Errno>) {
        let index = token.index;
        if !self.connections.contains(index, token.generation) {
            return;
        }
        let link = self.connections.link_mut(index);
        link.operations -= 1;
        // What a connection seals or frames does not wait here.
        let Some(outgoing) = &mut link.waiting else {
            self.connections.unsettle(index);
            return self.connections.file_read(index, result.ok());
        };
        match result {
            Ok(bytes) if !bytes.is_empty() => outgoing.supply(bytes),
            _ => {
                link.waiting = None;
                self.connections.unsettle(index);
                return self.connections.file_failed(index);
            }
        }
        self.go_on(index);
    }

    /// Sends what has waited, unless the connection has ended meanwhile.
    fn go_on(&mut self, index: u32) {
        let waiting = self.connections.link_mut(index).waiting.take();
        match waiting.filter(|_| self.connections.is_sending(index)) {
            Some(outgoing) => self.send(index, *outgoing),
            None => self.connections.unsettle(index),
        }
    }
}
