// What the page does with frames: the one client, whatever the transport.

import { get, post, remove } from "./http.js";
import { ClientFrame, PRESENCE_EVERY, ServerFrame } from "./protocol.js";
import { cursorOf, isBehind } from "./cursor.js";
import * as change from "./reducers.js";
import { Connection } from "./transport/connection.js";
import { TypingNotifier, TypingTracker } from "./typing.js";

const READ_EVERY = 2000;

export class Client {
  #reading = 0;
  #hasCaughtUp = false;

  constructor({ store, prefers, onConnection, onTyping, on, onSignedOut }) {
    this.store = store;
    // What others may want to hear of: message, sent, failed, gone, written.
    this.on = on;
    this.typing = new TypingTracker(onTyping);
    this.transport = new Connection({
      prefers,
      cursor: () => cursorOf(store.state.conversations),
      watching: () => store.state.open,
      on: {
        frame: (frame) => this.#take(frame),
        state: onConnection,
        signedOut: onSignedOut,
        written: () => on.written(),
      },
    });
    this.notifier = new TypingNotifier((conversation, active) =>
      this.transport.send({ type: ClientFrame.TYPING, conversation, active }),
    );
  }

  start() {
    this.transport.start();
    this.beSeen();
    setInterval(() => this.beSeen(), PRESENCE_EVERY * 1000);
  }

  // Only who looks at the page is here. What comes of it can wait for the next time.
  async beSeen() {
    if (document.hidden) return;
    const { online } = await post("/presence").catch(() => ({}));
    if (online) this.store.apply(change.applyPresence, online);
  }

  async open(id) {
    this.notifier.stop();
    this.store.apply(change.open, id);
    this.transport.refresh();
    if (id && !this.store.state.messages[id]) await this.loadOlder(id);
    this.markRead();
  }

  async loadOlder(id) {
    const first = this.store.state.messages[id]?.items[0];
    const query = first ? `?before=${first.seq}` : "";
    const history = await get(`/conversations/${id}/messages${query}`);
    this.store.apply(change.applyHistory, id, history);
  }

  send(text) {
    const conversation = this.store.state.open;
    this.notifier.stop();
    const message = { client_id: crypto.randomUUID(), conversation, text, at: Date.now() };
    this.store.apply(change.compose, message);
    this.#transmit(message);
  }

  retry(clientId) {
    this.store.apply(change.mark, clientId, "sending");
    this.#transmit(this.store.state.outbox.find((waiting) => waiting.client_id === clientId));
  }

  typed() {
    this.notifier.typed(this.store.state.open);
  }

  people(query) {
    return get(`/people?${new URLSearchParams({ q: query })}`);
  }

  profile(id) {
    return get(`/people/${id}`);
  }

  async deleteConversation(id) {
    await remove(`/conversations/${id}`);
    this.store.apply(change.remove, id);
  }

  async startConversation(wanted) {
    const fresh = await post("/conversations", wanted);
    if (!this.store.state.conversations[fresh.id]) {
      this.store.apply(change.addConversation, fresh);
    }
    await this.open(fresh.id);
  }

  // Tell at most every two seconds, and only when somebody can be reading.
  markRead() {
    if (this.#reading) return;
    this.#reading = setTimeout(() => {
      this.#reading = 0;
      const { open, conversations } = this.store.state;
      const shown = conversations[open];
      if (!shown?.unread || document.hidden) return;
      this.transport.send({ type: ClientFrame.READ, conversation: open, upto: shown.seq });
    }, READ_EVERY / 4);
  }

  #transmit({ client_id, conversation, text }) {
    this.transport.send({ type: ClientFrame.SEND, client_id, conversation, text });
  }

  #take(frame) {
    switch (frame.type) {
      case ServerFrame.WELCOME:
        this.#welcomed();
        break;
      case ServerFrame.CHANGES:
        this.#caughtUp(frame);
        break;
      case ServerFrame.HEADS:
        if (isBehind(this.store.state.conversations, frame.cursor)) this.transport.sync();
        break;
      case ServerFrame.TYPING:
        if (frame.person.id !== this.store.state.me) this.typing.note(frame);
        break;
      case ServerFrame.GONE:
        this.#gone(frame);
        break;
      case ServerFrame.ACK:
        this.store.apply(change.mark, frame.client_id, "sent");
        if (!frame.duplicate) this.on.sent();
        break;
      case ServerFrame.ERROR:
        if (!frame.client_id) break;
        this.store.apply(change.mark, frame.client_id, "failed");
        this.on.failed();
        break;
      default:
        this.#happened(frame);
    }
  }

  #welcomed() {
    this.transport.sync();
    for (const waiting of this.store.state.outbox) {
      if (waiting.status === "sending") this.#transmit(waiting);
    }
  }

  #happened(event) {
    const seen = this.store.state.conversations[event.conversation];
    if (change.placeOf(seen, event) === "gap") {
      this.transport.sync();
      return;
    }
    this.store.apply(change.applyEvent, event);
    this.#tell(event);
  }

  #gone({ conversation, by }) {
    const gone = this.store.state.conversations[conversation];
    if (!gone) return;
    this.store.apply(change.remove, conversation);
    if (by.id !== this.store.state.me) this.on.gone(gone, by);
  }

  #caughtUp(changes) {
    const { open, conversations } = this.store.state;
    const gone = changes.gone.map((id) => conversations[id]).filter(Boolean);
    const news = this.#hasCaughtUp ? change.newsOf(conversations, changes.reset) : [];
    this.#hasCaughtUp = true;
    this.store.apply(change.applyChanges, changes);
    for (const conversation of gone) this.on.gone(conversation, null);
    // Over a socket typing comes by itself, and `changes` knows nothing of it.
    if (open && this.transport.isPolling) this.typing.replace(open, changes.typing);
    for (const event of [...news, ...changes.events]) this.#tell(event);
    if (this.store.state.open && !this.store.state.messages[open]) this.open(open);
  }

  #tell(event) {
    if (event.type !== ServerFrame.MESSAGE) return;
    if (event.actor.id !== this.store.state.me) {
      this.typing.note({ ...event, person: event.actor, active: false });
      this.on.message(event);
    }
    if (event.conversation === this.store.state.open) this.markRead();
  }
}
