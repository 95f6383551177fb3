// Sends and receives the frames and requests of the page, and applies them to the store. It does
// not depend on the transport.

import { ClientFrame, ErrorCode, MAX_HISTORY, PRESENCE_EVERY, ServerFrame } from "../protocol.js";
import { cursorOf, isAhead, isBehind, isNewHistory } from "../state/cursor.js";
import { quoteOf } from "../state/message-changes.js";
import { isOwnDeparture } from "../state/notices.js";
import * as change from "../state/reducers.js";
import { TypingNotifier, TypingTracker } from "../state/typing.js";
import * as account from "./account-api.js";
import { Connection } from "./connection.js";
import { removeMember } from "./groups-api.js";
import { get, patch, post, put, remove, upload } from "./http.js";
import { isTemporary, SendQueue } from "./send-queue.js";

const READ_DELAY_MS = 500;

const pathOf = ({ conversation, id }) => `/conversations/${conversation}/messages/${id}`;

export class Client {
  #readTimer = 0;
  // How far the user has seen the open conversation, and the read markers that were sent.
  #seen = { conversation: null, upto: 0 };
  #sentMarkers = new Map();
  #passwordChange = null;
  #hasCaughtUp = false;
  // The conversations as the page knew them when the last heads came.
  #knownAtHeads = {};

  constructor({ store, prefers, onConnection, onTyping, on, onSignedOut }) {
    this.store = store;
    // The callbacks message, sent, failed, gone, removed, left and written, and isWriting, which
    // returns whether the user has typed a text.
    this.on = on;
    this.onSignedOut = onSignedOut;
    this.typing = new TypingTracker(onTyping);
    this.connection = new Connection({
      prefers,
      cursor: () => cursorOf(store.state.conversations),
      watching: () => store.state.open,
      on: {
        frame: (frame) => this.#handleFrame(frame),
        state: onConnection,
        signedOut: () => this.#handleSignedOut(),
        written: () => on.written(),
      },
    });
    this.queue = new SendQueue({
      waiting: () => this.#unsentMessages(),
      transmit: (message) => this.#transmit(message),
    });
    this.notifier = new TypingNotifier((conversation, active) =>
      this.connection.send({ type: ClientFrame.TYPING, conversation, active }),
    );
  }

  start() {
    this.connection.start();
    this.sendPresence();
    setInterval(() => this.sendPresence(), PRESENCE_EVERY * 1000);
  }

  // Reports that the user is present, if the page is visible, and fetches who else is. If that
  // fails, the next time is soon enough.
  async sendPresence() {
    if (document.hidden) return;
    const presence = await post("/presence").catch(() => null);
    if (presence) this.store.apply(change.applyPresence, presence);
  }

