//! What an operation is and whom it concerns, packed into the 64 bits the kernel hands back with its
//! completion (`user_data`).
//!
//! Never trusted on its own: the generation tells a completion of a connection that is long gone from one of
//! the connection that has its slot now.

/// The operations the engine asks of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Operation {
    /// Multishot accept on a listener.
    Accept = 1,
    /// Multishot receive on a connection.
    Receive = 2,
    /// Send on a connection; at most one is in flight.
    Send = 3,
    /// Cancellation of another operation.
    Cancel = 4,
    /// Shutdown of one or both directions.
    Shutdown = 5,
    /// Close of a socket.
    Close = 6,
    /// Connect to a server; only the client side asks for it.
    Connect = 7,
    /// Poll of a connection for bytes to receive.
    Readable = 8,
    /// Multishot poll of the doorbell, which other threads ring.
    Doorbell = 9,
    /// Poll of a connection for room to send.
    Writable = 10,
    /// Read of a part of a file, for a connection; at most one is in flight.
    ReadFile = 11,
}

/// An operation of one connection, of a listener, or of the doorbell (index 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What was asked.
    pub operation: Operation,
    /// The connection's slot, or the listener's number.
    pub index: u32,
    /// The slot's generation when it was asked; 24 bits.
    pub generation: u32,
}

/// Generations of connections wrap here.
pub const GENERATION_MASK: u32 = 0x00ff_ffff;

impl Token {
    /// Packs `kind:8 | generation:24 | index:32`.
    pub fn pack(self) -> u64 {
        debug_assert!(self.generation <= GENERATION_MASK);
        (self.operation as u64) << 56
            | u64::from(self.generation & GENERATION_MASK) << 32
            | u64::from(self.index)
    }

    /// The token in `user_data`, or `None` for a number that was never packed.
    pub fn unpack(user_data: u64) -> Option<Token> {
        let operation = match (user_data >> 56) as u8 {
            1 => Operation::Accept,
            2 => Operation::Receive,
            3 => Operation::Send,
            4 => Operation::Cancel,
            5 => Operation::Shutdown,
            6 => Operation::Close,
            7 => Operation::Connect,
            8 => Operation::Readable,
            9 => Operation::Doorbell,
            10 => Operation::Writable,
            11 => Operation::ReadFile,
            _ => return None,
        };
        Some(Token {
            operation,
            index: user_data as u32,
            generation: (user_data >> 32) as u32 & GENERATION_MASK,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_packing() {
        for (operation, index, generation) in [
            (Operation::Accept, 0, 0),
            (Operation::Receive, 1, 1),
            (Operation::Send, u32::MAX, GENERATION_MASK),
            (Operation::Cancel, 77, 5),
            (Operation::Shutdown, 78, 6),
            (Operation::Close, 79, 7),
            (Operation::Connect, 80, 8),
            (Operation::Readable, 81, 9),
            (Operation::Doorbell, 0, 10),
            (Operation::Writable, 82, 11),
            (Operation::ReadFile, 83, 12),
        ] {
            let token = Token {
                operation,
                index,
                generation,
            };
            assert_eq!(Token::unpack(token.pack()), Some(token));
        }
    }

    #[test]
    fn numbers_that_are_no_tokens_are_refused() {
        assert_eq!(Token::unpack(0), None);
        assert_eq!(Token::unpack(u64::MAX), None);
    }
}
