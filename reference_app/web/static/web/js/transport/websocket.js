// Runs one socket, from opening to its end. connection.js decides whether to open another.

import { systemClock } from "../browser/clock.js";
import { ClientFrame, CLOSE_UNAUTHENTICATED, HEADS_EVERY, ServerFrame } from "../protocol.js";
import { AnswerDeadline } from "./answer-deadline.js";

// How long to wait for the welcome. A network that swallows sockets sends nothing, not even an
// error.
const WELCOME_TIMEOUT_MS = 8_000;
// The server sends its heads every HEADS_EVERY seconds; a socket that receives nothing for 2.5
// times as long is dead.
const SILENCE_TIMEOUT_MS = HEADS_EVERY * 2500;
// How long to wait for any frame after a change of the network.
const NETWORK_CHANGE_TIMEOUT_MS = 5_000;
// How long to wait for the answer to a request. The answer to a `sync` may be large, and take
// longer over a slow network.
const REQUEST_TIMEOUTS_MS = { [ClientFrame.SEND]: 10_000, [ClientFrame.SYNC]: 30_000 };

export class WebSocketTransport {
  #socket;
  #welcomed = false;
  #timer = 0;
  #deadline;

  // `on` has the callbacks frame (with whether it is the welcome), signedOut, and lost: with the
  // server's close reason, whether the socket timed out before the welcome, and whether a request
  // had no answer in time.
  constructor({ url, on, clock = systemClock }) {
    Object.assign(this, { on, clock });
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    this.#socket.onclose = ({ code, reason }) => this.#handleClose(code, reason);
    this.#deadline = new AnswerDeadline({
      clock,
      missed: () => this.#giveUp({ isUnanswered: true }),
    });
    this.#limitSilence(WELCOME_TIMEOUT_MS);
  }

  send(frame) {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    const timeout = REQUEST_TIMEOUTS_MS[frame.type];
    if (timeout) this.#deadline.expect(frame.client_id ?? ClientFrame.SYNC, timeout);
    return true;
  }

  // Call this after a change of the network, and send a frame: its answer must arrive soon.
  expectAnswer() {
    this.#limitSilence(NETWORK_CHANGE_TIMEOUT_MS);
  }

  close() {
    this.#stopTimers();
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }

  #receive(frame) {
    this.#limitSilence(SILENCE_TIMEOUT_MS);
    const isWelcome = frame.type === ServerFrame.WELCOME;
    this.#welcomed ||= isWelcome;
    this.#recordAnswer(frame);
    this.on.frame(frame, isWelcome);
  }

  // An error without a client_id may answer the `sync`.
  #recordAnswer({ type, client_id: clientId }) {
    const isAnswer = type === ServerFrame.ACK || type === ServerFrame.ERROR;
    if (isAnswer && clientId) this.#deadline.answered(clientId);
    else if (isAnswer || type === ServerFrame.CHANGES) this.#deadline.answered(ClientFrame.SYNC);
  }

  // Closes the socket if it receives nothing for so long.
  #limitSilence(milliseconds) {
    this.clock.cancel(this.#timer);
    this.#timer = this.clock.after(milliseconds, () => this.#giveUp({ isSilent: !this.#welcomed }));
  }

  // Closes a dead socket. It counts as lost at once, because the browser needs a long time to close
  // it.
  #giveUp({ isSilent = false, isUnanswered = false }) {
    this.close();
    this.on.lost({ reason: "", isSilent, isUnanswered });
  }

  #handleClose(code, reason) {
    this.#stopTimers();
    if (code === CLOSE_UNAUTHENTICATED) this.on.signedOut();
    else this.on.lost({ reason, isSilent: false, isUnanswered: false });
  }

  #stopTimers() {
    this.clock.cancel(this.#timer);
    this.#deadline.stop();
  }
}
