//! What the JavaScript of this folder has in common with Rust. The ops' code is in `crates/runtime/src/bridge`.

/// The next step of [`ops`](crate::ops): the ops that answer at once, and those that answer by a promise.
#[doc(hidden)]
#[macro_export]
macro_rules! node_http_ops {
    ($next:ident $($before:tt)*) => {
        $crate::$next! {
            $($before)*
            [
                op_howth_change_tls,
                op_howth_connection_address,
                op_howth_connection_bytes_read,
                op_howth_connection_end,
                op_howth_connection_tls,
                op_howth_connection_watch,
                op_howth_connections,
                op_howth_connections_end,
                op_howth_continue,
                op_howth_encode,
                op_howth_finish_encoded,
                op_howth_hand_over,
                op_howth_rejection,
                op_howth_respond_encoded,
                op_howth_respond_encoded_bytes,
                op_howth_set_deadlines,
                op_howth_set_head_limits,
                op_howth_start_encoded,
                op_howth_stays_open,
                op_howth_stop_accepting,
                op_howth_tell_opened,
                op_howth_upgrade_encoded,
                op_howth_write_latin1,
                op_howth_write_text,
            ]
            []
        }
    };
}

/// Handed to `node_http/numbers.js`.
pub(crate) mod numbers {
    crate::numbers::numbers! {
        /// What is so of a request, as bits.
        fact: u32 as Fact {
            /// Its version is 1.0.
            HTTP_1_0 = 1,
            /// As far as the client is concerned the connection stays open.
            KEEPS_ALIVE = 2,
            /// The client waits to be told to send the body.
            EXPECTS_CONTINUE = 4,
            /// A body was announced.
            HAS_BODY = 8,
            /// It asks for another protocol, or for a tunnel.
            SWITCHES = 16,
            /// The client expects something that nobody here knows.
            EXPECTS_OTHER = 32,
        }

        /// How a connection is ended.
        end: u32 as End {
            /// Once what was asked on it is answered.
            IN_ORDER = 0,
            /// Now, behind what was written.
            AT_ONCE = 1,
            /// Now, by a reset.
            RESET = 2,
        }

        /// What a deadline may be besides a number of milliseconds.
        keep: u32 as Deadline {
            /// There is none.
            OFF = 0,
            /// The one that the engine has.
            AS_IT_IS = 4_294_967_295,
        }
    }
}
