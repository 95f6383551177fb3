// The page asks what is new; writing is a request each. Short polls every 2 to 5 s, as the old
// page did; where the server holds sockets anyway, long polls that it answers as things happen.

import { backoff } from "../backoff.js";
import { systemClock } from "../clock.js";
import { get, post } from "../http.js";
import { ClientFrame, LONG_POLL_LIMIT, ServerFrame } from "../protocol.js";
import { pollOf, waitAfter } from "./polls.js";

const PATIENCE = (LONG_POLL_LIMIT + 10) * 1000;

export class PollingLine {
  #timer = 0;
  // The question that is being answered: { abort, isLong }.
  #asking = null;
  #again = false;
  #failures = 0;
  #typists = [];
  #welcomed = false;
  #stopped = false;
  #writing = Promise.resolve();

  // `on` hears of frame, polled, unreached (until when), signedOut, and that it has written.
  constructor({ isLong, cursor, watching, on, clock = systemClock }) {
    Object.assign(this, { isLong, cursor, watching, on, clock });
    this.sync();
  }

  // Ask now. A long question is given up for a short one; a short one is soon answered, and
  // giving it up could go on for ever.
  sync() {
    if (this.#stopped) return;
    this.#again = true;
    if (!this.#asking) this.#ask();
    else if (this.#asking.isLong) this.#asking.abort();
  }

  stop() {
    this.#stopped = true;
    this.clock.cancel(this.#timer);
    this.#asking?.abort();
  }

  // One after the other: side by side, several workers would store them in any order. What is
  // left when polling stops goes over the socket: the client sends it again after `welcome`.
  send(frame) {
    this.#writing = this.#writing.then(() => (this.#stopped ? null : this.#write(frame)));
    return true;
  }

  async #write(frame) {
    try {
      const answer = await this.#post(frame);
      if (answer) this.on.frame(answer);
      if (frame.type !== ClientFrame.TYPING) this.on.written();
    } catch (error) {
      this.#refused(frame, error);
    }
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
    this.clock.cancel(this.#timer);
    const isLong = this.isLong && this.#welcomed && !this.#again;
    this.#again = false;
    const controller = new AbortController();
    this.#asking = { isLong, abort: () => controller.abort() };
    // A network that went away in the middle never answers.
    const patience = this.clock.after(PATIENCE, () => controller.abort());
    const answer = await get(this.#path(isLong), controller.signal).catch((error) => error);
    this.clock.cancel(patience);
    this.#asking = null;
    if (this.#stopped) return;
    if (answer?.type === ServerFrame.CHANGES) this.#answered(answer);
    else if (!this.#again || !controller.signal.aborted) this.#failed(answer);
    // What was asked for meanwhile, or by the frames of the answer; the welcome may have.
    if (!this.#stopped && this.#again && !this.#asking) this.#ask();
  }

  #answered(changes) {
    this.#failures = 0;
    this.#typists = changes.typing.map(({ person }) => person.id);
    this.#askAfter(waitAfter({ isLong: this.isLong }));
    this.on.polled();
    this.on.frame(changes);
    if (this.#welcomed) return;
    this.#welcomed = true;
    this.on.frame({ type: ServerFrame.WELCOME });
  }

  #failed({ status }) {
    if (status === 401) {
      this.stop();
      this.on.signedOut();
      return;
    }
    this.#welcomed = false;
    const wait = waitAfter({ isLong: false }) + backoff(this.#failures);
    this.#failures += 1;
    this.#askAfter(wait);
    this.on.unreached(this.clock.now() + wait);
  }

  #askAfter(wait) {
    this.#timer = this.clock.after(wait, () => this.#ask());
  }

  #path(isLong) {
    const { path, query } = pollOf({
      isLong,
      typists: this.#typists,
      cursor: this.cursor(),
      watching: this.watching(),
    });
    return `${path}?${new URLSearchParams(query)}`;
  }

  #refused({ type, client_id: clientId }, error) {
    if (error.status === 401) this.on.signedOut();
    else if (type === ClientFrame.SEND && error.status) {
      this.on.frame({ type: ServerFrame.ERROR, code: error.code, client_id: clientId });
    } else if (type === ClientFrame.SEND) {
      // Not refused but not reached: it is sent again when polling works again.
      this.#welcomed = false;
    }
  }
}
