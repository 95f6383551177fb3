// Announces texts to screen readers, in a polite live region. The page has one policy:
//
// - This region announces a message that arrives in the open conversation, and that the connection
//   is lost or back. It has one sentence at a time; in a busy group the newest replaces the others.
// - Toasts are live regions too (views/toasts.js). They announce the result of what the user did,
//   and events in other conversations. Errors interrupt, all others wait.
// - A form announces next to its field, with role=alert, why the input was refused.
// - Nothing else is announced. Typing, presence, counts and countdowns change all the time: a user
//   can read them, but they do not interrupt.

import { systemClock } from "./clock.js";
import { $ } from "./dom.js";

// The interval between two sentences, in which a screen reader can begin to speak.
const INTERVAL_MS = 1500;

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

  // A screen reader speaks the same sentence again only if the region was empty in between.
  #speak() {
    this.region.textContent = this.#text;
    this.#text = "";
    this.#timer = this.clock.after(INTERVAL_MS, () => {
      this.#timer = 0;
      if (this.#text) this.#speak();
      else this.region.textContent = "";
    });
  }
}