  async open(id) {
    this.notifier.stop();
    this.store.apply(change.open, id);
    this.connection.refresh();
    if (id && !this.#isLoaded(id)) await this.loadOlder(id);
    this.markRead();
  }

  // Loads older messages: `wanted` of them, or the server's default number. It does not throw: the
  // state records a failure, and the page shows it.
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

  // Sends a message. `answered` is the message to which it replies, or null; `files` are uploaded
  // already.
  send(text, answered = null, files = []) {
    const conversation = this.store.state.open;
    this.notifier.stop();
    const message = {
      client_id: crypto.randomUUID(),
      conversation,
      text,
      reply_to: answered && quoteOf(answered),
      files,
      at: this.#timeOfNext(),
    };
    this.store.apply(change.compose, message);
    this.queue.run();
  }

  retry(clientId) {
    this.store.apply(change.setStatus, clientId, "sending");
    this.queue.run();
  }

  // Removes an unsent message from the outbox, and returns it.
  takeBack(clientId) {
    const message = this.#outboxMessage(clientId);
    this.store.apply(change.takeBack, clientId);
    return message;
  }

  // Changes of messages are rare, so they are requests on either transport. The answer is the
  // event.
  async editMessage(message, text) {
    this.#handleResult(await patch(pathOf(message), { text }));
  }

  async removeMessage(message) {
    this.#handleResult(await remove(pathOf(message)));
  }

  async react(message, emoji, on) {
    const path = `${pathOf(message)}/reactions/${encodeURIComponent(emoji)}`;
    this.#handleResult(await (on ? put : remove)(path));
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

  upload(conversation, file, options) {
    return upload(`/conversations/${conversation}/files`, file, options);
  }

  // Deletes an uploaded file that is no longer needed. If that fails, the server deletes it in a
  // day.
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

  // Syncs after a request, so that the page shows the change at once, and not only after the next
  // event or poll.
  async catchUpAfter(request) {
    const answer = await request;
    this.connection.sync();
    return answer;
  }

  async block({ id }, on) {
    await this.catchUpAfter(on ? account.block(id) : account.unblock(id));
    this.store.apply(change.block, id, on);
  }

  // Changes the password. The session continues under another key, and the server closes the
  // connections that the old one opened.
  async changePassword(before, after) {
    this.#passwordChange = account.changePassword(before, after);
    await this.#passwordChange;
  }

  async startConversation(wanted) {
    const fresh = await post("/conversations", wanted);
    if (!this.store.state.conversations[fresh.id]) {
      this.store.apply(change.addConversation, fresh);
    }
    await this.open(fresh.id);
  }

  // Records that the user has seen the open conversation up to this message.
  markSeen(upto) {
    const conversation = this.store.state.open;
    if (this.#seen.conversation === conversation && this.#seen.upto >= upto) return;
    this.#seen = { conversation, upto };
    this.markRead();
  }

  // Sends the read marker, at most every 500 ms, and only while the page is visible.
  markRead() {
    if (this.#readTimer) return;
    this.#readTimer = setTimeout(() => {
      this.#readTimer = 0;
      const { conversation, upto } = this.#seen;
      const shown = this.store.state.conversations[conversation];
      if (!shown?.unread || document.hidden || upto <= shown.read) return;
      if (upto <= (this.#sentMarkers.get(conversation) ?? 0)) return;
      const isSent = this.connection.send({ type: ClientFrame.READ, conversation, upto });
      if (isSent) this.#sentMarkers.set(conversation, upto);
    }, READ_DELAY_MS);
  }

  #outboxMessage(clientId) {
    return this.store.state.outbox.find((message) => message.client_id === clientId);
  }

  // Returns the current time, or a later one: it has to be later than the time of every unsent
  // message. The clock may be set back, and a reloaded page sends messages in the order of their
  // times.
  #timeOfNext() {
    const last = this.store.state.outbox.at(-1)?.at ?? 0;
    return Math.max(Date.now(), last + 1);
  }

  #unsentMessages() {
    return this.store.state.outbox.filter(({ status }) => status === "sending");
  }

  #isLoaded(id) {
    const loaded = this.store.state.messages[id];
    return Boolean(loaded?.items.length || loaded?.loading === "");
  }

