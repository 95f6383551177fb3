// What the page does with frames: the one client, whatever the transport.

import * as account from "./account.js";
import { quoteOf } from "./acts.js";
import { removeMember } from "./groups.js";
import { get, patch, post, put, remove, upload } from "./http.js";
import { isFarewell } from "./notices.js";
import { ClientFrame, ErrorCode, MAX_HISTORY, PRESENCE_EVERY, ServerFrame } from "./protocol.js";
import { beginsAfresh, cursorOf, isAhead, isBehind } from "./cursor.js";
import * as change from "./reducers.js";
import { Connection } from "./transport/connection.js";
import { TypingNotifier, TypingTracker } from "./typing.js";

const READ_EVERY = 2000;

const pathOf = ({ conversation, id }) => `/conversations/${conversation}/messages/${id}`;

export class Client {
  #reading = 0;
  // How far the reader has seen the open conversation, and what of it was told.
  #seen = { conversation: null, upto: 0 };
  #told = new Map();
  #moving = null;
  #hasCaughtUp = false;
  // The conversations as they were known when the last heads came.
  #knownAtHeads = {};

  constructor({ store, prefers, onConnection, onTyping, on, onSignedOut }) {
    this.store = store;
    // What others may want to hear of: message, sent, failed, gone, removed, left, written;
    // whether the reader isWriting.
    this.on = on;
    this.onSignedOut = onSignedOut;
    this.typing = new TypingTracker(onTyping);
    this.transport = new Connection({
      prefers,
      cursor: () => cursorOf(store.state.conversations),
      watching: () => store.state.open,
      on: {
        frame: (frame) => this.#take(frame),
        state: onConnection,
        signedOut: () => this.#signedOut(),
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
    const here = await post("/presence").catch(() => null);
    if (here) this.store.apply(change.applyPresence, here);
  }

  async open(id) {
    this.notifier.stop();
    this.store.apply(change.open, id);
    this.transport.refresh();
    if (id && !this.#isLoaded(id)) await this.loadOlder(id);
    this.markRead();
  }

  // As many as the server gives by itself, or as are wanted. Whoever looks is told by the
  // state of what is loaded: it does not throw.
  async loadOlder(id, wanted = 0) {
    if (this.store.state.messages[id]?.loading === "loading") return;
    const before = this.store.state.messages[id]?.items[0]?.seq;
    const query = new URLSearchParams();
    if (before) query.set("before", before);
    if (wanted) query.set("limit", Math.min(wanted, MAX_HISTORY));
    this.store.apply(change.load, id, query);
    try {
      const history = await get(`/conversations/${id}/messages?${query}`);
      this.store.apply(change.applyHistory, id, query, history);
    } catch {
      this.store.apply(change.loadFailed, id, query);
    }
  }

  // `answered` is the message that this one answers, or null; `files` are uploaded already.
  send(text, answered = null, files = []) {
    const conversation = this.store.state.open;
    this.notifier.stop();
    const message = {
      client_id: crypto.randomUUID(),
      conversation,
      text,
      reply_to: answered && quoteOf(answered),
      files,
      at: Date.now(),
    };
    this.store.apply(change.compose, message);
    this.#transmit(message);
  }

  retry(clientId) {
    this.store.apply(change.mark, clientId, "sending");
    this.#transmit(this.#waiting(clientId));
  }

  // Returns a message that was not sent, which is sent no more.
  takeBack(clientId) {
    const message = this.#waiting(clientId);
    this.store.apply(change.takeBack, clientId);
    return message;
  }

  // Acts on messages are rare: they are requests on either transport, answered with the event.
  async editMessage(message, text) {
    this.#acted(await patch(pathOf(message), { text }));
  }

  async removeMessage(message) {
    this.#acted(await remove(pathOf(message)));
  }

  async react(message, emoji, on) {
    const path = `${pathOf(message)}/reactions/${encodeURIComponent(emoji)}`;
    this.#acted(await (on ? put : remove)(path));
  }

  typed() {
    this.notifier.typed(this.store.state.open);
  }

  people(query) {
    return get(`/people?${new URLSearchParams({ q: query })}`);
  }

  search(query) {
    return get(`/search?${new URLSearchParams({ q: query })}`);
  }

  upload(conversation, file, how) {
    return upload(`/conversations/${conversation}/files`, file, how);
  }

  // What was uploaded and is not wanted any more; if it stays, the server removes it in a day.
  withdraw({ id }) {
    remove(`/files/${id}`).catch(() => {});
  }

  profile(id) {
    return get(`/people/${id}`);
  }

  async leave(id) {
    await removeMember(id, this.store.state.me);
    this.store.apply(change.remove, id);
  }

  async deleteConversation(id) {
    await remove(`/conversations/${id}`);
    this.store.apply(change.remove, id);
    this.on.left(id);
  }

  // What a request has changed shows at once, and not only when the page is told or asks next.
  async catchUpAfter(request) {
    const answer = await request;
    this.transport.sync();
    return answer;
  }

  async block({ id }, on) {
    await this.catchUpAfter(on ? account.block(id) : account.unblock(id));
    this.store.apply(change.block, id, on);
  }

  // The session goes on under another key: what the old one opened ends meanwhile.
  async changePassword(before, after) {
    this.#moving = account.changePassword(before, after);
    await this.#moving;
  }

  async startConversation(wanted) {
    const fresh = await post("/conversations", wanted);
    if (!this.store.state.conversations[fresh.id]) {
      this.store.apply(change.addConversation, fresh);
    }
    await this.open(fresh.id);
  }

  // The reader has seen the open conversation up to this message.
  saw(upto) {
    const conversation = this.store.state.open;
    if (this.#seen.conversation === conversation && this.#seen.upto >= upto) return;
    this.#seen = { conversation, upto };
    this.markRead();
  }

  // Tell at most every two seconds, and only when somebody can be reading.
  markRead() {
    if (this.#reading) return;
    this.#reading = setTimeout(() => {
      this.#reading = 0;
      const { conversation, upto } = this.#seen;
      const shown = this.store.state.conversations[conversation];
      if (!shown?.unread || document.hidden || upto <= shown.read) return;
      if (upto <= (this.#told.get(conversation) ?? 0)) return;
      const told = this.transport.send({ type: ClientFrame.READ, conversation, upto });
      if (told) this.#told.set(conversation, upto);
    }, READ_EVERY / 4);
  }

  #waiting(clientId) {
    return this.store.state.outbox.find((message) => message.client_id === clientId);
  }

  #isLoaded(id) {
    const loaded = this.store.state.messages[id];
    return Boolean(loaded?.items.length || loaded?.loading === "");
  }

  #transmit({ client_id, conversation, text, reply_to: quote, files = [] }) {
    const reply = quote ? { reply_to: quote.id } : {};
    const brought = files.length ? { files: files.map(({ id }) => id) } : {};
    const content = { client_id, conversation, text, ...reply, ...brought };
    this.transport.send({ type: ClientFrame.SEND, ...content });
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
        this.#compareHeads(frame.cursor);
        break;
      case ServerFrame.TYPING:
        if (frame.person.id !== this.store.state.me) this.typing.note(frame);
        break;
      case ServerFrame.GONE:
        this.#gone(frame);
        break;
      case ServerFrame.ACK:
        this.store.apply(change.acknowledge, frame);
        if (!frame.duplicate) this.on.sent();
        break;
      case ServerFrame.ERROR:
        if (frame.client_id) this.#refused(frame);
        break;
      default:
        this.#happened(frame);
    }
  }

  // Where the database has lost what the page has seen, as after a restore, a sync resets it.
  #compareHeads(cursor) {
    const { conversations } = this.store.state;
    const ahead = isAhead(this.#knownAtHeads, cursor);
    this.#knownAtHeads = ahead ? {} : conversations;
    if (ahead || isBehind(conversations, cursor)) this.transport.sync();
  }

  #welcomed() {
    // What was told before may never have arrived.
    this.#told.clear();
    this.transport.sync();
    for (const waiting of this.store.state.outbox) {
      if (waiting.status === "sending") this.#transmit(waiting);
    }
  }

  // What was still to be sent to a conversation that is no more is shown nowhere.
  #refused({ client_id: clientId, code }) {
    const { conversations } = this.store.state;
    const isLost =
      code === ErrorCode.NOT_A_MEMBER && !conversations[this.#waiting(clientId)?.conversation];
    if (isLost) this.takeBack(clientId);
    else this.store.apply(change.mark, clientId, "failed", code);
    this.on.failed();
  }

  #happened(event) {
    const seen = this.store.state.conversations[event.conversation];
    if (seen && isFarewell(event, this.store.state.me)) {
      this.#lose(seen.id, (gone) => this.on.removed(gone, event.actor), event.actor);
      return;
    }
    if (change.placeOf(seen, event) === "gap") {
      this.transport.sync();
      return;
    }
    this.store.apply(change.applyEvent, event);
    this.#tell(event);
  }

