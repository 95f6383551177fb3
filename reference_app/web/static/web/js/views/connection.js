// The state of the connection, honestly: live, reconnecting in n s, offline, polling and why.

import { systemClock } from "../clock.js";
import { $ } from "../dom.js";
import { backText, blockedText, connectionText, lostText } from "../words.js";

// A connection that is back at once was hardly lost: nobody is bothered with it.
const GRACE = 2000;
const LOST = new Set(["waiting", "offline"]);
const WORKS = new Set(["live", "polling"]);

export class ConnectionView {
  #shown = { state: "connecting" };
  #countdown = 0;
  #grace = 0;
  #isLost = false;

  constructor({ announcer, retry, clock = systemClock }) {
    Object.assign(this, { announcer, clock });
    $("connection-retry").onclick = $("connection-notice-retry").onclick = retry;
  }

  // `shown` comes from states.js.
  show(shown) {
    this.#shown = shown;
    if (WORKS.has(shown.state)) this.#works();
    else if (LOST.has(shown.state) && !this.#isLost && !this.#grace) {
      this.#grace = this.clock.after(GRACE, () => this.#lost());
    }
    this.#render();
  }

  #works() {
    this.clock.cancel(this.#grace);
    this.#grace = 0;
    if (this.#isLost) this.announcer.say(backText);
    this.#isLost = false;
  }

  #lost() {
    this.#grace = 0;
    this.#isLost = true;
    this.announcer.say(lostText);
    this.#render();
  }

  #render() {
    const { state, due, isBlocked } = this.#shown;
    const text = connectionText(this.#shown, this.clock.now());
    $("connection").dataset.state = state;
    $("connection").querySelector(".connection-text").textContent = text;
    $("connection").title = isBlocked ? blockedText : "";
    $("connection-retry").hidden = !isBlocked && !LOST.has(state);
    $("connection-notice").hidden = !this.#isLost;
    $("connection-notice-text").textContent = text;
    this.clock.cancel(this.#countdown);
    if (due) this.#countdown = this.clock.after(untilNextSecond(due - this.clock.now()), () => this.#render());
  }
}

// The count changes when a whole second is over, not when somebody looked.
const untilNextSecond = (wait) => (wait > 0 ? wait % 1000 || 1000 : 1000);
