// Topics: Howth.publish and Howth.subscribe, and the same on servers.
//
// A message reaches the subscribers of every core. It is decoded once on each, whichever number of them there is; those
// of one core are called in the order in which they subscribed, one message after the other.

import { core } from "ext:core/mod.js";

// By topic; the core has subscribed to those that are in here.
const subscriptions = new Map();

let ops;
let isReceiving = false;

function connectOps(bound) {
  ops = bound;
}

class Subscription {
  #topic;
  #listener;

  constructor(topic, listener) {
    this.#topic = topic;
    this.#listener = listener;
  }

  static call(subscription, data) {
    try {
      subscription.#listener(data, subscription.#topic);
    } catch (error) {
      log(`howth: a subscriber of "${subscription.#topic}" failed:`, error);
    }
  }

  get topic() {
    return this.#topic;
  }

  // Of its topic, since this core first subscribed to it.
  get lost() {
    return ops.op_howth_topics_lost(this.#topic);
  }

  unsubscribe() {
    const others = subscriptions.get(this.#topic);
    if (others?.delete(this) && others.size === 0) {
      subscriptions.delete(this.#topic);
      ops.op_howth_topics_unsubscribe(this.#topic);
    }
  }

  [Symbol.dispose]() {
    this.unsubscribe();
  }
}

function log(message, error) {
  try {
    console.error(message, error);
  } catch {
    console.error(message, "an error that cannot be printed");
  }
}

function checkTopic(topic) {
  if (typeof topic !== "string") throw new TypeError("Howth: the topic must be a string");
}

// How many cores get the message.
function publish(topic, data) {
  checkTopic(topic);
  if (data === undefined) throw new TypeError("Howth.publish: undefined is no message");
  return ops.op_howth_topics_publish(topic, data);
}

function subscribe(topic, listener) {
  checkTopic(topic);
  if (typeof listener !== "function") {
    throw new TypeError("Howth.subscribe: the listener must be a function");
  }
  const subscription = new Subscription(topic, listener);
  const others = subscriptions.get(topic);
  if (others === undefined) {
    ops.op_howth_topics_subscribe(topic);
    subscriptions.set(topic, new Set([subscription]));
  } else {
    others.add(subscription);
  }
  if (!isReceiving) receive();
  return subscription;
}

// Publishes to whoever has subscribed but one subscription of this core: those of the core are called later, as ever. How
// many cores get it, this one included if anybody is called here.
function publishElsewhere(topic, data, skipped) {
  const here = subscriptions.get(topic);
  const count = ops.op_howth_topics_publish_elsewhere(topic, data);
  if (here === undefined || (here.size === 1 && here.has(skipped))) return count;
  const copy = typeof data === "string" ? data : data.slice();
  queueMicrotask(() => deliver(topic, copy, skipped));
  return count + 1;
}

// How many sockets of this core hear a topic that it has subscribed to; and how many of all cores do.
function setMembers(topic, count) {
  ops.op_howth_topics_set_members(topic, count);
}

function membersOf(topic) {
  return ops.op_howth_topics_members(topic);
}

// Until the isolate ends; it does not keep a program from ending.
async function receive() {
  isReceiving = true;
  for (;;) {
    const received = ops.op_howth_topics_receive();
    core.unrefOpPromise(received);
    const messages = await received;
    for (let at = 0; at < messages.length; at += 2) deliver(messages[at], messages[at + 1]);
  }
}

function deliver(topic, data, skipped) {
  const all = subscriptions.get(topic);
  if (all === undefined) return;
  // Who subscribes meanwhile hears the next one.
  for (const subscription of [...all]) {
    if (subscription !== skipped && all.has(subscription)) Subscription.call(subscription, data);
  }
}

export { checkTopic, connectOps, membersOf, publish, publishElsewhere, setMembers, subscribe };
