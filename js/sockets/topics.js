// Topics that sockets hear: those of Howth.publish, on every core.
//
// What is published here goes to the sockets of this core at once, and to whoever else has subscribed by the topics of all
// cores; what others publish comes by those. Each core frames a message once, however many of its sockets hear it.

import * as topics from "ext:howth/shared/topics.js";
import { bytesOf, memberCount, sendToMembers } from "ext:howth/sockets/link.js";

// By topic: this core's subscription, while any socket hears the topic.
const subscriptions = new Map();

// False: the socket has heard the topic before, or is not open.
function join(link, topic) {
  topics.checkTopic(topic);
  // First: a topic that is too long throws.
  if (!subscriptions.has(topic)) {
    const subscription = topics.subscribe(topic, (data) => send(topic, data));
    subscriptions.set(topic, subscription);
  }
  const isNew = link.subscribe(topic);
  count(topic);
  return isNew;
}

// False: the socket did not hear it.
function leave(link, topic) {
  const wasMember = link.unsubscribe(topic);
  if (wasMember) count(topic);
  return wasMember;
}

// Tells the other cores how many there are, and ends the core's subscription behind the last.
function count(topic) {
  const members = memberCount(topic);
  topics.setMembers(topic, members);
  if (members === 0) {
    subscriptions.get(topic)?.unsubscribe();
    subscriptions.delete(topic);
  }
}

// What another core has published. Values that are no message to a socket are for others.
function send(topic, data) {
  if (typeof data === "string" || data instanceof Uint8Array) {
    sendToMembers(topic, data, false, null);
  }
}

// Publishes a text or bytes to all but one socket. How many bytes it has, as Bun counts; 0: nobody hears the topic.
function publish(topic, data, compress, sender) {
  topics.checkTopic(topic);
  const message = typeof data === "string" ? data : (bytesOf(data) ?? String(data));
  const here = sendToMembers(topic, message, compress, sender);
  const elsewhere = topics.publishElsewhere(topic, message, subscriptions.get(topic));
  if (here + elsewhere === 0) return 0;
  return Math.max(1, typeof message === "string" ? message.length : message.byteLength);
}

// How many sockets of all cores hear a topic.
function subscriberCount(topic) {
  topics.checkTopic(topic);
  return topics.membersOf(topic);
}

export { count, join, leave, publish, subscriberCount };
