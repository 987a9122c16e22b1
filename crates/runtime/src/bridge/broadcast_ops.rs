//! The ops behind Deno's `BroadcastChannel`, with topics for a way between isolates instead of Deno's.
//!
//! They take the place of Deno's ops of the same names ([`replacement`]), whose JavaScript stays as it is. Deno's carry
//! messages through one channel for all isolates of a process, behind a lock, which forgets the oldest of 256; these are
//! carried by the mesh. Owns the memory of `SharedArrayBuffer`s between a message and its decoding.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use deno_core::{JsBuffer, OpDecl, OpState, Resource, ResourceId, ToJsBuffer, op2, v8};
use howth_kv::Value;
use howth_supervision::tell;

use crate::topics::{Audience, Channels, Message, Post, SharedMemory};

/// All channels of an isolate are one subscriber: their names are told apart by its JavaScript.
const EVERY_NAME: &str = "";

/// What the ops throw.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub(super) enum BroadcastException {
    #[class(inherit)]
    #[error(transparent)]
    Resource(#[from] deno_core::error::ResourceError),
    #[class(inherit)]
    #[error(transparent)]
    Serialize(#[from] deno_error::JsErrorBox),
}

/// An isolate's part in the channels, while it has any.
struct Subscription {
    post: Post,
    /// The last channel was closed.
    is_left: Cell<bool>,
    has_told_of_loss: Cell<bool>,
}

impl Resource for Subscription {}

impl Subscription {
    /// The next message; `None`: it is time to see whether there still are channels.
    fn poll_receive(&self, context: &mut Context<'_>) -> Poll<Option<Message>> {
        self.tell_of_loss();
        if self.is_left.take() {
            return Poll::Ready(None);
        }
        self.post
            .poll_receive(context, 1)
            .map(|mut messages| messages.pop())
    }

    /// The standard knows no loss, and so no event for it.
    fn tell_of_loss(&self) {
        let lost = self.post.lost(EVERY_NAME);
        if lost > 0 && !self.has_told_of_loss.replace(true) {
            tell(format_args!(
                "howth: BroadcastChannel: {lost} messages were lost, and more may be, because too many waited for a core or \
                 worker that was busy; post less at once, or use Howth.publish, which says what is lost"
            ));
        }
    }
}

/// Memory of messages whose decoding is not over, by a number that is never 0.
#[derive(Default)]
pub(super) struct Stash {
    memory: HashMap<u32, SharedMemory>,
    last: u32,
}

impl Stash {
    /// 0: there is no memory.
    fn put(&mut self, memory: SharedMemory) -> u32 {
        if memory.is_empty() {
            return 0;
        }
        self.last = self.last.wrapping_add(1).max(1);
        self.memory.insert(self.last, memory);
        self.last
    }

    fn get(state: &OpState, id: u32) -> SharedMemory {
        state
            .borrow::<Stash>()
            .memory
            .get(&id)
            .cloned()
            .unwrap_or_default()
    }
}

/// The op that takes the place of Deno's, or that op.
pub(super) fn replacement(op: OpDecl) -> OpDecl {
    let ours = match op.name {
        "op_broadcast_subscribe" => op_broadcast_subscribe(),
        "op_broadcast_unsubscribe" => op_broadcast_unsubscribe(),
        "op_broadcast_serialize" => op_broadcast_serialize(),
        "op_broadcast_deserialize" => op_broadcast_deserialize(),
        "op_broadcast_free" => op_broadcast_free(),
        "op_broadcast_send" => op_broadcast_send(),
        "op_broadcast_recv" => op_broadcast_recv(),
        _ => return op,
    };
    op.with_implementation_from(&ours)
}

#[op2(fast)]
#[smi]
fn op_broadcast_subscribe(state: &mut OpState) -> ResourceId {
    let post = state.borrow::<Channels>().post();
    post.subscribe(EVERY_NAME);
    state.resource_table.add(Subscription {
        post,
        is_left: Cell::new(false),
        has_told_of_loss: Cell::new(false),
    })
}

/// The last channel was closed. The subscription ends with its resource, which JavaScript closes when it comes to it, if
/// no channel was opened meanwhile.
#[op2(fast)]
fn op_broadcast_unsubscribe(state: &mut OpState, #[smi] id: ResourceId) -> Result<(), BroadcastException> {
    let subscription = state.resource_table.get::<Subscription>(id)?;
    subscription.is_left.set(true);
    subscription.post.discard();
    Ok(())
}

/// Encodes a message: `[bytes, the number of its memory]`.
///
/// Takes no borrow of the state while it encodes, which may run code of the program.
#[op2(reentrant)]
fn op_broadcast_serialize<'a>(
    scope: &mut v8::PinScope<'a, '_>,
    state: Rc<RefCell<OpState>>,
    value: v8::Local<'a, v8::Value>,
    error_callback: v8::Local<'a, v8::Value>,
) -> Result<v8::Local<'a, v8::Value>, BroadcastException> {
    let error_callback = v8::Local::<v8::Function>::try_from(error_callback).ok();
    let (bytes, stores) = deno_core::serialize_broadcast(scope, value, error_callback)?;
    let memory = state
        .borrow_mut()
        .borrow_mut::<Stash>()
        .put(SharedMemory::new(stores));
    let bytes = super::values::give_bytes(scope, bytes);
    let memory = v8::Integer::new_from_unsigned(scope, memory);
    Ok(v8::Array::new_with_elements(scope, &[bytes, memory.into()]).into())
}

