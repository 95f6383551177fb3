// A clock that a test moves forward; due timers run in order.

export class ManualClock {
  #now = 0;
  #timers = new Map();
  #last = 0;

  now() {
    return this.#now;
  }

  after(milliseconds, act) {
    this.#timers.set(++this.#last, { at: this.#now + milliseconds, act });
    return this.#last;
  }

  cancel(timer) {
    this.#timers.delete(timer);
  }

  advance(milliseconds) {
    const until = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= until);
      if (!due.length) break;
      const [timer, { at, act }] = due.reduce((a, b) => (b[1].at < a[1].at ? b : a));
      this.#timers.delete(timer);
      this.#now = at;
      act();
    }
    this.#now = until;
  }
}