  // Nothing comes of what was so already.
  #acted(event) {
    if (event) this.#happened(event);
  }

  #gone({ conversation, by }) {
    this.#lose(conversation, (gone, unsent) => this.on.gone(gone, by, unsent), by);
  }

  // A conversation is no more, at least for this reader, who is told if it was not their doing.
  #lose(id, tell, by) {
    const { conversations, me } = this.store.state;
    const gone = conversations[id];
    if (!gone) return;
    const unsent = this.#isWriting(id);
    this.store.apply(change.remove, id);
    if (by.id === me) this.on.left(id);
    else tell(gone, unsent);
  }

  #isWriting(id) {
    const { open, outbox } = this.store.state;
    const waits = outbox.some((waiting) => waiting.conversation === id);
    return waits || (open === id && this.on.isWriting());
  }

  // A socket or a request was refused. By a session that goes on under another key?
  async #signedOut() {
    await this.#moving?.catch(() => null);
    const refused = await get("/me").then(
      () => false,
      ({ status }) => status === 401,
    );
    if (refused) this.onSignedOut();
    else this.transport.reopen();
  }

  #caughtUp(changes) {
    const { open, conversations } = this.store.state;
    const gone = changes.gone
      .filter((id) => id in conversations)
      .map((id) => [conversations[id], null, this.#isWriting(id)]);
    const news = this.#hasCaughtUp ? change.newsOf(conversations, changes.reset) : [];
    this.#hasCaughtUp = true;
    const unstored = change.discarded(this.store.state.outbox, changes.reset);
    for (const fresh of changes.reset) {
      if (beginsAfresh(conversations[fresh.id], fresh)) this.#forgetReading(fresh.id);
    }
    this.store.apply(change.applyChanges, changes);
    for (const clientId of unstored) this.#transmit(this.#waiting(clientId));
    for (const told of gone) this.on.gone(...told);
    // Over a socket typing comes by itself, and `changes` knows nothing of it.
    if (open && this.transport.isPolling) this.typing.replace(open, changes.typing);
    for (const event of [...news, ...changes.events]) this.#tell(event);
    if (this.store.state.open && !this.#isLoaded(open)) this.loadOlder(open);
    this.markRead();
  }

  // The seqs of a history that was discarded say nothing of what has been read of another.
  #forgetReading(id) {
    this.#told.delete(id);
    if (this.#seen.conversation === id) this.#seen = { conversation: null, upto: 0 };
  }

  #tell(event) {
    if (event.type !== ServerFrame.MESSAGE) return;
    if (event.actor.id !== this.store.state.me) {
      this.typing.note({ ...event, person: event.actor, active: false });
      this.on.message(event);
    }
  }
}
