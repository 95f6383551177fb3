// Runs one socket, from opening to its end. connection.js decides whether to open another.

import { systemClock } from "../browser/clock.js";
import { CLOSE_UNAUTHENTICATED, HEADS_EVERY, ServerFrame } from "../protocol.js";

// How long to wait for the welcome. A network that swallows sockets sends nothing, not even an
// error.
const WELCOME_TIMEOUT_MS = 8_000;
// The server sends its heads every HEADS_EVERY seconds; a socket that receives nothing for 2.5
// times as long is dead.
const SILENCE_TIMEOUT_MS = HEADS_EVERY * 2500;
const ANSWER_TIMEOUT_MS = 5_000;

export class WebSocketTransport {
  #socket;
  #welcomed = false;
  #timer = 0;

  // `on` has the callbacks frame (with whether it is the welcome), signedOut, and lost: with the
  // server's close reason, and whether the socket timed out before the welcome.
  constructor({ url, on, clock = systemClock }) {
    Object.assign(this, { on, clock });
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    this.#socket.onclose = ({ code, reason }) => this.#handleClose(code, reason);
    this.#limitSilence(WELCOME_TIMEOUT_MS);
  }

  send(frame) {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  // Call this after a change of the network, and send a frame: its answer must arrive soon.
  expectAnswer() {
    this.#limitSilence(ANSWER_TIMEOUT_MS);
  }

  close() {
    this.clock.cancel(this.#timer);
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }

  #receive(frame) {
    this.#limitSilence(SILENCE_TIMEOUT_MS);
    const isWelcome = frame.type === ServerFrame.WELCOME;
    this.#welcomed ||= isWelcome;
    this.on.frame(frame, isWelcome);
  }

  // Closes the socket if it receives nothing for so long. It counts as lost at once, because the
  // browser needs a long time to close a dead one.
  #limitSilence(milliseconds) {
    this.clock.cancel(this.#timer);
    this.#timer = this.clock.after(milliseconds, () => {
      this.close();
      this.on.lost("", !this.#welcomed);
    });
  }

  #handleClose(code, reason) {
    this.clock.cancel(this.#timer);
    if (code === CLOSE_UNAUTHENTICATED) this.on.signedOut();
    else this.on.lost(reason, false);
  }
}