/// Decodes a message, for each channel that gets it.
#[op2(reentrant)]
fn op_broadcast_deserialize<'a>(
    scope: &mut v8::PinScope<'a, '_>,
    state: Rc<RefCell<OpState>>,
    #[buffer] bytes: JsBuffer,
    #[smi] memory: u32,
    deserializers: Option<v8::Local<'a, v8::Object>>,
) -> Result<v8::Local<'a, v8::Value>, BroadcastException> {
    let stores = Stash::get(&state.borrow(), memory).stores();
    Ok(deno_core::deserialize_broadcast(
        scope,
        &bytes,
        stores,
        deserializers,
    )?)
}

/// A message was decoded for every channel of the isolate.
#[op2(fast)]
fn op_broadcast_free(state: &mut OpState, #[smi] memory: u32) {
    state.borrow_mut::<Stash>().memory.remove(&memory);
}

/// Sends a message to every other isolate that has a channel.
#[op2(nofast)]
fn op_broadcast_send(
    state: &OpState,
    #[smi] id: ResourceId,
    #[string] name: &str,
    #[buffer] bytes: &[u8],
    #[smi] memory: u32,
) -> Result<(), BroadcastException> {
    let subscription = state.resource_table.get::<Subscription>(id)?;
    let message = Message {
        topic: name.into(),
        value: Value::Structured(bytes.into()),
        memory: Stash::get(state, memory),
    };
    subscription.post.publish(EVERY_NAME, &message, Audience::Others);
    Ok(())
}

/// Waits for a message of another isolate: name, bytes, the number of its memory. No name: it is no message, and the caller
/// sees that there are no channels any more, or that there are some again; told so, it would not look.
///
/// Answered by the event loop only, which dispatches the events that came of the message before.
#[op2(async(lazy), nofast)]
#[serde]
async fn op_broadcast_recv(
    state: Rc<RefCell<OpState>>,
    #[smi] id: ResourceId,
) -> Result<(Option<String>, ToJsBuffer, u32), BroadcastException> {
    let subscription = state.borrow().resource_table.get::<Subscription>(id)?;
    let Some(message) = poll_fn(|context| subscription.poll_receive(context)).await else {
        return Ok((None, Vec::new().into(), 0));
    };
    let Value::Structured(bytes) = message.value else {
        unreachable!("only op_broadcast_send publishes here");
    };
    let memory = state.borrow_mut().borrow_mut::<Stash>().put(message.memory);
    Ok((Some(message.topic.to_string()), bytes.to_vec().into(), memory))
}
