// Keeps the unsent text of each conversation. A draft survives a reload, the end of the session and
// an unreachable server, and is the same in all tabs of a browser.

export class Drafts {
  #texts = new Map();
  #watchers = new Set();
  #prefix;

  // Several people may use one browser, so each user has separate drafts.
  constructor({ me, storage = localStorage, events = window }) {
    this.storage = storage;
    this.#prefix = `fawran.draft.${me}.`;
    events.addEventListener("storage", ({ key, newValue }) => {
      if (!key?.startsWith(this.#prefix)) return;
      this.#setText(Number(key.slice(this.#prefix.length)), newValue);
    });
  }

  of(conversation) {
    if (!this.#texts.has(conversation)) this.#texts.set(conversation, this.#load(conversation));
    return this.#texts.get(conversation);
  }

  save(conversation, text) {
    this.#texts.set(conversation, text);
    const key = this.#prefix + conversation;
    try {
      if (text) this.storage.setItem(key, text);
      else this.storage.removeItem(key);
    } catch {
      // A private window or a full disk stores nothing: the draft lives as long as the page.
    }
  }

  discard(conversation) {
    this.save(conversation, "");
  }

  // Calls the watcher with the conversation and its draft when another tab has changed it.
  watch(watcher) {
    this.#watchers.add(watcher);
  }

  #setText(conversation, text) {
    this.#texts.set(conversation, text ?? "");
    for (const watcher of this.#watchers) watcher(conversation, text ?? "");
  }

  #load(conversation) {
    try {
      return this.storage.getItem(this.#prefix + conversation) ?? "";
    } catch {
      return "";
    }
  }
}
