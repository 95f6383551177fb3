// Connects the page to the server: acts on the states of states.js, with at most one socket at a
// time. A frame is sent over the transport that is active. Nothing is lost between two of them:
// after each welcome the client sends its unacknowledged messages again, and catches up by `sync`.

import { systemClock } from "../browser/clock.js";
import { ClientFrame, ServerFrame } from "../protocol.js";
import { retryAfter } from "./backoff.js";
import { PollingTransport } from "./polling.js";
import { SingleRequest } from "./single-request.js";
import { initialState, nextState, statusOf } from "./states.js";
import { WebSocketTransport } from "./websocket.js";

const socketUrl = () => {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/ws/chat/`;
};

export class Connection {
  #state;
  #socket = null;
  #polling = null;
  #timer = 0;
  // If many events have gaps, one `sync` is enough, and one more for what came after it.
  #syncing = new SingleRequest(() => this.send({ type: ClientFrame.SYNC, cursor: this.cursor() }));

  constructor({ prefers, cursor, watching, on, clock = systemClock }) {
    Object.assign(this, { cursor, watching, on, clock });
    this.#state = initialState({ prefers, online: navigator.onLine });
  }

  start() {
    window.addEventListener("online", () => this.#handleOnline());
    window.addEventListener("offline", () => this.#dispatch({ type: "offline" }));
    this.#setState(this.#state);
  }

  get isPolling() {
    return this.#polling !== null;
  }

  sync() {
    if (this.#polling) this.#polling.sync();
    else this.#syncing.ask();
  }

  // Polls now, because something may have changed. Over a socket the server pushes changes.
  refresh() {
    this.#polling?.sync();
  }

  // Sends a frame; returns false if there is no transport.
  send(frame) {
    if (this.#state.socket === "live") return this.#socket.send(frame);
    return this.#polling ? this.#polling.send(frame) : false;
  }

  // Tries to connect now, because the user asks for it.
  retry() {
    this.#dispatch({ type: "retry" });
    this.#polling?.sync();
  }

  // Starts again, because the session continues under another key.
  reopen() {
    this.#setState(initialState({ prefers: this.#state.prefers, online: navigator.onLine }));
  }

  // The network has changed, and perhaps the address of this machine: check that the socket works.
  #handleOnline() {
    this.#dispatch({ type: "online" });
    if (this.#state.socket === "live") this.#socket.expectAnswer();
    this.sync();
  }

  #dispatch(event) {
    this.#setState(nextState(this.#state, { at: this.clock.now(), ...event }));
  }

  #setState(state) {
    this.#state = state;
    if (state.socket !== "none") this.#socket ??= this.#openSocket();
    if (state.polling) this.#polling ??= this.#startPolling();
    else this.#stopPolling();
    this.clock.cancel(this.#timer);
    if (state.due !== null) {
      const wait = Math.max(0, state.due - this.clock.now());
      this.#timer = this.clock.after(wait, () => this.#dispatch({ type: "due" }));
    }
    this.on.state(statusOf(state));
  }

  #openSocket() {
    return new WebSocketTransport({
      url: socketUrl(),
      clock: this.clock,
      on: {
        frame: (frame, isWelcome) => this.#receive(frame, isWelcome),
        lost: (loss) => this.#handleLoss(loss),
        signedOut: () => this.#handleSignedOut(),
      },
    });
  }

  #receive(frame, isWelcome) {
    if (isWelcome) this.#syncing.forget();
    if (isWelcome) this.#dispatch({ type: "welcome" });
    else if (!this.#state.online) this.#dispatch({ type: "received" });
    if (frame.type === ServerFrame.ACK && this.#state.unanswered) {
      this.#dispatch({ type: "answered" });
    }
    this.on.frame(frame);
    // Only after the page has applied the frame, so that the next `sync` has the new cursor.
    if (frame.type === ServerFrame.CHANGES) this.#syncing.answered();
    // An error without a client_id may answer the `sync`: the next heads cause another one.
    else if (frame.type === ServerFrame.ERROR && !frame.client_id) this.#syncing.forget();
  }

  #handleLoss({ reason, ...how }) {
    this.#socket = null;
    this.#dispatch({ type: "lost", retry: retryAfter(reason), ...how });
  }

  #startPolling() {
    return new PollingTransport({
      isLong: this.#state.prefers === "websocket",
      cursor: this.cursor,
      watching: this.watching,
      clock: this.clock,
      on: {
        frame: (frame) => this.on.frame(frame),
        succeeded: () => this.#dispatch({ type: "pollSucceeded" }),
        failed: (due) => this.#dispatch({ type: "pollFailed", due }),
        signedOut: () => this.#handleSignedOut(),
        written: () => this.on.written(),
      },
    });
  }

  #stopPolling() {
    this.#polling?.stop();
    this.#polling = null;
  }

  // Stops all attempts, unless the client finds that the session continues.
  #handleSignedOut() {
    this.#stopPolling();
    this.#socket?.close();
    this.#socket = null;
    this.clock.cancel(this.#timer);
    this.on.signedOut();
  }
}
