// One socket, from opening to its end. Whether there is another is for connection.js to say.

import { systemClock } from "../clock.js";
import { CLOSE_UNAUTHENTICATED, HEADS_EVERY, ServerFrame } from "../protocol.js";

// A network that swallows sockets says nothing at all: somebody has to stop waiting.
const WELCOME_WITHIN = 8_000;
// The server tells its heads all the time; a socket without them leads nowhere any more.
const SILENCE = HEADS_EVERY * 2500;
const ANSWER_WITHIN = 5_000;

export class WebSocketLine {
  #socket;
  #welcomed = false;
  #timer = 0;

  // `on` hears of frame (and whether it is the welcome), signedOut, and lost: with the reason
  // that the server gave, and whether nothing at all was heard.
  constructor({ address, on, clock = systemClock }) {
    Object.assign(this, { on, clock });
    this.#socket = new WebSocket(address);
    this.#socket.onmessage = ({ data }) => this.#heard(JSON.parse(data));
    this.#socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#expect(WELCOME_WITHIN);
  }

  send(frame) {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  // After a change of the network: an answer to what was just sent has to come soon.
  expectAnswer() {
    this.#expect(ANSWER_WITHIN);
  }

  close() {
    this.clock.cancel(this.#timer);
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }

  #heard(frame) {
    this.#expect(SILENCE);
    const isWelcome = frame.type === ServerFrame.WELCOME;
    this.#welcomed ||= isWelcome;
    this.on.frame(frame, isWelcome);
  }

  // Closing a dead socket takes the browser as long as the network does: it is given up at once.
  #expect(within) {
    this.clock.cancel(this.#timer);
    this.#timer = this.clock.after(within, () => {
      this.close();
      this.on.lost("", !this.#welcomed);
    });
  }

  #closed(code, reason) {
    this.clock.cancel(this.#timer);
    if (code === CLOSE_UNAUTHENTICATED) this.on.signedOut();
    else this.on.lost(reason, false);
  }
}
