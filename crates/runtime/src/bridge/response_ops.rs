//! Ops that answer a request.
//!
//! The two that plain responses take are fast ops: V8 calls them without building a call frame for a slow
//! callback. An exchange that is over takes an answer silently: nobody is there to read it.

use std::borrow::Cow;

use deno_core::{OpState, op2, v8};
use howth_engine::{Backpressure, Body, ExchangeId, Exchanges, WriteError};
use howth_http1::{Field, RequestFacts, ResponseHead, has_content};
use howth_javascript::server::{start, write};
use howth_supervision::tell;

use super::{id, state::Bridge};

/// A response with this many header fields needs no allocation for them.
const FIELDS_ON_STACK: usize = 24;

const CONTENT_TYPE: &[u8] = b"content-type";

/// Answers with a text and at most a content type.
#[op2(fast)]
pub(super) fn op_howth_respond_text(
    state: &OpState,
    index: u32,
    generation: u32,
    status: u32,
    #[string(onebyte)] content_type: Cow<'_, [u8]>,
    #[string] body: Cow<'_, str>,
) {
    respond_plain(
        state,
        id(index, generation),
        status,
        &content_type,
        body.as_bytes(),
    );
}

/// Answers with bytes and at most a content type.
#[op2(fast)]
pub(super) fn op_howth_respond_bytes(
    state: &OpState,
    index: u32,
    generation: u32,
    status: u32,
    #[string(onebyte)] content_type: Cow<'_, [u8]>,
    #[buffer] body: &[u8],
) {
    respond_plain(state, id(index, generation), status, &content_type, body);
}

fn respond_plain(state: &OpState, id: ExchangeId, status: u32, content_type: &[u8], body: &[u8]) {
    let field: &[Field<'_>] = &[(CONTENT_TYPE, content_type)];
    let fields = if content_type.is_empty() { &[] } else { field };
    let head = ResponseHead {
        status: status as u16,
        reason: None,
        fields,
    };
    respond(state, id, &head, body);
}

fn respond(state: &OpState, id: ExchangeId, head: &ResponseHead<'_>, body: &[u8]) {
    let _ = state
        .borrow::<Bridge>()
        .with(|exchanges| exchanges.respond(id, head, body));
}

/// Answers with a text and one to four header fields; those that are left out have no name.
///
/// Names and values cross as they are: V8 passes sequential strings by reference, so that nothing is put together or
/// copied before it is written into the message.
#[allow(clippy::too_many_arguments)]
#[op2(fast)]
pub(super) fn op_howth_respond_few(
    state: &OpState,
    index: u32,
    generation: u32,
    status: u32,
    #[string(onebyte)] name_1: Cow<'_, [u8]>,
    #[string(onebyte)] value_1: Cow<'_, [u8]>,
    #[string(onebyte)] name_2: Cow<'_, [u8]>,
    #[string(onebyte)] value_2: Cow<'_, [u8]>,
    #[string(onebyte)] name_3: Cow<'_, [u8]>,
    #[string(onebyte)] value_3: Cow<'_, [u8]>,
    #[string(onebyte)] name_4: Cow<'_, [u8]>,
    #[string(onebyte)] value_4: Cow<'_, [u8]>,
    #[string] body: Cow<'_, str>,
) {
    let fields: [Field<'_>; 4] = [
        (&name_1, &value_1),
        (&name_2, &value_2),
        (&name_3, &value_3),
        (&name_4, &value_4),
    ];
    let count = fields.iter().take_while(|(name, _)| !name.is_empty()).count();
    let head = ResponseHead {
        status: status as u16,
        reason: None,
        fields: &fields[..count],
    };
    respond(state, id(index, generation), &head, body.as_bytes());
}

/// Answers with a text and any header fields.
#[op2(fast)]
pub(super) fn op_howth_respond(
    state: &OpState,
    index: u32,
    generation: u32,
    status: u32,
    #[string(onebyte)] reason: Cow<'_, [u8]>,
    #[string(onebyte)] fields: Cow<'_, [u8]>,
    #[string] body: Cow<'_, str>,
) {
    with_response_head(status, &reason, &fields, |head| {
        respond(state, id(index, generation), head, body.as_bytes());
    });
}

/// Answers with a long text and any header fields. Text that is ASCII goes to the engine from where V8 has it.
#[op2(nofast)]
pub(super) fn op_howth_respond_long(
    scope: &mut v8::PinScope<'_, '_>,
    state: &OpState,
    index: u32,
    generation: u32,
    status: u32,
    #[string(onebyte)] reason: Cow<'_, [u8]>,
    #[string(onebyte)] fields: Cow<'_, [u8]>,
    body: v8::Local<'_, v8::String>,
) {
    let id = id(index, generation);
    with_response_head(status, &reason, &fields, |head| {
        let view = v8::ValueView::new(scope, body);
        if let v8::ValueViewData::OneByte(text) = view.data()
            && text.is_ascii()
        {
            return respond(state, id, head, text);
        }
        drop(view);
        let text = body.to_rust_string_lossy(scope).into_bytes();
        let _ = state
            .borrow::<Bridge>()
            .with(|exchanges| exchanges.respond_with(id, head, Body::Owned(text)));
    });
}

/// Sends `103 Early Hints` (RFC 8297) with links; false: the response was begun, or the exchange is over.
#[op2(fast)]
pub(super) fn op_howth_early_hints(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string(onebyte)] links: Cow<'_, [u8]>,
) -> bool {
    let head = ResponseHead {
        status: 103,
        reason: None,
        fields: &[(b"link", &links)],
    };
    let informed = state
        .borrow::<Bridge>()
        .with(|exchanges| exchanges.inform(id(index, generation), &head));
    matches!(informed, Some(Ok(())))
}

