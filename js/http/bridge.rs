//! What the JavaScript of this folder has in common with Rust. The ops' code is in `crates/runtime/src/bridge/event_ops.rs`.

/// The next step of [`ops`](crate::ops): the ops that answer at once, and those that answer by a promise.
#[doc(hidden)]
#[macro_export]
macro_rules! http_ops {
    ($next:ident $($before:tt)*) => {
        $crate::$next! {
            $($before)*
            [
                op_howth_write_event,
                op_howth_write_event_to_all,
            ]
            []
        }
    };
}

/// Handed to `http/numbers.js`.
pub(crate) mod numbers {
    crate::numbers::numbers! {
        /// How those who are all written the same lie in a list of numbers.
        reader: usize as Reader {
            /// The numbers of one: slot, generation, how many bytes may wait for it, and what was answered for it last: a number
            /// of `Written`.
            LENGTH = 4,
        }
    }
}
