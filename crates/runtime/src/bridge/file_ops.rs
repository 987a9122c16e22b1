//! The op that answers with a file.
//!
//! Called by: `js/server/send.js`, for responses whose body is a file.

use std::borrow::Cow;
use std::path::Path;

use deno_core::{OpState, op2};
use howth_engine::{Body, FileBody};

use super::id;
use super::response_ops::with_response_head;
use super::state::Bridge;

/// Answers with a part of a file, from `start` to before `end`; below zero: to its own end. False, and there is no answer: it
/// cannot be opened, or is a pipe or a device, which has no length.
#[allow(clippy::too_many_arguments)]
#[op2(fast)]
pub(super) fn op_howth_respond_file(
    state: &OpState,
    index: u32,
    generation: u32,
    status: u32,
    #[string(onebyte)] reason: Cow<'_, [u8]>,
    #[string(onebyte)] fields: Cow<'_, [u8]>,
    #[string] path: &str,
    #[number] start: i64,
    #[number] end: i64,
) -> bool {
    let Ok(Some((file, size))) = howth_files::open_file(Path::new(path)) else {
        return false;
    };
    let end = u64::try_from(end).map_or(size, |end| end.min(size));
    let start = u64::try_from(start).unwrap_or_default().min(end);
    let body = FileBody {
        file: file.into(),
        offset: start,
        length: end - start,
    };
    with_response_head(status, &reason, &fields, |head| {
        let _ = state
            .borrow::<Bridge>()
            .with(|exchanges| exchanges.respond_with(id(index, generation), head, Body::File(body)));
    });
    true
}
