//! What is in flight.
//!
//! Called by: the kernel, which judges whether an operation may be asked for and may complete.

use howth_engine::FileBody;
use howth_io_uring_net::{Outgoing, Socket, Token};

use super::SimulatedKernel;

#[derive(Debug)]
pub(super) enum Operation {
    Accept,
    Doorbell,
    Receive(Socket),
    Poll(Socket),
    Send(Socket, Outgoing),
    PollWritable(Socket),
    ReadFile(FileBody),
    Close(Socket),
    Cancel(Token),
}

impl Operation {
    pub(super) fn socket(&self) -> Option<Socket> {
        match self {
            Operation::Receive(socket)
            | Operation::Poll(socket)
            | Operation::Send(socket, _)
            | Operation::PollWritable(socket)
            | Operation::Close(socket) => Some(*socket),
            Operation::Accept | Operation::Doorbell | Operation::Cancel(_) | Operation::ReadFile(_) => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) token: Token,
    pub(super) operation: Operation,
}

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
