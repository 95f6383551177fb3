// Who types, as told by others; and telling others that we do. Clocks are passed in.

import { TYPING_LIFETIME, TYPING_REPEAT } from "./protocol.js";

const IDLE = 3000;

export class TypingTracker {
  #until = new Map();
  #timer = 0;

  constructor(onChange) {
    this.onChange = onChange;
  }

  note({ conversation, person, active }) {
    const key = `${conversation}.${person.id}`;
    if (active) {
      const until = Date.now() + TYPING_LIFETIME * 1000;
      this.#until.set(key, { conversation, person, until });
    } else {
      this.#until.delete(key);
    }
    this.#purge();
  }

  // A poll tells of everybody who types in a conversation; whoever is not told of has stopped.
  replace(conversation, notices) {
    for (const [key, entry] of this.#until) {
      if (entry.conversation === conversation) this.#until.delete(key);
    }
    for (const notice of notices) this.note(notice);
    this.#purge();
  }

  in(conversation) {
    return [...this.#until.values()]
      .filter((entry) => entry.conversation === conversation)
      .map((entry) => entry.person);
  }

  #purge() {
    const now = Date.now();
    for (const [key, entry] of this.#until) if (entry.until <= now) this.#until.delete(key);
    clearTimeout(this.#timer);
    const next = Math.min(...[...this.#until.values()].map((entry) => entry.until));
    if (this.#until.size) this.#timer = setTimeout(() => this.#purge(), next - now + 10);
    this.onChange();
  }
}

export class TypingNotifier {
  #conversation = null;
  #saidAt = 0;
  #timer = 0;

  constructor(say) {
    this.say = say;
  }

  typed(conversation) {
    if (conversation !== this.#conversation) this.stop();
    const now = Date.now();
    if (now - this.#saidAt >= TYPING_REPEAT * 1000) {
      this.#saidAt = now;
      this.#conversation = conversation;
      this.say(conversation, true);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.stop(), IDLE);
  }

  stop() {
    clearTimeout(this.#timer);
    if (this.#conversation !== null) this.say(this.#conversation, false);
    this.#conversation = null;
    this.#saidAt = 0;
  }
}
