//! What an operation completes with, and when.
//!
//! Owns the meaning of each operation as io_uring(7) and tcp(7) have it, and the drawing of faults. Never keeps anything:
//! that is the kernel's. Called by: the kernel, when it is entered, and for what completes at once.

use std::time::Duration;

use howth_io_uring_net::{Completion, Errno, Lease, Outgoing, Socket, Token, Wait};

use super::SimulatedKernel;
use super::in_flight::{InFlight, Operation};
use crate::faults::Fault;

/// Completions of one multishot operation in one enter.
const SHOTS_MAX: usize = 4;

/// Connections accepted in one enter.
const ACCEPTS_MAX: usize = 2;

/// How far the clocks jump.
const JUMP_MS_MAX: usize = 200_000;

impl SimulatedKernel {
    pub(super) fn wait(&mut self, wait: Wait) {
        self.step_clocks();
        self.complete_all();
        if let Wait::For(duration) = wait
            && self.completions.is_empty()
        {
            self.pass(duration);
            self.complete_all();
        }
        self.visible = self.completions.len();
        let is_full = self.visible > self.options.completions || self.draw(Fault::Overflow);
        if is_full && self.visible > 0 {
            let fit = self.options.completions.min(self.visible);
            self.visible = self.random.between(1, fit);
            let overflows = self.visible < self.completions.len();
            self.overflows += u64::from(overflows);
            self.network.borrow_mut().has_delayed |= overflows;
        }
        self.publish();
    }

    fn pass(&mut self, duration: Duration) {
        let mut ms = usize::try_from(duration.as_millis()).unwrap_or(usize::MAX);
        if self.draw(Fault::EarlyWake) {
            ms = self.random.below(ms);
        }
        let mut network = self.network.borrow_mut();
        network.now_ms += ms as u64;
    }

    fn step_clocks(&mut self) {
        if !self.draw(Fault::ClockStep) {
            return;
        }
        let ms = self.random.below(JUMP_MS_MAX);
        let is_back = self.random.chance(500);
        let mut network = self.network.borrow_mut();
        if is_back {
            network.wall_offset_ms -= (ms as u64).cast_signed();
        } else {
            network.now_ms += ms as u64;
            network.has_jumped = true;
        }
    }

    fn complete_all(&mut self) {
        if self.draw(Fault::StaleCompletion) {
            self.push_stale();
        }
        let mut asked = std::mem::take(&mut self.in_flight);
        // Nobody is always last, or gets no buffer for ever.
        let first = self.random.below(asked.len());
        asked.rotate_left(first);
        if self.draw(Fault::AnyOrder) {
            self.random.shuffle(&mut asked);
        }
        let mut cancels = Vec::new();
        let mut closes = Vec::new();
        for in_flight in asked {
            if matches!(in_flight.operation, Operation::Cancel(_)) {
                cancels.push(in_flight);
            } else if self.draw(Fault::Late) {
                self.network.borrow_mut().has_delayed = true;
                self.in_flight.push(in_flight);
            } else if matches!(in_flight.operation, Operation::Close(_)) {
                closes.push(in_flight);
            } else if let Some(in_flight) = self.attempt(in_flight) {
                self.in_flight.push(in_flight);
            }
        }
        for cancel in cancels {
            if self.draw(Fault::Late) {
                self.network.borrow_mut().has_delayed = true;
                self.in_flight.push(cancel);
            } else {
                self.cancel_now(cancel);
            }
        }
        for close in closes {
            if let Some(close) = self.attempt(close) {
                self.in_flight.push(close);
            }
        }
    }

    /// Completes an operation as far as it can be; gives it back if it goes on.
    fn attempt(&mut self, in_flight: InFlight) -> Option<InFlight> {
        let InFlight { token, operation } = in_flight;
        let goes_on = match operation {
            Operation::Accept => self.attempt_accept(token),
            Operation::Doorbell => self.attempt_doorbell(),
            Operation::Receive(socket) => self.attempt_receive(socket, token),
            Operation::Poll(socket) => self.attempt_poll(socket, token),
            Operation::PollWritable(socket) => self.attempt_poll_writable(socket, token),
            Operation::ReadFile(ref part) => self.attempt_read(part, token),
            Operation::Send(socket, outgoing) => return self.attempt_send(socket, token, outgoing),
            // A socket lives for as long as an operation holds it.
            Operation::Close(socket) if self.has_in_flight(socket) => true,
            Operation::Close(socket) => {
                self.network.borrow_mut().server_close(socket.0);
                self.push(Completion::Done { token });
                false
            }
            Operation::Cancel(_) => true,
        };
        goes_on.then_some(InFlight { token, operation })
    }

