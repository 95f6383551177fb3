// Detects that the server no longer answers. It answers the requests of a socket in order, so only
// the oldest unanswered one has a deadline: what follows it may wait for its answer.

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

  // Records an answer. If it overtakes an older request's, that one keeps its deadline.
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
