//! Bytes in and out of open connections, and the verdicts they bring.

use howth_ring_client::{Errno, Lease, Payload, Token};

use super::{SPARE_MAX, Worker, is_no_error};
use crate::connection::Phase;
use crate::error::ErrorClass;

impl Worker {
    pub(super) fn received(&mut self, token: Token, result: Result<Option<Lease>, Errno>, more: bool) {
        let Some(index) = self.index_of(token) else {
            if let Ok(Some(lease)) = result {
                self.ring.release(lease);
            }
            return;
        };
        let connection = &mut self.connections[index];
        if !more {
            connection.receiving = false;
            connection.operations -= 1;
        }
        let is_alive = matches!(connection.phase, Phase::Handshaking | Phase::Open);
        match result {
            Ok(Some(lease)) => {
                self.recorder.tally.received_bytes += u64::from(lease.len);
                let received = match is_alive {
                    true => connection.receive(self.ring.bytes(&lease), &mut self.layers, &mut self.answered),
                    false => Ok(()),
                };
                self.ring.release(lease);
                self.settle(index, received);
            }
            Ok(None) if is_alive => {
                connection.end_of_stream(&mut self.layers, &mut self.answered);
                self.settle(index, Ok(()));
            }
            Err(errno) if is_alive && !is_no_error(errno) => self.fail(index, ErrorClass::Read),
            Ok(None) | Err(_) => {}
        }
        self.arm(index);
        self.proceed(index);
    }

    pub(super) fn sent(&mut self, token: Token, result: Result<usize, Errno>, mut payload: Payload) {
        let Some(index) = self.index_of(token) else { return };
        let connection = &mut self.connections[index];
        connection.operations -= 1;
        connection.sending = false;
        let is_alive = matches!(connection.phase, Phase::Handshaking | Phase::Open);
        match result {
            Ok(sent) => {
                self.recorder.tally.sent_bytes += sent as u64;
                if payload.advance(sent) && is_alive {
                    return self.send(index, payload);
                }
                if let Some(buffer) = payload.into_owned()
                    && self.spare.len() < SPARE_MAX
                {
                    self.spare.push(buffer);
                }
                if connection.unwritten > 0 || !self.layers.are_bare() {
                    self.write(index);
                }
            }
            Err(_) if is_alive => self.fail(index, ErrorClass::Write),
            Err(_) => {}
        }
        self.close_when_quiet(index);
    }

    /// Gives the kernel what the connection has to send, unless a send is in flight; its completion comes here
    /// again.
    pub(super) fn write(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        if connection.sending || !matches!(connection.phase, Phase::Handshaking | Phase::Open) {
            return;
        }
        let (is_occasional, count) = connection.next_alike();
        let pipeline = self.sequence.pipeline(is_occasional);
        let len = count * pipeline.request_bytes;
        if self.layers.are_bare() {
            if count > 0 {
                connection.unwritten -= count;
                let payload = Payload::shared(pipeline.bytes.clone(), len);
                self.send(index, payload);
            }
            return;
        }
        let mut out = self.spare.pop().unwrap_or_default();
        out.clear();
        match connection.take_output(count, &pipeline.bytes[..len], &mut out) {
            Err(class) => self.fail(index, class),
            Ok(()) if out.is_empty() => self.spare.push(out),
            Ok(()) => self.send(index, Payload::owned(out)),
        }
    }

    /// Arms the receive of a connection that has none.
    pub(super) fn arm(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        let is_alive = matches!(connection.phase, Phase::Handshaking | Phase::Open);
        if is_alive && !connection.receiving && !connection.is_spent {
            connection.receiving = true;
            connection.operations += 1;
            self.ring.receive(index as u32, connection.generation);
        }
    }

    fn send(&mut self, index: usize, payload: Payload) {
        let connection = &mut self.connections[index];
        connection.sending = true;
        connection.operations += 1;
        self.ring.send(index as u32, connection.generation, payload);
    }

    /// Counts the verdicts, and ends a connection that can bring no more.
    fn settle(&mut self, index: usize, received: Result<(), ErrorClass>) {
        let connection = &mut self.connections[index];
        let mut received = received;
        for answered in self.answered.drain(..) {
            match connection.queue.remove(answered.position) {
                Some(started) => {
                    self.outstanding -= 1;
                    self.recorder.verdict(&started, self.now_ns, answered.verdict);
                }
                None => received = Err(ErrorClass::Protocol),
            }
        }
        match received {
            Err(class) if connection.queue.is_empty() && connection.phase == Phase::Open => {
                self.recorder.error(self.now_ns, class);
                self.end(index);
            }
            Err(class) => self.fail(index, class),
            Ok(()) if connection.is_spent => match connection.queue.is_empty() {
                true if connection.phase == Phase::Open => self.end(index),
                _ => self.fail(index, ErrorClass::Read),
            },
            Ok(())
                if !self.plan.keep_alive
                    && connection.queue.is_empty()
                    && connection.phase == Phase::Open =>
            {
                self.end(index);
            }
            Ok(()) => {}
        }
    }
}
