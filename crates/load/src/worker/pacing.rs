//! Which connection sends the next request, and when.

use super::Worker;
use crate::connection::{Connection, Phase, Started};
use crate::pace::Schedule;

/// A thread's share of the pace. Moments are nanoseconds since the start.
#[derive(Clone, Debug)]
pub(crate) enum Pacing {
    /// The next requests follow the last answers.
    Closed {
        depth: usize,
        /// No request begins at this moment or later.
        end_ns: u64,
        /// Requests that may begin after the warm-up.
        left: u64,
        warm_up_ns: u64,
    },
    /// Requests follow a schedule.
    Open {
        depth: usize,
        schedule: Schedule,
        /// Nothing is sent at this moment or later.
        end_ns: u64,
        /// Whether the run ends then by plan, or only because the server answers nothing.
        is_timed: bool,
        warm_up_ns: u64,
    },
}

impl Pacing {
    pub(super) fn is_open_loop(&self) -> bool {
        matches!(self, Pacing::Open { .. })
    }

    /// Whether no further request is to be sent.
    pub(super) fn is_over(&self, now_ns: u64) -> bool {
        match self {
            Pacing::Closed { end_ns, left, .. } => now_ns >= *end_ns || *left == 0,
            // A timed run lasts to its end even after its last request.
            Pacing::Open {
                schedule,
                end_ns,
                is_timed,
                ..
            } => now_ns >= *end_ns || !is_timed && schedule.next_due_ns().is_none(),
        }
    }

    /// The end of a run that was to last for a time.
    pub(super) fn counted_end_ns(&self) -> Option<u64> {
        match self {
            Pacing::Closed { end_ns, .. } => Some(*end_ns).filter(|end_ns| *end_ns < u64::MAX),
            Pacing::Open { end_ns, is_timed, .. } => Some(*end_ns).filter(|_| *is_timed),
        }
    }

    pub(super) fn next_due_ns(&self) -> Option<u64> {
        match self {
            Pacing::Closed { .. } => None,
            Pacing::Open { schedule, .. } => schedule.next_due_ns(),
        }
    }

    /// Requests that were due after the warm-up and never sent.
    pub(super) fn unsent(&self, now_ns: u64) -> u64 {
        match self {
            Pacing::Closed { .. } => 0,
            Pacing::Open {
                schedule, warm_up_ns, ..
            } => schedule.behind(*warm_up_ns, now_ns),
        }
    }

    fn depth(&self) -> usize {
        match self {
            Pacing::Closed { depth, .. } | Pacing::Open { depth, .. } => *depth,
        }
    }

    /// How many requests a connection may begin now (closed loop).
    fn grant(&mut self, now_ns: u64) -> usize {
        match self {
            Pacing::Closed {
                depth,
                end_ns,
                left,
                warm_up_ns,
            } => {
                if now_ns >= *end_ns {
                    return 0;
                }
                let granted = (*left).min(*depth as u64);
                if now_ns >= *warm_up_ns {
                    *left -= granted;
                }
                granted as usize
            }
            Pacing::Open { .. } => 0,
        }
    }

    /// Whether a message may go out that so many connections wait for (closed loop): all of them or none.
    fn grants_broadcast(&mut self, now_ns: u64, answers: usize) -> bool {
        let Pacing::Closed {
            end_ns,
            left,
            warm_up_ns,
            ..
        } = self
        else {
            return false;
        };
        let is_granted = now_ns < *end_ns && *left > 0 && answers > 0;
        if is_granted && now_ns >= *warm_up_ns {
            *left = left.saturating_sub(answers as u64);
        }
        is_granted
    }

    fn take_due(&mut self, now_ns: u64) -> Option<u64> {
        match self {
            Pacing::Open { schedule, end_ns, .. } if now_ns < *end_ns => schedule.take(now_ns),
            _ => None,
        }
    }
}

