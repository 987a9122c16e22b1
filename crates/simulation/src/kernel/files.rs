//! Files: what is sent of them past the ring, and read.
//!
//! Owns no file: they are real ones, and small. Whether a disk has to be waited for, chance says. Called by: the kernel.

use std::os::unix::fs::FileExt as _;

use howth_engine::FileBody;
use howth_io_uring_net::{Completion, Errno, Socket, Token};

use super::{Operation, SimulatedKernel};
use crate::faults::Fault;
use crate::memory;

impl SimulatedKernel {
    /// sendmsg(2) of a system call of its own.
    pub(super) fn send_past(
        &mut self,
        socket: Socket,
        slices: &[&[u8]],
        total: usize,
    ) -> Result<usize, Errno> {
        let is_sending = |operation: &Operation| matches!(operation, Operation::Send(at, _) | Operation::PollWritable(at) if *at == socket);
        if self.in_flight.iter().any(|other| is_sending(&other.operation)) {
            self.control.violate("bytes overtake a send in flight".to_owned());
        }
        let mut wanted = total;
        if self.draw(Fault::ShortSend) {
            wanted = self.random.below(total + 1);
        }
        memory::outside(|| self.send_bytes(socket, slices.iter().copied(), wanted))
    }

    /// sendfile(2) of a part that is in memory.
    pub(super) fn send_part(&mut self, socket: Socket, part: &FileBody) -> Result<u64, Errno> {
        if self.draw(Fault::InterruptedSend) {
            return Err(Errno(*self.random.choose(&[libc::EINTR, libc::EAGAIN])));
        }
        let bytes = memory::outside(|| read(part))?;
        match self.send_past(socket, &[&bytes], bytes.len()) {
            // The end of the file.
            Ok(0) if bytes.is_empty() => Ok(0),
            Ok(0) => Err(Errno(libc::EAGAIN)),
            result => result.map(|sent| sent as u64),
        }
    }

    /// pread(2), of less than there is perhaps, into memory of the engine's own.
    pub(super) fn read_part(&mut self, part: &FileBody) -> Result<Vec<u8>, Errno> {
        let mut part = part.clone();
        if self.draw(Fault::ShortReceive) {
            part.length = self.random.between(1, part.length as usize) as u64;
        }
        read(&part)
    }

    pub(super) fn attempt_read(&mut self, part: &FileBody, token: Token) -> bool {
        let result = self.read_part(part);
        self.push(Completion::FileRead { token, result });
        false
    }

    pub(super) fn attempt_poll_writable(&mut self, socket: Socket, token: Token) -> bool {
        let network = self.network.borrow();
        let is_writable = network.link_of(socket.0).is_none_or(|link| {
            let link = &network.links[link];
            let is_over = link.to_client.is_ended || link.is_reset || link.is_client_gone;
            is_over || link.to_client.room() > 0
        });
        drop(network);
        if is_writable {
            self.push(Completion::Writable { token });
        }
        !is_writable
    }
}

fn read(part: &FileBody) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; part.length as usize];
    let read = part.file.read_at(&mut bytes, part.offset);
    let length = read.map_err(|error| Errno(error.raw_os_error().unwrap_or(libc::EIO)))?;
    bytes.truncate(length);
    Ok(bytes)
}
