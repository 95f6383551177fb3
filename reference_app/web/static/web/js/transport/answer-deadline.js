// Detects that the server no longer answers. The requests of a socket are answered in order, so only
// the oldest unanswered request has a deadline: the requests after it wait for its answer.

import { systemClock } from "../browser/clock.js";

export class AnswerDeadline {
  #unanswered = [];
  #timer = 0;

  // `missed` is called when the oldest request has no answer in time.
  constructor({ missed, clock = systemClock }) {
    Object.assign(this, { missed, clock });
  }

  // Records a request. `key` identifies it and its answer.
  expect(key, milliseconds) {
    this.#unanswered.push({ key, milliseconds });
    if (this.#unanswered.length === 1) this.#start();
  }

  // Records an answer. An older request that is still unanswered keeps its deadline.
  answered(key) {
    const index = this.#unanswered.findIndex((request) => request.key === key);
    if (index < 0) return;
    this.#unanswered.splice(index, 1);
    if (index === 0) this.#start();
  }

  stop() {
    this.#unanswered = [];
    this.clock.cancel(this.#timer);
  }

  #start() {
    this.clock.cancel(this.#timer);
    const [oldest] = this.#unanswered;
    if (oldest) this.#timer = this.clock.after(oldest.milliseconds, () => this.missed());
  }
}
