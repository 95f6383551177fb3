// Tracks which people are typing, and reports to the server when the user types.

import { systemClock } from "../browser/clock.js";
import { TYPING_LIFETIME, TYPING_REPEAT } from "../protocol.js";

const IDLE_MS = 3000;

// Remembers who is typing in each conversation, until the notice expires.
export class TypingTracker {
  #until = new Map();
  #timer = 0;

  constructor(onChange, clock = systemClock) {
    Object.assign(this, { onChange, clock });
  }

  record({ conversation, person, active }) {
    this.#take({ conversation, person, active });
    this.#purge();
  }

  // Replaces the typists of a conversation. A poll lists all of them; the others have stopped.
  replace(conversation, notices) {
    for (const [key, entry] of this.#until) {
      if (entry.conversation === conversation) this.#until.delete(key);
    }
    for (const notice of notices) this.#take(notice);
    this.#purge();
  }

  in(conversation) {
    return [...this.#until.values()]
      .filter((entry) => entry.conversation === conversation)
      .map((entry) => entry.person);
  }

  #take({ conversation, person, active }) {
    const key = `${conversation}.${person.id}`;
    const until = this.clock.now() + TYPING_LIFETIME * 1000;
    if (active) this.#until.set(key, { conversation, person, until });
    else this.#until.delete(key);
  }

  #purge() {
    const now = this.clock.now();
    for (const [key, entry] of this.#until) if (entry.until <= now) this.#until.delete(key);
    this.clock.cancel(this.#timer);
    if (this.#until.size) {
      const next = Math.min(...[...this.#until.values()].map((entry) => entry.until));
      this.#timer = this.clock.after(next - now, () => this.#purge());
    }
    this.onChange();
  }
}

// Reports that the user types, and that they have stopped. `send` sends the report.
export class TypingNotifier {
  #conversation = null;
  #sentAt = -Infinity;
  #timer = 0;

  constructor(send, clock = systemClock) {
    Object.assign(this, { send, clock });
  }

  typed(conversation) {
    if (conversation !== this.#conversation) this.stop();
    const now = this.clock.now();
    if (now - this.#sentAt >= TYPING_REPEAT * 1000) {
      this.#sentAt = now;
      this.#conversation = conversation;
      this.send(conversation, true);
    }
    this.clock.cancel(this.#timer);
    this.#timer = this.clock.after(IDLE_MS, () => this.stop());
  }

  stop() {
    this.clock.cancel(this.#timer);
    if (this.#conversation !== null) this.send(this.#conversation, false);
    this.#conversation = null;
    this.#sentAt = -Infinity;
  }
}
