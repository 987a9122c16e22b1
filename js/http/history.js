// What a channel has published last, for clients that come back.
//
// Owns the ids that it gives to events without one, which no other channel, core or start of the program gives. Called by:
// event_channel.js.

class History {
  // A ring: the newest stands before `#next`.
  #texts;
  #ids;
  #next = 0;
  #count = 0;
  #length;
  #prefix = null;
  #given = 0;

  constructor(length) {
    this.#length = length;
    this.#texts = [];
    this.#ids = [];
  }

  get isKept() {
    return this.#length > 0;
  }

  newId() {
    // Not made while the snapshot is.
    this.#prefix ??= crypto.randomUUID().slice(0, 13);
    return `${this.#prefix}-${++this.#given}`;
  }

  add(id, text) {
    this.#texts[this.#next] = text;
    this.#ids[this.#next] = id;
    this.#next = (this.#next + 1) % this.#length;
    this.#count = Math.min(this.#count + 1, this.#length);
  }

  // The text of all events behind the one with an id: of all there are, if that one is too old to be known. The newest of them, if
  // they are longer than `lengthMax` together: whoever asks may take none of it.
  since(id, lengthMax) {
    const texts = [];
    let length = 0;
    for (let back = 1; back <= this.#count; back++) {
      const at = (this.#next - back + this.#length) % this.#length;
      length += this.#texts[at].length;
      if (this.#ids[at] === id || length > lengthMax) break;
      texts.push(this.#texts[at]);
    }
    return texts.reverse().join("");
  }
}

export { History };