    fn attempt_accept(&mut self, token: Token) -> bool {
        for _ in 0..ACCEPTS_MAX {
            let Some(link) = self.network.borrow().backlog.front().copied() else {
                return true;
            };
            if self.draw(Fault::NoDescriptor) {
                let errors = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::ENOBUFS];
                let error = *self.random.choose(&errors);
                return self.end_accept(token, error);
            }
            self.network.borrow_mut().backlog.pop_front();
            if self.draw(Fault::AbortedClient) {
                let mut network = self.network.borrow_mut();
                network.links[link].is_broken_by_fault = true;
                network.server_closed(link);
                network.reset(link);
                drop(network);
                return self.end_accept(token, libc::ECONNABORTED);
            }
            let socket = Socket(self.network.borrow_mut().open_descriptor(link));
            let more = !self.draw(Fault::MultishotEnds);
            self.push(Completion::Accepted {
                token,
                result: Ok(socket),
                more,
            });
            if !more {
                return false;
            }
        }
        true
    }

    fn end_accept(&mut self, token: Token, error: i32) -> bool {
        self.push(Completion::Accepted {
            token,
            result: Err(Errno(error)),
            more: false,
        });
        false
    }

    fn attempt_doorbell(&mut self) -> bool {
        let rings = self.control.rings.replace(0);
        let is_heard = (rings > 0 && !self.draw(Fault::LostRing)) || self.draw(Fault::DoubledRing);
        if !is_heard {
            return true;
        }
        let more = !self.draw(Fault::MultishotEnds);
        if more && self.draw(Fault::DoubledRing) {
            self.push(Completion::Rung { more: true });
        }
        self.push(Completion::Rung { more });
        more
    }

    fn attempt_receive(&mut self, socket: Socket, token: Token) -> bool {
        for _ in 0..SHOTS_MAX {
            if !self.is_readable(socket) {
                return true;
            }
            let is_without = self.buffers.free() == 0 || self.draw(Fault::NoBuffers);
            self.network.borrow_mut().has_delayed |= is_without;
            let mut wanted = self.buffers.buffer_bytes();
            if self.draw(Fault::OneByte) {
                wanted = 1;
            } else if self.draw(Fault::ShortReceive) {
                wanted = self.random.between(1, wanted);
            }
            let result = match is_without {
                true => Err(Errno(libc::ENOBUFS)),
                false => self
                    .receive_bytes(socket, wanted)
                    .map(|bytes| self.lease_of(&bytes)),
            };
            let more = matches!(result, Ok(Some(_))) && !self.draw(Fault::MultishotEnds);
            self.push(Completion::Received { token, result, more });
            if !more {
                return false;
            }
        }
        true
    }

    fn lease_of(&mut self, bytes: &[u8]) -> Option<Lease> {
        if bytes.is_empty() {
            return None;
        }
        self.buffers.fill(bytes)
    }

    fn attempt_poll(&mut self, socket: Socket, token: Token) -> bool {
        if !self.is_readable(socket) {
            return true;
        }
        self.push(Completion::Readable { token });
        false
    }

    /// Whether a receive would not wait.
    fn is_readable(&self, socket: Socket) -> bool {
        let network = self.network.borrow();
        network.link_of(socket.0).is_none_or(|link| {
            let link = &network.links[link];
            let is_over = link.to_server.is_ended || link.is_reset || link.is_shut_for_receiving;
            is_over || !link.to_server.bytes.is_empty()
        })
    }

    /// recv(2) that does not wait; nothing: the end.
    pub(super) fn receive_bytes(&mut self, socket: Socket, bytes_max: usize) -> Result<Vec<u8>, Errno> {
        let is_breaking = self.draw(Fault::BrokenReceive);
        let mut network = self.network.borrow_mut();
        let link = network.link_of(socket.0).ok_or(Errno(libc::EBADF))?;
        if is_breaking && !network.links[link].is_reset {
            network.links[link].is_broken_by_fault = true;
            network.reset(link);
        }
        let link = &mut network.links[link];
        let bytes = link.to_server.take(bytes_max);
        link.received_by_server += bytes.len() as u64;
        if !bytes.is_empty() {
            Ok(bytes)
        } else if link.is_reset {
            Err(Errno(libc::ECONNRESET))
        } else if link.to_server.is_ended || link.is_shut_for_receiving {
            Ok(Vec::new())
        } else {
            Err(Errno(libc::EAGAIN))
        }
    }

    fn attempt_send(&mut self, socket: Socket, token: Token, outgoing: Outgoing) -> Option<InFlight> {
        let total: usize = outgoing.slices().map(<[u8]>::len).sum();
        let result = if self.draw(Fault::InterruptedSend) {
            Err(Errno(*self.random.choose(&[libc::EINTR, libc::EAGAIN])))
        } else {
            let wanted = match self.draw(Fault::ShortSend) {
                true => self.random.between(1, total),
                false => total,
            };
            self.send_bytes(socket, outgoing.slices(), wanted)
        };
        // What fills the buffers is under way.
        if result == Ok(total) && outgoing.is_last() {
            self.network.borrow_mut().hold_last(socket.0, total);
        }
        if result == Ok(0) && total > 0 {
            let operation = Operation::Send(socket, outgoing);
            return Some(InFlight { token, operation });
        }
        self.push(Completion::Sent {
            token,
            result,
            outgoing,
        });
        None
    }

    /// sendmsg(2) that does not wait: gives how many of the `wanted` bytes were taken, none if there is no room.
    pub(super) fn send_bytes<'a>(
        &mut self,
        socket: Socket,
        slices: impl Iterator<Item = &'a [u8]>,
        wanted: usize,
    ) -> Result<usize, Errno> {
        let is_breaking = self.draw(Fault::BrokenSend);
        let error = Errno(*self.random.choose(&[libc::EPIPE, libc::ECONNRESET]));
        let mut network = self.network.borrow_mut();
        let now_ms = network.now_ms;
        let index = network.link_of(socket.0).ok_or(Errno(libc::EBADF))?;
        if is_breaking && !network.links[index].is_reset {
            network.links[index].is_broken_by_fault = true;
            network.reset(index);
        }
        let link = &mut network.links[index];
        if link.to_client.is_ended {
            return Err(Errno(libc::EPIPE));
        }
        if link.is_reset {
            return Err(error);
        }
        if link.is_client_gone {
            // The first bytes are taken, and answered by a reset.
            network.reset(index);
            return Ok(wanted);
        }
        let mut left = wanted.min(link.to_client.room());
        let taken = left;
        for slice in slices {
            let of_slice = left.min(slice.len());
            link.to_client.bytes.extend(&slice[..of_slice]);
            left -= of_slice;
        }
        link.to_client.held = 0;
        link.sent_by_server += taken as u64;
        link.sent_at_ms = now_ms;
        Ok(taken)
    }

    fn cancel_now(&mut self, cancel: InFlight) {
        let Operation::Cancel(target) = cancel.operation else {
            return;
        };
        let position = self.in_flight.iter().position(|other| other.token == target);
        let is_told_first = self.random.chance(500);
        if is_told_first {
            self.push(Completion::Done { token: cancel.token });
        }
        if let Some(position) = position {
            let InFlight { token, operation } = self.in_flight.swap_remove(position);
            self.end_cancelled(token, operation);
        }
        if !is_told_first {
            self.push(Completion::Done { token: cancel.token });
        }
    }

    fn end_cancelled(&mut self, token: Token, operation: Operation) {
        let cancelled = Errno(libc::ECANCELED);
        let loses = self.draw(Fault::CancelLoses);
        match operation {
            Operation::Accept => drop(self.end_accept(token, libc::ECANCELED)),
            Operation::Doorbell => self.push(Completion::Rung { more: false }),
            // The bytes come with the last completion, and not before it.
            Operation::Receive(socket) if loses && self.is_readable(socket) && self.buffers.free() > 0 => {
                let wanted = self.buffers.buffer_bytes();
                let result = self
                    .receive_bytes(socket, wanted)
                    .map(|bytes| self.lease_of(&bytes));
                self.push(Completion::Received {
                    token,
                    result,
                    more: false,
                });
            }
            Operation::Receive(_) => self.push(Completion::Received {
                token,
                result: Err(cancelled),
                more: false,
            }),
            Operation::Poll(_) => self.push(Completion::Readable { token }),
            Operation::PollWritable(_) => self.push(Completion::Writable { token }),
            Operation::ReadFile(_) => self.push(Completion::FileRead {
                token,
                result: Err(cancelled),
            }),
            Operation::Send(_, outgoing) => self.push(Completion::Sent {
                token,
                result: Err(cancelled),
                outgoing,
            }),
            Operation::Close(_) | Operation::Cancel(_) => self.push(Completion::Done { token }),
        }
    }
}
