// Who types, as told by others; and telling others that we do.

import { systemClock } from "./clock.js";
import { TYPING_LIFETIME, TYPING_REPEAT } from "./protocol.js";

const IDLE = 3000;

export class TypingTracker {
  #until = new Map();
  #timer = 0;

  constructor(onChange, clock = systemClock) {
    Object.assign(this, { onChange, clock });
  }

  note({ conversation, person, active }) {
    this.#take({ conversation, person, active });
    this.#purge();
  }

  // A poll tells of everybody who types in a conversation; whoever is not told of has stopped.
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

export class TypingNotifier {
  #conversation = null;
  #saidAt = -Infinity;
  #timer = 0;

  constructor(say, clock = systemClock) {
    Object.assign(this, { say, clock });
  }

  typed(conversation) {
    if (conversation !== this.#conversation) this.stop();
    const now = this.clock.now();
    if (now - this.#saidAt >= TYPING_REPEAT * 1000) {
      this.#saidAt = now;
      this.#conversation = conversation;
      this.say(conversation, true);
    }
    this.clock.cancel(this.#timer);
    this.#timer = this.clock.after(IDLE, () => this.stop());
  }

  stop() {
    this.clock.cancel(this.#timer);
    if (this.#conversation !== null) this.say(this.#conversation, false);
    this.#conversation = null;
    this.#saidAt = -Infinity;
  }
}
