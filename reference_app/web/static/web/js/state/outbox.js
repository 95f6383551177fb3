// Stores unsent messages until the server has them. If the page is closed or the session ends, the
// next page sends them. Sending one twice is harmless, because its `client_id` stays the same.

const isMessage = (stored) =>
  typeof stored?.client_id === "string" &&
  Number.isInteger(stored.conversation) &&
  typeof stored.text === "string" &&
  Number.isFinite(stored.at);

export class Outbox {
  #kept = new Set();
  #prefix;

  constructor({ me, storage = localStorage }) {
    this.storage = storage;
    this.#prefix = `fawran.outbox.${me}.`;
  }

  // Returns the messages that an earlier page has stored, the oldest first.
  load() {
    const found = [];
    try {
      for (const key of Object.keys(this.storage)) {
        if (!key.startsWith(this.#prefix)) continue;
        const stored = this.#read(key);
        if (isMessage(stored)) found.push(stored);
        else this.storage.removeItem(key);
      }
    } catch {
      // A private window stores nothing.
    }
    for (const message of found) this.#kept.add(message.client_id);
    return found.sort((a, b) => a.at - b.at);
  }

  // Stores the waiting messages, and deletes those that were sent or taken back.
  save(waiting) {
    const unsent = waiting.filter((message) => message.status !== "sent");
    const ids = new Set(unsent.map((message) => message.client_id));
    try {
      for (const message of unsent) {
        if (!this.#kept.has(message.client_id)) this.#write(message);
      }
      for (const id of this.#kept) {
        if (!ids.has(id)) this.storage.removeItem(this.#prefix + id);
      }
    } catch {
      // The storage refused: the messages live as long as the page.
    }
    this.#kept = ids;
  }

  #read(key) {
    try {
      return JSON.parse(this.storage.getItem(key));
    } catch {
      return null;
    }
  }

  #write(message) {
    const { status: _status, code: _code, ...kept } = message;
    this.storage.setItem(this.#prefix + message.client_id, JSON.stringify(kept));
  }
}
