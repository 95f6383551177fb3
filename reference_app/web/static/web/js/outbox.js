// Messages on their way, kept until the server has them: should the page be closed or the
// session end, the next page sends them. Twice does no harm, their `client_id` stays.

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

  // What a page before this one has left, the oldest first.
  left() {
    const found = [];
    try {
      for (const key of Object.keys(this.storage)) {
        if (!key.startsWith(this.#prefix)) continue;
        const stored = this.#read(key);
        if (isMessage(stored)) found.push(stored);
        else this.storage.removeItem(key);
      }
    } catch {
      // Private windows remember nothing.
    }
    for (const message of found) this.#kept.add(message.client_id);
    return found.sort((a, b) => a.at - b.at);
  }

  // Keep what waits, and forget what has been stored or taken back.
  keep(waiting) {
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
      // Then they are kept as long as the page.
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
