// Polls the server for changes, and sends each frame as a request. Short polls come every 2 to 5 s,
// as in the old page. A server with sockets answers long polls instead, as soon as there is an
// event.

import { systemClock } from "../browser/clock.js";
import { ClientFrame, ErrorCode, LONG_POLL_LIMIT, ServerFrame } from "../protocol.js";
import { backoff } from "./backoff.js";
import { get, post } from "./http.js";
import { pollDelay, pollRequest } from "./poll-requests.js";

const POLL_TIMEOUT_MS = (LONG_POLL_LIMIT + 10) * 1000;
const WRITE_TIMEOUT_MS = 10_000;

// Whether a request failed for a temporary reason: it was not answered, or a server or proxy is
// overloaded or does not work.
const isTemporaryStatus = (status) => !status || status === 408 || status === 429 || status >= 500;

export class PollingTransport {
  #timer = 0;
  // The pending poll, { abort, isLong }, or null.
  #pending = null;
  #isPollWanted = false;
  #failures = 0;
  #typists = [];
  #welcomed = false;
  #stopped = false;
  #writes = Promise.resolve();

  // `on` has the callbacks frame, succeeded, failed (with the time of the next poll), signedOut,
  // and written: a frame has been sent.
  constructor({ isLong, cursor, watching, on, clock = systemClock }) {
    Object.assign(this, { isLong, cursor, watching, on, clock });
    this.sync();
  }

  // Polls now. A pending long poll is aborted for a short one. A short one is not, because it is
  // soon answered, and repeated calls could abort every poll.
  sync() {
    if (this.#stopped) return;
    this.#isPollWanted = true;
    if (!this.#pending) this.#poll();
    else if (this.#pending.isLong) this.#pending.abort();
  }

  stop() {
    this.#stopped = true;
    this.clock.cancel(this.#timer);
    this.#pending?.abort();
  }

  // Sends a frame after those before it: in parallel, several workers would store them in any
  // order. When polling stops, the client sends the remaining ones over the socket, after its
  // `welcome`.
  send(frame) {
    this.#writes = this.#writes.then(() => (this.#stopped ? null : this.#write(frame)));
    return true;
  }

  async #write(frame) {
    const controller = new AbortController();
    const timeout = this.clock.after(WRITE_TIMEOUT_MS, () => {
      controller.abort();
      // The pending poll waits for the same dead server.
      this.#pending?.abort();
    });
    try {
      const answer = await this.#post(frame, controller.signal);
      if (answer) this.on.frame(answer);
      if (frame.type !== ClientFrame.TYPING) this.on.written();
    } catch (error) {
      this.#handleWriteError(frame, error);
    } finally {
      this.clock.cancel(timeout);
    }
  }

  #post({ type, conversation, ...body }, signal) {
    const path = `/conversations/${conversation}`;
    switch (type) {
      case ClientFrame.SEND:
        return post(`${path}/messages`, body, signal);
      case ClientFrame.TYPING:
        return post(`${path}/typing`, body, signal);
      default:
        return post(`${path}/read`, body, signal);
    }
  }

  async #poll() {
    this.clock.cancel(this.#timer);
    const isLong = this.isLong && this.#welcomed && !this.#isPollWanted;
    this.#isPollWanted = false;
    const controller = new AbortController();
    this.#pending = { isLong, abort: () => controller.abort() };
    // A network that disappears during the request never answers.
    const timeout = this.clock.after(POLL_TIMEOUT_MS, () => controller.abort());
    const answer = await get(this.#path(isLong), controller.signal).catch((error) => error);
    this.clock.cancel(timeout);
    this.#pending = null;
    if (this.#stopped) return;
    if (answer?.type === ServerFrame.CHANGES) this.#handleChanges(answer);
    else if (!this.#isPollWanted || !controller.signal.aborted) this.#handleFailure(answer);
    // A poll may have been requested in the meantime, or because of the frames of the answer.
    if (!this.#stopped && this.#isPollWanted && !this.#pending) this.#poll();
  }

  #handleChanges(changes) {
    this.#failures = 0;
    this.#typists = changes.typing.map(({ person }) => person.id);
    this.#pollAfter(pollDelay({ isLong: this.isLong }));
    this.on.succeeded();
    this.on.frame(changes);
    if (this.#welcomed) return;
    this.#welcomed = true;
    this.on.frame({ type: ServerFrame.WELCOME });
  }

  #handleFailure({ status }) {
    if (status === 401) {
      this.stop();
      this.on.signedOut();
      return;
    }
    this.#welcomed = false;
    const wait = pollDelay({ isLong: false }) + backoff(this.#failures);
    this.#failures += 1;
    this.#pollAfter(wait);
    this.on.failed(this.clock.now() + wait);
  }

  #pollAfter(milliseconds) {
    this.#timer = this.clock.after(milliseconds, () => this.#poll());
  }

  #path(isLong) {
    const { path, query } = pollRequest({
      isLong,
      typists: this.#typists,
      cursor: this.cursor(),
      watching: this.watching(),
    });
    return `${path}?${new URLSearchParams(query)}`;
  }

  #handleWriteError({ type, client_id: clientId }, { status, code }) {
    if (status === 401) this.on.signedOut();
    else if (type === ClientFrame.SEND) {
      const reason = isTemporaryStatus(status) ? ErrorCode.UNAVAILABLE : code;
      this.on.frame({ type: ServerFrame.ERROR, code: reason, client_id: clientId });
    }
  }
}
