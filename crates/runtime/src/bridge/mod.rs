//! The bridge between an engine and JavaScript, both of one core.
//!
//! Owns: the ops (`op_howth_*`) through which JavaScript asks and answers, the batch in which events cross,
//! the call of JavaScript's dispatch. Never does: input, output, waiting. Called by: the core's loop, through
//! [`Application`], and JavaScript (`js/`), through the ops.

mod application;
mod batch;
mod before;
mod blob_ops;
mod broadcast_ops;
mod cache_ops;
mod encoded_ops;
mod event_ops;
mod field_places;
mod file_ops;
mod folders;
mod handed_ops;
mod head_text;
mod kv_ops;
mod layers;
mod log_ops;
mod module_ops;
mod openings;
mod password;
mod password_ops;
mod process_ops;
mod rate_limit;
mod request_ops;
mod response_ops;
mod routes;
mod scheduled;
mod served_files;
mod server_ops;
mod servers;
mod socket_ops;
mod socket_take;
mod sockets;
mod state;
mod structured_clone;
mod tls_ops;
mod topic_ops;
mod uncaught;
mod values;
mod web_socket_ops;

use std::sync::Arc;

use howth_engine::ExchangeId;
use howth_supervision::ListenError;

pub(crate) use application::{Application, Configuration, Entry, Served};
pub(crate) use batch::Batch;
pub(crate) use before::Before;
pub(crate) use folders::Folders;
pub(crate) use openings::{ListenAt, Opener, Opening, Source};
pub(crate) use process_ops::was_listened_for;
pub(crate) use state::{Bridge, Numbers, Reach, StopOrder};
pub(crate) use uncaught::{Exceptions, Policy};

use blob_ops::*;
use cache_ops::*;
use encoded_ops::*;
use event_ops::*;
use field_places::*;
use file_ops::*;
use handed_ops::*;
use kv_ops::*;
use log_ops::*;
use module_ops::*;
use password_ops::*;
use request_ops::*;
use response_ops::*;
use routes::*;
use server_ops::*;
use socket_ops::*;
use socket_take::*;
use tls_ops::*;
use topic_ops::*;
use web_socket_ops::*;

macro_rules! extension {
    ([$($at_once:ident,)*] [$($later:ident,)*]) => {
        deno_core::extension!(
            howth_ops,
            ops = [$($at_once,)* $($later),*],
            options = { bridge: Bridge },
            middleware = |op| log_ops::replacement(uncaught::replacement(process_ops::replacement(broadcast_ops::replacement(op)))),
            state = |state, options| {
                state.put(options.bridge);
                state.put(broadcast_ops::Stash::default());
                state.put(tls_ops::Objects::default());
            },
        );
    };
}

// The names stand beside the JavaScript that calls the ops (`js/*/bridge.rs`), in the order of the snapshot.
howth_javascript::ops!(extension);

/// The extension that gives the snapshot's ops their code, and some of Deno's another.
pub(crate) fn extension(bridge: Bridge) -> deno_core::Extension {
    howth_ops::init(bridge)
}

/// What a `Worker` has of listeners.
struct Nowhere;

impl Opener for Nowhere {
    fn open(&self, _: Source<'_>) -> Result<Opening, ListenError> {
        Err(ListenError::Worker)
    }
}

/// The same for a `Worker`, which cannot listen.
pub(crate) fn worker_extension() -> deno_core::Extension {
    let numbers = Numbers {
        core: 0,
        counters: Arc::default(),
    };
    extension(Bridge::new(Box::new(Nowhere), numbers))
}

/// An exchange as JavaScript names it: by two numbers.
fn id(index: u32, generation: u32) -> ExchangeId {
    ExchangeId { index, generation }
}
