//! Ops of server-sent events: what is written to one stream, or the same to many.
//!
//! Never formats an event: JavaScript does, once for all who read it. A stream for which too much waits is not written to, and
//! JavaScript ends it.

use std::borrow::Cow;

use deno_core::{OpState, op2};
use howth_engine::ExchangeId;
use howth_javascript::http::reader;
use howth_javascript::server::write;

use super::response_ops::write_part;
use super::{id, state::Bridge};

/// Adds a text to a response that was begun. A number of `write`; `unsent_max`: more bytes than these may not wait before it.
#[op2(fast)]
pub(super) fn op_howth_write_event(
    state: &OpState,
    index: u32,
    generation: u32,
    unsent_max: u32,
    #[string] text: Cow<'_, str>,
) -> u32 {
    write_event(state, id(index, generation), unsent_max, text.as_bytes())
}

/// The same for the first `count` of `readers`, in whose numbers it notes what it says of each. How many were not written to.
#[op2(fast)]
pub(super) fn op_howth_write_event_to_all(
    state: &OpState,
    #[buffer] readers: &mut [u32],
    count: u32,
    #[string] text: Cow<'_, str>,
) -> u32 {
    let mut lost = 0;
    for numbers in readers.chunks_exact_mut(reader::LENGTH).take(count as usize) {
        let [index, generation, unsent_max, written] = numbers else {
            continue;
        };
        *written = write_event(state, id(*index, *generation), *unsent_max, text.as_bytes());
        lost += u32::from(!matches!(*written, write::READY | write::FULL));
    }
    lost
}

fn write_event(state: &OpState, id: ExchangeId, unsent_max: u32, text: &[u8]) -> u32 {
    let unsent = state
        .borrow::<Bridge>()
        .with(|exchanges| exchanges.unsent_bytes(id));
    match unsent {
        Some(unsent) if unsent > u64::from(unsent_max) => write::BEHIND,
        _ => write_part(state, id, text),
    }
}
