// Which messages the tabs have announced by sound and by the browser's notification, and which
// wait for it. Pure, except for the clock that is passed in.

// Milliseconds that a message waits for the tab that is to announce it. That one may have received
// it later, by polling every 5 s at most; a sound long after the message would be wrong.
export const WAIT_LIMIT_MS = 10_000;

export class Announcements {
  #announced = new Map();
  #waiting = new Map();

  constructor({ now = () => performance.now() } = {}) {
    this.now = now;
  }

  // Adds a message; `act` announces it. Only the newest of a conversation waits.
  add({ conversation, seq }, act) {
    if (this.#isAnnounced(conversation, seq)) return;
    if ((this.#waiting.get(conversation)?.seq ?? 0) >= seq) return;
    this.#waiting.set(conversation, { conversation, seq, act, at: this.now() });
  }

  // Returns the messages that wait, which count as announced from now on.
  takeAll() {
    const taken = this.#recent();
    for (const { conversation, seq } of taken) this.markAnnounced(conversation, seq);
    return taken;
  }

  get isEmpty() {
    return !this.#recent().length;
  }

  // Records that this tab or another has announced a message, and so those before it.
  markAnnounced(conversation, seq) {
    if (!this.#isAnnounced(conversation, seq)) this.#announced.set(conversation, seq);
    if ((this.#waiting.get(conversation)?.seq ?? Infinity) <= seq) {
      this.#waiting.delete(conversation);
    }
  }

  #isAnnounced(conversation, seq) {
    return (this.#announced.get(conversation) ?? 0) >= seq;
  }

  #recent() {
    for (const { conversation, at } of [...this.#waiting.values()]) {
      if (this.now() - at > WAIT_LIMIT_MS) this.#waiting.delete(conversation);
    }
    return [...this.#waiting.values()];
  }
}