impl Worker {
    /// Does with a connection whatever it can do now: opens it, gives it requests, lists it as ready, sends.
    pub(super) fn proceed(&mut self, index: usize) {
        if !self.has_begun {
            let connection = &self.connections[index];
            if connection.phase == Phase::Handshaking || connection.phase == Phase::Open {
                self.write(index);
            }
            return;
        }
        let is_over = self.pacing.is_over(self.now_ns);
        let connection = &self.connections[index];
        match connection.phase {
            Phase::Idle if self.now_ns < connection.retry_ns || is_over => {}
            Phase::Idle if self.plan.keep_alive => self.open(index),
            Phase::Idle if self.pacing.is_open_loop() => self.list(index),
            Phase::Idle => {
                if self.grant(index) {
                    self.open(index);
                }
            }
            Phase::Open if self.pacing.is_open_loop() => {
                self.list(index);
                self.write(index);
            }
            Phase::Open if self.plan.broadcasts => {
                if self.outstanding == 0 {
                    self.broadcast();
                }
                self.write(index);
            }
            Phase::Open => {
                if connection.queue.is_empty() && self.plan.keep_alive {
                    self.grant(index);
                }
                self.write(index);
            }
            Phase::Handshaking => self.write(index),
            Phase::Closing => self.close_when_quiet(index),
            Phase::Connecting => {}
        }
    }

    /// Gives every request that is due to a connection, as long as there is one (open loop).
    pub(super) fn assign_due(&mut self) {
        while let Some(index) = self.ready.front().map(|index| *index as usize) {
            let can_take = can_take(
                &self.connections[index],
                self.plan.keep_alive,
                self.pacing.depth(),
            );
            if !can_take {
                self.ready.pop_front();
                self.connections[index].is_listed = false;
                continue;
            }
            let Some(due_ns) = self.pacing.take_due(self.now_ns) else {
                return;
            };
            self.ready.rotate_left(1);
            self.begin_request(index, due_ns);
            match self.connections[index].phase {
                Phase::Idle => self.open(index),
                _ => self.write(index),
            }
        }
    }

    /// Closed loop: begins as many requests as may be on the way.
    fn grant(&mut self, index: usize) -> bool {
        let granted = self.pacing.grant(self.now_ns);
        for _ in 0..granted {
            self.begin_request(index, self.now_ns);
        }
        granted > 0
    }

    /// Sends a message on the first connection that is open; all that are wait for it.
    fn broadcast(&mut self) {
        let open = |index: &usize| self.connections[*index].phase == Phase::Open;
        let waiting: Vec<usize> = (0..self.connections.len()).filter(open).collect();
        if !self.pacing.grants_broadcast(self.now_ns, waiting.len()) {
            return;
        }
        for index in &waiting {
            self.begin_request(*index, self.now_ns);
            self.connections[*index].unwritten = 0;
        }
        if let Some(first) = waiting.first() {
            self.connections[*first].unwritten = 1;
            self.write(*first);
        }
    }

    fn begin_request(&mut self, index: usize, due_ns: u64) {
        let is_occasional = self.sequence.begin();
        let connection = &mut self.connections[index];
        connection.queue.push_back(Started {
            due_ns,
            begun_ns: self.now_ns,
            is_occasional,
        });
        connection.unwritten += 1;
        self.outstanding += 1;
    }

    fn list(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        if !connection.is_listed && can_take(connection, self.plan.keep_alive, self.pacing.depth()) {
            connection.is_listed = true;
            self.ready.push_back(index as u32);
        }
    }
}

/// Whether a connection has room for a request. Without keep-alive each request opens its own.
fn can_take(connection: &Connection, keep_alive: bool, depth: usize) -> bool {
    match keep_alive {
        true => connection.phase == Phase::Open && !connection.is_spent && connection.queue.len() < depth,
        false => connection.phase == Phase::Idle && connection.queue.is_empty(),
    }
}
