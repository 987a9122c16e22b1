// Howth.serveArrays: a handler that is called once for many requests. And the size that it has in common with
// Howth.serveBatch.
//
// The requests of one turn of the core are collected and handed over together, no more than the size at a time. An
// answer may be a plain object, for which no Response is made.

import { makeRequest } from "ext:howth/server/inner_request.js";

const SIZE_DEFAULT = 64;
const SIZE_MAX = 1024;

class BatchHandler {
  #handler;
  #size;
  #collected = [];

  constructor(handler, size) {
    this.#handler = handler;
    this.#size = size;
  }

  // Keeps a request until `flush`, which the same turn ends with.
  add(inner) {
    this.#collected.push({ inner, request: makeRequest(inner) });
  }

  flush(server) {
    const collected = this.#collected;
    if (collected.length === 0) return;
    this.#collected = [];
    for (let start = 0; start < collected.length; start += this.#size) {
      this.#call(server, collected.slice(start, start + this.#size));
    }
  }

  #call(server, batch) {
    let answers;
    try {
      answers = this.#handler(batch.map((entry) => entry.request));
    } catch (error) {
      failAll(server, batch, error);
      return;
    }
    if (Array.isArray(answers)) answerAll(server, batch, answers);
    else answerLater(server, batch, answers);
  }
}

async function answerLater(server, batch, promise) {
  let answers;
  try {
    answers = await promise;
  } catch (error) {
    if (server.isCurrent) failAll(server, batch, error);
    return;
  }
  if (server.isCurrent) answerAll(server, batch, answers);
}

function answerAll(server, batch, answers) {
  if (!Array.isArray(answers) || answers.length !== batch.length) {
    const got = Array.isArray(answers) ? `${answers.length} answers` : typeof answers;
    failAll(
      server,
      batch,
      new TypeError(
        `The handler of Howth.serveArrays must return an array with an answer for each of its ${batch.length} requests, but returned ${got}`,
      ),
    );
    return;
  }
  batch.forEach(({ inner }, at) => {
    const { index, generation } = inner;
    try {
      const answer = answers[at];
      if (!server.answer(index, generation, answer, inner)) {
        server.finishLater(index, generation, answer, inner);
      }
    } catch (error) {
      server.fail(index, generation, error, inner);
    }
  });
}

function failAll(server, batch, error) {
  for (const { inner } of batch) server.fail(inner.index, inner.generation, error, inner);
}

// `call`: whose option it is.
function readBatchSize(value, call) {
  if (value === undefined) return SIZE_DEFAULT;
  if (!Number.isInteger(value) || value < 1 || value > SIZE_MAX) {
    throw new RangeError(`${call}: batchSize ${value} is not a number from 1 to ${SIZE_MAX}`);
  }
  return value;
}

export { BatchHandler, readBatchSize };
