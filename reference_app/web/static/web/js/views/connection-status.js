// Shows the state of the connection: live, reconnecting in n s, offline, or polling and why.

import { systemClock } from "../browser/clock.js";
import { $ } from "../browser/dom.js";
import { backText, blockedText, connectionText, lostText } from "../i18n/words.js";

// A connection that is back within this time is not reported as lost.
const GRACE_MS = 2000;
const LOST = new Set(["waiting", "offline"]);
const WORKS = new Set(["live", "polling"]);

export class ConnectionStatus {
  #status = { state: "connecting" };
  #countdown = 0;
  #grace = 0;
  #isLost = false;

  constructor({ announcer, retry, clock = systemClock }) {
    Object.assign(this, { announcer, clock });
    $("connection-retry").onclick = $("connection-notice-retry").onclick = retry;
  }

  // `status` comes from `statusOf` in states.js.
  show(status) {
    this.#status = status;
    if (WORKS.has(status.state)) this.#reportBack();
    else if (LOST.has(status.state) && !this.#isLost && !this.#grace) {
      this.#grace = this.clock.after(GRACE_MS, () => this.#reportLost());
    }
    this.#render();
  }

  #reportBack() {
    this.clock.cancel(this.#grace);
    this.#grace = 0;
    if (this.#isLost) this.announcer.say(backText);
    this.#isLost = false;
  }

  #reportLost() {
    this.#grace = 0;
    this.#isLost = true;
    this.announcer.say(lostText);
    this.#render();
  }

  #render() {
    const { state, due, isBlocked } = this.#status;
    const text = connectionText(this.#status, this.clock.now());
    $("connection").dataset.state = state;
    $("connection").querySelector(".connection-text").textContent = text;
    $("connection").title = isBlocked ? blockedText : "";
    $("connection-retry").hidden = !isBlocked && !LOST.has(state);
    $("connection-notice").hidden = !this.#isLost;
    $("connection-notice-text").textContent = text;
    this.clock.cancel(this.#countdown);
    if (!due) return;
    const wait = untilNextSecond(due - this.clock.now());
    this.#countdown = this.clock.after(wait, () => this.#render());
  }
}

// Returns the time until the countdown changes: the end of the current second.
const untilNextSecond = (wait) => (wait > 0 ? wait % 1000 || 1000 : 1000);
