// Which messages the tabs have announced by sound and by the browser's notification, and which
// wait for it. Pure, except for the clock that is passed in.

// Milliseconds that a message waits for the tab that is to announce it. That one may have received
// it later, by polling every 5 s at most; a sound long after the message would be wrong.
export const WAIT_LIMIT_MS = 10_000;

// Where a message has its place: seqs of one history say nothing of another, as after a restore.
const historyOf = ({ conversation, epoch }) => `${conversation}.${epoch}`;

export class Announcements {
  #announced = new Map();
  #waiting = new Map();

  constructor({ now = () => performance.now() } = {}) {
    this.now = now;
  }

  // Adds a message; `act` announces it. Only the newest of a conversation waits.
  add(message, act) {
    const history = historyOf(message);
    const { seq } = message;
    if (this.#isAnnounced(history, seq)) return;
    if ((this.#waiting.get(history)?.seq ?? 0) >= seq) return;
    this.#waiting.set(history, { history, seq, act, at: this.now() });
  }

  // Returns the messages that wait, which count as announced from now on.
  takeAll() {
    const taken = this.#recent();
    for (const { history, seq } of taken) this.markAnnounced(history, seq);
    return taken;
  }

  get isEmpty() {
    return !this.#recent().length;
  }

  // Records that this tab or another has announced a message, and so those before it.
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
