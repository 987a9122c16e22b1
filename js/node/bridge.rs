//! What the JavaScript of this folder has in common with Rust. The ops' code is in `crates/runtime/src/bridge`.

/// The next step of [`ops`](crate::ops): the ops that answer at once, and those that answer by a promise.
#[doc(hidden)]
#[macro_export]
macro_rules! node_ops {
    ($next:ident $($before:tt)*) => {
        $crate::$next! {
            $($before)*
            [
                op_howth_digest,
                op_howth_digest_bytes,
                op_howth_required,
                op_howth_unpacked,
                op_howth_write_output,
            ]
            []
        }
    };
}
