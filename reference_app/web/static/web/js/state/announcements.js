// Records which messages the tabs have announced, by sound and by the browser's notification, and
// which still wait for it. Pure, except for the clock that is passed in.

// How many milliseconds a message waits for the tab that will announce it. That tab may poll, and
// receive the message up to 5 s later. A sound long after the message would be wrong.
export const WAIT_LIMIT_MS = 10_000;

// Returns the key of a message's history. The seqs of two histories are unrelated: a restore of the
// database begins a new one.
const historyOf = ({ conversation, epoch }) => `${conversation}.${epoch}`;

export class Announcements {
  #announced = new Map();
  #waiting = new Map();

  constructor({ now = () => performance.now() } = {}) {
    this.now = now;
  }

  // Adds a message; `act` announces it. Only the newest message of a conversation waits.
  add(message, act) {
    const history = historyOf(message);
    const { seq } = message;
    if (this.#isAnnounced(history, seq)) return;
    if ((this.#waiting.get(history)?.seq ?? 0) >= seq) return;
    this.#waiting.set(history, { history, seq, act, at: this.now() });
  }

  // Returns the waiting messages, and marks them as announced.
  takeAll() {
    const taken = this.#recent();
    for (const { history, seq } of taken) this.markAnnounced(history, seq);
    return taken;
  }

  get isEmpty() {
    return !this.#recent().length;
  }

  // Records that this tab or another has announced a message, and with it all earlier ones.
  markAnnounced(history, seq) {
    if (!this.#isAnnounced(history, seq)) this.#announced.set(history, seq);
    if ((this.#waiting.get(history)?.seq ?? Infinity) <= seq) this.#waiting.delete(history);
  }

  #isAnnounced(history, seq) {
    return (this.#announced.get(history) ?? 0) >= seq;
  }

  #recent() {
    for (const { history, at } of [...this.#waiting.values()]) {
      if (this.now() - at > WAIT_LIMIT_MS) this.#waiting.delete(history);
    }
    return [...this.#waiting.values()];
  }
}
