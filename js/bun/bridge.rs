//! The ops of this folder. Their code is in `crates/runtime/src/bridge`.

/// The next step of [`ops`](crate::ops): the ops that answer at once, and those that answer by a promise.
#[doc(hidden)]
#[macro_export]
macro_rules! bun_ops {
    ($next:ident $($before:tt)*) => {
        $crate::$next! {
            $($before)*
            [
                op_howth_password_hash,
                op_howth_password_verify,
            ]
            [
                op_howth_password_hash_later,
                op_howth_password_verify_later,
            ]
        }
    };
}
