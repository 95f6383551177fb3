// What a screen reader is told of by itself. One policy for the whole page:
//
// - Politely, through here: a message that arrives where one reads, and that the connection was
//   lost or is back. One sentence at a time; in a loud room the newest replaces the others.
// - By toasts, which are regions of their own (views/toasts.js): what became of something that
//   one did, and what happened elsewhere. Errors interrupt, all else waits.
// - Beside a form's field, role=alert: why it was refused.
// - Nothing else. Who types, who is there, counts and countdowns change by themselves all the
//   time: they can be read, and are not called out.

import { $ } from "./dom.js";
import { systemClock } from "./clock.js";

// In between, a reader gets to say some of it.
const EVERY = 1500;

export class Announcer {
  #text = "";
  #timer = 0;

  constructor({ region = $("announcer"), clock = systemClock } = {}) {
    Object.assign(this, { region, clock });
  }

  say(text) {
    this.#text = text;
    if (!this.#timer) this.#speak();
  }

  // The same sentence again is news only if it was away in between.
  #speak() {
    this.region.textContent = this.#text;
    this.#text = "";
    this.#timer = this.clock.after(EVERY, () => {
      this.#timer = 0;
      if (this.#text) this.#speak();
      else this.region.textContent = "";
    });
  }
}