/// Answers with bytes and any header fields.
#[op2(fast)]
pub(super) fn op_howth_respond_raw(
    state: &OpState,
    index: u32,
    generation: u32,
    status: u32,
    #[string(onebyte)] reason: Cow<'_, [u8]>,
    #[string(onebyte)] fields: Cow<'_, [u8]>,
    #[buffer] body: &[u8],
) {
    with_response_head(status, &reason, &fields, |head| {
        respond(state, id(index, generation), head, body);
    });
}

/// Begins a response that is written in parts; `length` below zero: unknown. Answers whether the exchange is over,
/// and whether the client gets the body at all: a stream that nobody reads must not be pulled.
#[op2(fast)]
pub(super) fn op_howth_start(
    state: &OpState,
    index: u32,
    generation: u32,
    status: u32,
    #[string(onebyte)] reason: Cow<'_, [u8]>,
    #[string(onebyte)] fields: Cow<'_, [u8]>,
    #[number] length: i64,
) -> u32 {
    with_response_head(status, &reason, &fields, |head| {
        let id = id(index, generation);
        let has_content = state.borrow::<Bridge>().with(|exchanges| {
            let request = exchanges.head(id);
            request.is_some_and(|request| has_content(RequestFacts::from(&*request), head.status))
        });
        let length = u64::try_from(length).ok();
        let started = state
            .borrow::<Bridge>()
            .with(|exchanges| exchanges.start(id, head, length));
        match started {
            Some(Ok(())) if has_content == Some(true) => start::STREAM,
            Some(Ok(())) => start::BODYLESS,
            Some(Err(_)) | None => start::GONE,
        }
    })
}

#[op2(fast)]
pub(super) fn op_howth_write(state: &OpState, index: u32, generation: u32, #[buffer] chunk: &[u8]) -> u32 {
    write_part(state, id(index, generation), chunk)
}

/// Adds to a response that was begun; gives what JavaScript is told of it (`write`).
pub(super) fn write_part(state: &OpState, id: ExchangeId, chunk: &[u8]) -> u32 {
    let bridge = state.borrow::<Bridge>();
    match bridge.with(|exchanges| exchanges.write(id, chunk)) {
        Some(Ok(Backpressure::Ready)) => write::READY,
        Some(Ok(Backpressure::Full)) => {
            // The engine may have its turn, and room again, before JavaScript can say that it waits for that.
            bridge.watch(id);
            write::FULL
        }
        Some(Err(error)) => {
            report(state, id, error);
            write::GONE
        }
        None => write::GONE,
    }
}

