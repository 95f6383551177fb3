// The page's one connection: does what states.js decides, with at most one socket at a time.
// What the client sends goes over whatever is there; what matters it sends again after each
// welcome, and it resumes by `sync`, so nothing is lost between the two.

import { retryAfter } from "../backoff.js";
import { systemClock } from "../clock.js";
import { ClientFrame, ServerFrame } from "../protocol.js";
import { PollingLine } from "./polling.js";
import { SingleRequest } from "./single-request.js";
import { begin, next, shownOf } from "./states.js";
import { WebSocketLine } from "./websocket.js";

const address = () => {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/ws/chat/`;
};

export class Connection {
  #state;
  #socket = null;
  #polling = null;
  #timer = 0;
  // After a gap in each of many events one `sync` is enough, and one more for what came since.
  #syncing = new SingleRequest(() => this.send({ type: ClientFrame.SYNC, cursor: this.cursor() }));

  constructor({ prefers, cursor, watching, on, clock = systemClock }) {
    Object.assign(this, { cursor, watching, on, clock });
    this.#state = begin({ prefers, online: navigator.onLine });
  }

  start() {
    window.addEventListener("online", () => this.#back());
    window.addEventListener("offline", () => this.#happened({ type: "offline" }));
    this.#become(this.#state);
  }

  get isPolling() {
    return this.#polling !== null;
  }

  sync() {
    if (this.#polling) this.#polling.sync();
    else this.#syncing.ask();
  }

  // Something may have changed: over a socket the server tells, a poll asks now.
  refresh() {
    this.#polling?.sync();
  }

  // False if there is nothing to send it on.
  send(frame) {
    if (this.#state.socket === "live") return this.#socket.send(frame);
    return this.#polling ? this.#polling.send(frame) : false;
  }

  // Somebody asks for it: do not wait any longer.
  retry() {
    this.#happened({ type: "retry" });
    this.#polling?.sync();
  }

  // The session goes on after all, under another key: begin anew.
  reopen() {
    this.#become(begin({ prefers: this.#state.prefers, online: navigator.onLine }));
  }

  // The network has changed, and with it perhaps our address: is the socket still one?
  #back() {
    this.#happened({ type: "online" });
    if (this.#state.socket === "live") this.#socket.expectAnswer();
    this.sync();
  }

  #happened(event) {
    this.#become(next(this.#state, { at: this.clock.now(), ...event }));
  }

  #become(state) {
    this.#state = state;
    if (state.socket !== "none") this.#socket ??= this.#open();
    if (state.polling) this.#polling ??= this.#poll();
    else this.#stopPolling();
    this.clock.cancel(this.#timer);
    if (state.due !== null) {
      const wait = Math.max(0, state.due - this.clock.now());
      this.#timer = this.clock.after(wait, () => this.#happened({ type: "due" }));
    }
    this.on.state(shownOf(state));
  }

  #open() {
    return new WebSocketLine({
      address: address(),
      clock: this.clock,
      on: {
        frame: (frame, isWelcome) => this.#heard(frame, isWelcome),
        lost: (reason, isSilent) => this.#lost(reason, isSilent),
        signedOut: () => this.#signedOut(),
      },
    });
  }

  #heard(frame, isWelcome) {
    if (isWelcome) this.#syncing.forget();
    if (isWelcome) this.#happened({ type: "welcome" });
    else if (!this.#state.online) this.#happened({ type: "heard" });
    this.on.frame(frame);
    // After the page has applied it, so that the cursor of the next is the new one.
    if (frame.type === ServerFrame.CHANGES) this.#syncing.answered();
    // What is refused without a client_id may be the `sync`: the next heads ask again.
    else if (frame.type === ServerFrame.ERROR && !frame.client_id) this.#syncing.forget();
  }

  #lost(reason, isSilent) {
    this.#socket = null;
    this.#happened({ type: "lost", retry: retryAfter(reason), isSilent });
  }

  #poll() {
    return new PollingLine({
      isLong: this.#state.prefers === "websocket",
      cursor: this.cursor,
      watching: this.watching,
      clock: this.clock,
      on: {
        frame: (frame) => this.on.frame(frame),
        polled: () => this.#happened({ type: "polled" }),
        unreached: (due) => this.#happened({ type: "unreached", due }),
        signedOut: () => this.#signedOut(),
        written: () => this.on.written(),
      },
    });
  }

  #stopPolling() {
    this.#polling?.stop();
    this.#polling = null;
  }

  // Nothing is tried any more, unless the client finds that the session goes on.
  #signedOut() {
    this.#stopPolling();
    this.#socket?.close();
    this.#socket = null;
    this.clock.cancel(this.#timer);
    this.on.signedOut();
  }
}
