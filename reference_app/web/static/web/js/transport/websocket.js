// Everything comes over one socket as it happens. A lost socket is opened again by itself.

import { backoff, retryAfter } from "../backoff.js";
import { CLOSE_UNAUTHENTICATED, ClientFrame, ServerFrame } from "../protocol.js";

export class WebSocketTransport {
  #socket = null;
  #attempt = 0;
  #timer = 0;

  constructor({ onFrame, onState, onSignedOut, cursor }) {
    Object.assign(this, { onFrame, onState, onSignedOut, cursor });
  }

  start() {
    window.addEventListener("online", () => this.#again(0));
    window.addEventListener("offline", () => this.onState("offline"));
    this.#open();
  }

  sync() {
    this.send({ type: ClientFrame.SYNC, cursor: this.cursor() });
  }

  reopen() {
    this.#again(0);
  }

  // False if there is no socket to send it on; what matters is sent again after `welcome`.
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #open() {
    if (this.#socket) return;
    this.onState("connecting");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.#socket = new WebSocket(`${scheme}://${location.host}/ws/chat/`);
    this.#socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    this.#socket.onclose = ({ code, reason }) => this.#closed(code, reason);
  }

  #take(frame) {
    if (frame.type === ServerFrame.WELCOME) {
      this.#attempt = 0;
      this.onState("live");
    }
    this.onFrame(frame);
  }

  #closed(code, reason) {
    this.#socket = null;
    if (code === CLOSE_UNAUTHENTICATED) {
      this.onSignedOut();
      return;
    }
    this.#again(retryAfter(reason) ?? backoff(this.#attempt));
    this.#attempt += 1;
  }

  #again(wait) {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.onState(navigator.onLine ? "waiting" : "offline", wait);
    this.#timer = setTimeout(() => this.#open(), wait);
  }
}
