// The page asks every 2 to 5 s what is new, as the old one did; writing is a request each.

import { get, post } from "../http.js";
import { ClientFrame, ServerFrame } from "../protocol.js";

const EVERY = [2000, 5000];

export class PollingTransport {
  #timer = 0;
  #asking = false;
  #again = false;
  #welcomed = false;
  #writing = Promise.resolve();

  constructor({ onFrame, onState, onSignedOut, cursor, watching }) {
    Object.assign(this, { onFrame, onState, onSignedOut, cursor, watching });
  }

  start() {
    window.addEventListener("online", () => this.sync());
    this.onState("connecting");
    this.#ask();
  }

  sync() {
    this.#ask();
  }

  reopen() {
    this.#ask();
  }

  // One after the other: side by side, several workers would store them in any order.
  send(frame) {
    this.#writing = this.#writing.then(() =>
      this.#post(frame).then(
        (answer) => answer && this.onFrame(answer),
        (error) => this.#refused(frame, error),
      ),
    );
    return true;
  }

  #post({ type, conversation, ...body }) {
    const at = `/conversations/${conversation}`;
    switch (type) {
      case ClientFrame.SEND:
        return post(`${at}/messages`, body);
      case ClientFrame.TYPING:
        return post(`${at}/typing`, body);
      default:
        return post(`${at}/read`, body);
    }
  }

  async #ask() {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#asking = true;
    try {
      this.onFrame(await get(`/sync?${this.#query()}`));
      this.onState("polling");
      if (!this.#welcomed) this.onFrame({ type: ServerFrame.WELCOME });
      this.#welcomed = true;
    } catch (error) {
      this.#welcomed = false;
      if (error.status === 401) this.onSignedOut();
      else this.onState("offline");
    }
    this.#asking = false;
    const [least, most] = EVERY;
    const wait = this.#again ? 0 : least + Math.random() * (most - least);
    this.#again = false;
    this.#timer = setTimeout(() => this.#ask(), wait);
  }

  #query() {
    const query = new URLSearchParams({ cursor: this.cursor() });
    if (this.watching()) query.set("watching", this.watching());
    return query;
  }

  #refused({ type, client_id: clientId }, error) {
    if (error.status === 401) this.onSignedOut();
    else if (type === ClientFrame.SEND && error.status) {
      this.onFrame({ type: ServerFrame.ERROR, code: error.code, client_id: clientId });
    } else if (type === ClientFrame.SEND) {
      // Not refused but not reached: it is sent again when polling works again.
      this.#welcomed = false;
    }
  }
}
