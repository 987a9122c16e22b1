// In which order it is reported what tests tell: that in which they were made, whoever is through first.
//
// Owns, for one test, whose of its subtests turn it is, what waits for the test's own, and the numbers of results. Called by:
// test.js.

class Order {
  #test;
  // The place of the subtest whose turn it is.
  #turn = 0;
  // Events that wait for the test's turn.
  #held = [];
  // How many subtests have reported a result.
  results = 0;

  constructor(test) {
    this.#test = test;
  }

  tell(event) {
    this.#pass({ test: this.#test, nesting: this.#test.nesting, ...event });
  }

  // Those whose turn comes report what they have held.
  advance() {
    const { subtests } = this.#test;
    while (subtests[this.#turn]?.isOver) {
      this.#turn++;
      const next = subtests[this.#turn]?.order;
      if (next === undefined) return;
      const held = next.#held;
      next.#held = [];
      for (const event of held) this.#pass(next.#numbered(event));
    }
  }

  #pass(event) {
    const { parent, run } = this.#test;
    if (parent === null) run.report(event);
    else if (!parent.order.#isTurnOf(this.#test)) this.#held.push(event);
    else parent.order.#pass(this.#numbered(event));
  }

  #isTurnOf(subtest) {
    return this.#test.subtests[this.#turn] === subtest;
  }

  // Results are numbered in the order in which they are reported.
  #numbered(event) {
    if (event.type !== "result" || event.test !== this.#test) return event;
    const { order } = this.#test.parent;
    order.results++;
    return { ...event, number: order.results };
  }
}

export { Order };
