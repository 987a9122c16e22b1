//! The bridge between an engine and JavaScript, both of one core.
//!
//! Owns: the ops (`op_howth_*`) through which JavaScript asks and answers, the batch in which events cross,
//! the call of JavaScript's dispatch. Never does: input, output, waiting. Called by: the core's loop, through
//! [`Application`], and JavaScript (`js/`), through the ops.

mod application;
mod batch;
mod blob_ops;
mod broadcast_ops;
mod field_places;
mod fixed_routes;
mod head_text;
mod kv_ops;
mod module_ops;
mod process_ops;
mod request_ops;
mod response_ops;
mod server_ops;
mod state;
mod structured_clone;
mod topic_ops;
mod uncaught;
mod values;

use std::sync::Arc;

use howth_engine::ExchangeId;
use howth_supervision::ListenError;

pub(crate) use application::{Application, Configuration, Entry, Served};
pub(crate) use batch::Batch;
pub(crate) use process_ops::was_listened_for;
pub(crate) use state::{Bridge, Numbers, Opener, StopOrder};
pub(crate) use uncaught::{Exceptions, Policy};

use blob_ops::op_howth_blob_bytes;
use field_places::{op_howth_field_names, op_howth_fields};
use kv_ops::{
    op_howth_kv_bytes, op_howth_kv_clear, op_howth_kv_delete, op_howth_kv_entry, op_howth_kv_get,
    op_howth_kv_has, op_howth_kv_increment, op_howth_kv_put, op_howth_kv_size,
};
use module_ops::op_howth_required;
use request_ops::{
    op_howth_body_cancel, op_howth_body_keep, op_howth_body_read, op_howth_body_take, op_howth_body_text,
    op_howth_field, op_howth_head, op_howth_remote_address, op_howth_watch,
};
use response_ops::{
    op_howth_fail, op_howth_finish, op_howth_respond, op_howth_respond_bytes, op_howth_respond_few,
    op_howth_respond_long, op_howth_respond_raw, op_howth_respond_text, op_howth_start, op_howth_write,
};
use server_ops::{
    op_howth_add_route, op_howth_clear_routes, op_howth_connect, op_howth_keep_alive, op_howth_listen,
    op_howth_metrics, op_howth_pending, op_howth_set_timeout, op_howth_stop, op_howth_take_texts,
};
use topic_ops::{
    op_howth_topics_lost, op_howth_topics_publish, op_howth_topics_receive, op_howth_topics_subscribe,
    op_howth_topics_unsubscribe,
};

deno_core::extension!(
    howth_ops,
    ops = [
        op_howth_add_route,
        op_howth_blob_bytes,
        op_howth_body_cancel,
        op_howth_body_keep,
        op_howth_body_read,
        op_howth_body_take,
        op_howth_body_text,
        op_howth_clear_routes,
        op_howth_connect,
        op_howth_fail,
        op_howth_field,
        op_howth_field_names,
        op_howth_fields,
        op_howth_finish,
        op_howth_head,
        op_howth_keep_alive,
        op_howth_kv_bytes,
        op_howth_kv_clear,
        op_howth_kv_delete,
        op_howth_kv_entry,
        op_howth_kv_get,
        op_howth_kv_has,
        op_howth_kv_increment,
        op_howth_kv_put,
        op_howth_kv_size,
        op_howth_listen,
        op_howth_metrics,
        op_howth_pending,
        op_howth_remote_address,
        op_howth_required,
        op_howth_respond,
        op_howth_respond_bytes,
        op_howth_respond_few,
        op_howth_respond_long,
        op_howth_respond_raw,
        op_howth_respond_text,
        op_howth_set_timeout,
        op_howth_start,
        op_howth_stop,
        op_howth_take_texts,
        op_howth_topics_lost,
        op_howth_topics_publish,
        op_howth_topics_subscribe,
        op_howth_topics_unsubscribe,
        op_howth_watch,
        op_howth_write,
        op_howth_topics_receive,
    ],
    options = { bridge: Bridge },
    middleware = |op| uncaught::replacement(process_ops::replacement(broadcast_ops::replacement(op))),
    state = |state, options| {
        state.put(options.bridge);
        state.put(broadcast_ops::Stash::default());
    },
);

/// The extension that gives the snapshot's ops their code, and some of Deno's another.
pub(crate) fn extension(bridge: Bridge) -> deno_core::Extension {
    howth_ops::init(bridge)
}

/// The same for a `Worker`, which cannot listen.
pub(crate) fn worker_extension() -> deno_core::Extension {
    let numbers = Numbers {
        core: 0,
        counters: Arc::default(),
    };
    extension(Bridge::new(Box::new(|_| Err(ListenError::Worker)), numbers))
}

/// An exchange as JavaScript names it: by two numbers.
fn id(index: u32, generation: u32) -> ExchangeId {
    ExchangeId { index, generation }
}
