// Decides when a waiting message is sent. A conversation has one message under way at a time, the
// oldest, so that no message overtakes an older one, even if the server refuses it or the network
// loses it. A message that is refused for a temporary reason is sent again after a back-off; the
// newer ones of its conversation wait for it.

import { systemClock } from "../browser/clock.js";
import { ErrorCode } from "../protocol.js";
import { backoff } from "./backoff.js";

// Refusals that say nothing about the message itself.
const TEMPORARY = new Set([ErrorCode.UNAVAILABLE, ErrorCode.NO_ROOM]);

export const isTemporary = (code) => TEMPORARY.has(code);

export class SendQueue {
  // For each conversation: the message under way, how often it was refused, and the timer of its
  // next attempt.
  #underWay = new Map();

  // `waiting` returns the messages to be sent, the oldest first. `transmit` sends one; it returns
  // false if there is no connection.
  constructor({ waiting, transmit, clock = systemClock, random = Math.random }) {
    Object.assign(this, { waiting, transmit, clock, random });
  }

  // Sends the oldest waiting message of each conversation that has none under way.
  run() {
    for (const message of this.waiting()) {
      const { client_id: clientId, conversation } = message;
      if (this.#underWay.has(conversation)) continue;
      if (!this.transmit(message)) return;
      this.#underWay.set(conversation, { clientId, refusals: 0, timer: 0 });
    }
  }

  // Sends again what was under way: its answer cannot arrive over a new connection.
  restart() {
    for (const { timer } of this.#underWay.values()) this.clock.cancel(timer);
    this.#underWay.clear();
    this.run();
  }

  // Continues after a message that is stored, or refused for good.
  settle(clientId) {
    const [conversation, { timer } = {}] = this.#find(clientId);
    this.clock.cancel(timer);
    this.#underWay.delete(conversation);
    this.run();
  }

  // Sends a message again after a back-off.
  postpone(clientId) {
    const [conversation, sent] = this.#find(clientId);
    if (!sent || sent.timer) return;
    const wait = backoff(sent.refusals, this.random);
    sent.refusals += 1;
    sent.timer = this.clock.after(wait, () => this.#repeat(conversation, sent));
  }

  // Without a connection nothing is sent: the next one begins with `restart`.
  #repeat(conversation, sent) {
    sent.timer = 0;
    const message = this.waiting().find((one) => one.client_id === sent.clientId);
    if (message) this.transmit(message);
    else this.settle(sent.clientId);
  }

  #find(clientId) {
    return [...this.#underWay].find(([, sent]) => sent.clientId === clientId) ?? [];
  }
}
