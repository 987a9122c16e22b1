//! What the JavaScript of this folder has in common with Rust. The ops' code is in `crates/runtime/src/bridge`.

/// The next step of [`ops`](crate::ops): the ops that answer at once, and those that answer by a promise.
#[doc(hidden)]
#[macro_export]
macro_rules! shared_ops {
    ($next:ident $($before:tt)*) => {
        $crate::$next! {
            $($before)*
            [
                op_howth_kv_bytes,
                op_howth_kv_clear,
                op_howth_kv_delete,
                op_howth_kv_entry,
                op_howth_kv_get,
                op_howth_kv_has,
                op_howth_kv_increment,
                op_howth_kv_put,
                op_howth_kv_size,
                op_howth_topics_lost,
                op_howth_topics_members,
                op_howth_topics_publish,
                op_howth_topics_publish_elsewhere,
                op_howth_topics_set_members,
                op_howth_topics_subscribe,
                op_howth_topics_unsubscribe,
            ]
            [op_howth_topics_receive,]
        }
    };
}

/// Handed to `shared/numbers.js`.
pub(crate) mod numbers {
    crate::numbers::numbers! {
        /// Versions of `Howth.kv` besides those of entries.
        version: f64 as Version {
            /// Stands for any.
            ANY = -1.0,
            /// That of a key under which nothing is stored.
            NONE = 0.0,
        }
    }
}