  #transmit({ client_id, conversation, text, reply_to: quote, files = [] }) {
    const reply = quote ? { reply_to: quote.id } : {};
    const attached = files.length ? { files: files.map(({ id }) => id) } : {};
    const content = { client_id, conversation, text, ...reply, ...attached };
    return this.connection.send({ type: ClientFrame.SEND, ...content });
  }

  #handleFrame(frame) {
    switch (frame.type) {
      case ServerFrame.WELCOME:
        this.#handleWelcome();
        break;
      case ServerFrame.CHANGES:
        this.#handleChanges(frame);
        break;
      case ServerFrame.HEADS:
        this.#compareHeads(frame.cursor);
        break;
      case ServerFrame.TYPING:
        if (frame.person.id !== this.store.state.me) this.typing.record(frame);
        break;
      case ServerFrame.GONE:
        this.#handleGone(frame);
        break;
      case ServerFrame.ACK:
        this.store.apply(change.acknowledge, frame);
        if (!frame.duplicate) this.on.sent();
        this.queue.settle(frame.client_id);
        break;
      case ServerFrame.ERROR:
        if (frame.client_id) this.#handleError(frame);
        break;
      default:
        this.#handleEvent(frame);
    }
  }

  // Syncs if the page is behind, or ahead because the database has lost events, as after a restore.
  // Then the sync resets the conversation.
  #compareHeads(cursor) {
    const { conversations } = this.store.state;
    const ahead = isAhead(this.#knownAtHeads, cursor);
    this.#knownAtHeads = ahead ? {} : conversations;
    if (ahead || isBehind(conversations, cursor)) this.connection.sync();
  }

  #handleWelcome() {
    // The read markers that were sent before may not have arrived.
    this.#sentMarkers.clear();
    this.connection.sync();
    this.queue.restart();
  }

  // Handles a refused message. After a temporary refusal it is sent again. If its conversation no
  // longer exists, no view can show it, so it leaves the outbox.
  #handleError({ client_id: clientId, code }) {
    if (isTemporary(code)) {
      this.queue.postpone(clientId);
      return;
    }
    const { conversations } = this.store.state;
    const conversation = conversations[this.#outboxMessage(clientId)?.conversation];
    const isLost = code === ErrorCode.NOT_A_MEMBER && !conversation;
    if (isLost) this.takeBack(clientId);
    else this.store.apply(change.setStatus, clientId, "failed", code);
    this.on.failed();
    this.queue.settle(clientId);
  }

  #handleEvent(event) {
    const seen = this.store.state.conversations[event.conversation];
    if (seen && isOwnDeparture(event, this.store.state.me)) {
      this.#removeConversation(seen.id, (gone) => this.on.removed(gone, event.actor), event.actor);
      return;
    }
    if (change.classifyEvent(seen, event) === "gap") {
      this.connection.sync();
      return;
    }
    this.store.apply(change.applyEvent, event);
    this.#reportMessage(event);
  }

  // Applies the event that a request returned. There is none if the request changed nothing.
  #handleResult(event) {
    if (event) this.#handleEvent(event);
  }

  #handleGone({ conversation, by }) {
    this.#removeConversation(conversation, (gone, unsent) => this.on.gone(gone, by, unsent), by);
  }

  // Removes a conversation that no longer exists for this user. `report` informs the user, if
  // another person removed it.
  #removeConversation(id, report, by) {
    const { conversations, me } = this.store.state;
    const gone = conversations[id];
    if (!gone) return;
    const unsent = this.#isWriting(id);
    this.store.apply(change.remove, id);
    if (by.id === me) this.on.left(id);
    else report(gone, unsent);
  }

  #isWriting(id) {
    const { open, outbox } = this.store.state;
    const hasUnsent = outbox.some((waiting) => waiting.conversation === id);
    return hasUnsent || (open === id && this.on.isWriting());
  }

  // Checks whether the session has really ended, after a socket or a request was refused: it may
  // continue under another key.
  async #handleSignedOut() {
    await this.#passwordChange?.catch(() => null);
    const refused = await get("/me").then(
      () => false,
      ({ status }) => status === 401,
    );
    if (refused) this.onSignedOut();
    else this.connection.reopen();
  }

  #handleChanges(changes) {
    const { open, conversations } = this.store.state;
    const gone = changes.gone
      .filter((id) => id in conversations)
      .map((id) => [conversations[id], null, this.#isWriting(id)]);
    const news = this.#hasCaughtUp ? change.newLastMessages(conversations, changes.reset) : [];
    this.#hasCaughtUp = true;
    for (const fresh of changes.reset) {
      if (isNewHistory(conversations[fresh.id], fresh)) this.#forgetReadPosition(fresh.id);
    }
    this.store.apply(change.applyChanges, changes);
    this.queue.run();
    for (const args of gone) this.on.gone(...args);
    // Over a socket, typing notices arrive as frames of their own, and `changes` has none.
    if (open && this.connection.isPolling) this.typing.replace(open, changes.typing);
    for (const event of [...news, ...changes.events]) this.#reportMessage(event);
    if (this.store.state.open && !this.#isLoaded(open)) this.loadOlder(open);
    this.markRead();
  }

  // Forgets the read position in a discarded history: its seqs are not valid in the new one.
  #forgetReadPosition(id) {
    this.#sentMarkers.delete(id);
    if (this.#seen.conversation === id) this.#seen = { conversation: null, upto: 0 };
  }

  // Reports a message of another person, who has then stopped typing.
  #reportMessage(event) {
    if (event.type !== ServerFrame.MESSAGE) return;
    if (event.actor.id !== this.store.state.me) {
      this.typing.record({ ...event, person: event.actor, active: false });
      this.on.message(event);
    }
  }
}
