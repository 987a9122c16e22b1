//! What is in flight on a socket.
//!
//! Called by: the kernel, which judges whether an operation may be asked for and may complete.

use howth_io_uring_net::{Socket, Token};

use super::{InFlight, Operation, SimulatedKernel};

impl SimulatedKernel {
    /// Whether the cancellation of an operation is in flight as well.
    pub(super) fn is_cancelled(&self, token: Token) -> bool {
        let cancels =
            |other: &InFlight| matches!(other.operation, Operation::Cancel(target) if target == token);
        self.in_flight.iter().any(cancels)
    }

    /// Whether anything is in flight on a socket.
    pub(super) fn has_in_flight(&self, socket: Socket) -> bool {
        self.in_flight
            .iter()
            .any(|other| other.operation.socket() == Some(socket))
    }
}
