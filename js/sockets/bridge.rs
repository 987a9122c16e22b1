//! What the JavaScript of this folder has in common with Rust. The ops' code is in `crates/runtime/src/bridge`.

/// The next step of [`ops`](crate::ops): the ops that answer at once, and those that answer by a promise.
#[doc(hidden)]
#[macro_export]
macro_rules! sockets_ops {
    ($next:ident $($before:tt)*) => {
        $crate::$next! {
            $($before)*
            [
                op_howth_socket_close,
                op_howth_socket_other_version,
                op_howth_socket_ping,
                op_howth_socket_pool,
                op_howth_socket_refusal,
                op_howth_socket_send_bytes,
                op_howth_socket_send_encoded_text,
                op_howth_socket_send_text,
                op_howth_socket_subscribe,
                op_howth_socket_take,
                op_howth_socket_take_small,
                op_howth_socket_terminate,
                op_howth_socket_unsent,
                op_howth_socket_unsubscribe,
                op_howth_socket_upgrade,
                op_howth_sockets_count,
                op_howth_sockets_members,
                op_howth_sockets_publish_bytes,
                op_howth_sockets_publish_text,
            ]
            []
        }
    };
}

/// Handed to `sockets/numbers.js`.
pub(crate) mod numbers {
    crate::numbers::numbers! {
        /// What came on a socket.
        told: u32 as Told {
            /// A text follows.
            TEXT = 1,
            /// Bytes follow.
            BINARY = 2,
            /// The end: a code, a reason, and whether both sides have closed follow.
            CLOSE = 8,
            /// Bytes follow.
            PING = 9,
            /// Bytes follow.
            PONG = 10,
            /// So many bits are for these numbers.
            KIND_BITS = 4,
        }

        /// The memory that small messages in bytes have in common, as those of Node's buffers do.
        pool: u32 as Pool {
            /// It has so many bytes.
            BYTES = 8 * 1024,
            /// Longer messages have memory of their own.
            MESSAGE_BYTES_MAX = 2 * 1024,
        }

        /// What sending answers besides how many bytes were sent.
        sent: i32 as Sent {
            /// The message is behind so much that more had better wait.
            FULL = -1,
            /// The socket is not open, or has too much unsent.
            DROPPED = 0,
        }

        /// What is set for a socket.
        flags: u32 as Flags {
            /// It is ended when it has too much unsent.
            ENDS_AT_LIMIT = 1,
            /// A client that is silent is asked whether it is there.
            SENDS_PINGS = 2,
            /// Pings are told.
            TELLS_PINGS = 4,
            /// Pongs are told.
            TELLS_PONGS = 8,
            /// Messages may be compressed.
            COMPRESSES = 16,
        }
    }
}