/// Says on stderr what was wrong with a response that the engine did not send as it was given.
fn report(state: &OpState, id: ExchangeId, error: WriteError) {
    const TARGET_BYTES_MAX: usize = 200;
    if matches!(error, WriteError::Gone(_)) {
        return;
    }
    let request = state.borrow::<Bridge>().with(|exchanges| {
        let head = exchanges.head(id)?;
        // Visible ASCII, as the decoder made sure.
        let target: String = head.target().chars().take(TARGET_BYTES_MAX).collect();
        Some(format!(" to {} {target}", head.method()))
    });
    let request = request.flatten().unwrap_or_default();
    tell(format_args!(
        "howth: the response{request} was answered with 500, or broken off where it had begun: {error}; give it as many, or \
         leave content-length out"
    ));
}

#[op2(fast)]
pub(super) fn op_howth_finish(state: &OpState, index: u32, generation: u32) {
    let id = id(index, generation);
    let finished = state
        .borrow::<Bridge>()
        .with(|exchanges: &dyn Exchanges| exchanges.finish(id, &[]));
    if let Some(Err(error)) = finished {
        report(state, id, error);
    }
}

/// The same, with a trailer section: fields as those of a head.
#[op2(fast)]
pub(super) fn op_howth_finish_with_trailers(
    state: &OpState,
    index: u32,
    generation: u32,
    #[string(onebyte)] fields: Cow<'_, [u8]>,
) {
    let id = id(index, generation);
    let finished = with_response_head(200, &[], &fields, |head| {
        state
            .borrow::<Bridge>()
            .with(|exchanges| exchanges.finish(id, head.fields))
    });
    if let Some(Err(error)) = finished {
        report(state, id, error);
    }
}

#[op2(fast)]
pub(super) fn op_howth_fail(state: &OpState, index: u32, generation: u32) {
    let _ = state
        .borrow::<Bridge>()
        .with(|exchanges| exchanges.fail(id(index, generation)));
}

/// Reads header fields out of the one string they cross in: name, line feed, value, line feed, and so on.
pub(super) fn with_response_head<R>(
    status: u32,
    reason: &[u8],
    encoded: &[u8],
    answer: impl FnOnce(&ResponseHead<'_>) -> R,
) -> R {
    let mut on_stack: [Field<'_>; FIELDS_ON_STACK] = [(b"", b""); FIELDS_ON_STACK];
    let on_heap: Vec<Field<'_>>;
    let mut lines = encoded.split(|byte| *byte == b'\n');
    let mut next = || Some((lines.next().filter(|name| !name.is_empty())?, lines.next()?));
    let mut count = 0;
    while count < FIELDS_ON_STACK
        && let Some(field) = next()
    {
        on_stack[count] = field;
        count += 1;
    }
    let fields = if count < FIELDS_ON_STACK {
        &on_stack[..count]
    } else {
        on_heap = on_stack.iter().copied().chain(std::iter::from_fn(next)).collect();
        &on_heap
    };
    answer(&ResponseHead {
        status: status as u16,
        reason: std::str::from_utf8(reason)
            .ok()
            .filter(|reason| !reason.is_empty()),
        fields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoded: &str) -> Vec<(String, String)> {
        with_response_head(200, b"", encoded.as_bytes(), |head| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            head.fields
                .iter()
                .map(|(name, value)| (text(name), text(value)))
                .collect()
        })
    }

    #[test]
    fn fields_cross_in_one_string() {
        assert_eq!(decoded(""), []);
        let expected = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())];
        assert_eq!(decoded("a\n1\nb\n\n"), expected);
    }

    #[test]
    fn many_fields_cross_as_well() {
        for count in [FIELDS_ON_STACK - 1, FIELDS_ON_STACK, FIELDS_ON_STACK + 1, 100] {
            let encoded: String = (0..count)
                .map(|number| format!("n{number}\nv{number}\n"))
                .collect();
            let fields = decoded(&encoded);
            assert_eq!(fields.len(), count);
            assert_eq!(fields[count - 1].1, format!("v{}", count - 1));
        }
    }
}
