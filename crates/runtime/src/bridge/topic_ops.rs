//! Ops of topics: what an isolate publishes and what has come for it. `js/shared/topics.js` has checked the arguments.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;

use deno_core::{OpState, ToV8, op2, v8};

use super::values::{self, NotTaken};
use crate::topics::{Audience, MESSAGE_BYTES_MAX, Message, Post, SharedMemory, TOPIC_BYTES_MAX};

/// What an isolate is given at once: between two parts it may serve.
const PART_MESSAGES: usize = 64;

/// What publishing and subscribing throw.
#[derive(Debug, thiserror::Error, deno_error::JsError)]
pub(super) enum TopicException {
    #[class(range)]
    #[error("Howth: the topic has {0} bytes, more than {TOPIC_BYTES_MAX}")]
    LongTopic(usize),
    #[class(range)]
    #[error("Howth.publish: the message has {0} bytes, more than {MESSAGE_BYTES_MAX}")]
    TooLarge(usize),
    #[class("DOMExceptionDataCloneError")]
    #[error("{0}")]
    NotCloneable(String),
}

/// Messages as one array: topic, value, topic, value, and so on.
pub(super) struct Messages(Vec<Message>);

impl<'s> ToV8<'s> for Messages {
    type Error = std::convert::Infallible;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'s, 'i>) -> Result<v8::Local<'s, v8::Value>, Self::Error> {
        let mut elements = Vec::with_capacity(self.0.len() * 2);
        for Message { topic, value, .. } in &self.0 {
            let topic = v8::String::new(scope, topic);
            elements.push(topic.unwrap_or_else(|| v8::String::empty(scope)).into());
            elements.push(values::give(scope, value));
        }
        Ok(v8::Array::new_with_elements(scope, &elements).into())
    }
}

#[op2(fast)]
pub(super) fn op_howth_topics_subscribe(
    state: &OpState,
    #[string] topic: &str,
) -> Result<(), TopicException> {
    check(topic)?;
    post(state).subscribe(topic);
    Ok(())
}

#[op2(fast)]
pub(super) fn op_howth_topics_unsubscribe(state: &OpState, #[string] topic: &str) {
    post(state).unsubscribe(topic);
}

/// Publishes and answers how many cores get the message.
///
/// Takes no borrow of the state while it clones, which may run code of the program.
#[op2(nofast, reentrant)]
pub(super) fn op_howth_topics_publish<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[string] topic: &str,
    value: v8::Local<'s, v8::Value>,
) -> Result<u32, TopicException> {
    check(topic)?;
    publish(scope, &state, topic, value, Audience::All)
}

fn publish<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &Rc<RefCell<OpState>>,
    topic: &str,
    value: v8::Local<'s, v8::Value>,
    audience: Audience,
) -> Result<u32, TopicException> {
    let admit = |bytes| (bytes <= MESSAGE_BYTES_MAX).then_some(()).ok_or(bytes);
    let value = match values::take(scope, value, admit) {
        Ok(value) => value,
        Err(NotTaken::TooLarge(bytes)) => return Err(TopicException::TooLarge(bytes)),
        Err(NotTaken::NotCloneable(reason)) => return Err(TopicException::NotCloneable(reason)),
        Err(NotTaken::Threw) => return Ok(0),
    };
    let message = Message {
        topic: topic.into(),
        value,
        memory: SharedMemory::default(),
    };
    let cores = post(&state.borrow()).publish(topic, &message, audience);
    Ok(u32::try_from(cores).unwrap_or(u32::MAX))
}

/// Publishes to the other cores and workers alone, and answers how many get the message.
#[op2(nofast, reentrant)]
pub(super) fn op_howth_topics_publish_elsewhere<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: Rc<RefCell<OpState>>,
    #[string] topic: &str,
    value: v8::Local<'s, v8::Value>,
) -> Result<u32, TopicException> {
    check(topic)?;
    // Mostly there is nobody, and the message need not be taken.
    if !post(&state.borrow()).is_heard_elsewhere(topic) {
        return Ok(0);
    }
    publish(scope, &state, topic, value, Audience::Others)
}

/// How many sockets of this core hear a topic that it has subscribed to.
#[op2(fast)]
pub(super) fn op_howth_topics_set_members(state: &OpState, #[string] topic: &str, members: u32) {
    post(state).set_members(topic, members);
}

/// How many sockets of all cores hear a topic.
#[op2(fast)]
pub(super) fn op_howth_topics_members(state: &OpState, #[string] topic: &str) -> u32 {
    post(state).members(topic)
}

/// How many messages of a topic this core has lost.
#[op2(fast)]
#[number]
pub(super) fn op_howth_topics_lost(state: &OpState, #[string] topic: &str) -> u64 {
    post(state).lost(topic)
}

/// Waits for messages. One call at a time.
///
/// Answered by the event loop only, also where some have come: a loop over messages would not end while more come.
#[op2(async(lazy), nofast)]
pub(super) async fn op_howth_topics_receive(state: Rc<RefCell<OpState>>) -> Messages {
    let post = post(&state.borrow()).clone();
    Messages(poll_fn(|context| post.poll_receive(context, PART_MESSAGES)).await)
}

fn check(topic: &str) -> Result<(), TopicException> {
    match topic.len() {
        0..=TOPIC_BYTES_MAX => Ok(()),
        bytes => Err(TopicException::LongTopic(bytes)),
    }
}

fn post(state: &OpState) -> &Rc<Post> {
    state.borrow::<Rc<Post>>()
}
