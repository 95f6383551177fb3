// What was typed and not sent yet, for each conversation. It outlives the page, a session that
// ends and a server that is away; all tabs of a browser agree on it.

export class Drafts {
  #texts = new Map();
  #watchers = new Set();
  #prefix;

  // Several people may use one browser: nobody is shown what another has typed.
  constructor({ me, storage = localStorage, events = window }) {
    this.storage = storage;
    this.#prefix = `fawran.draft.${me}.`;
    events.addEventListener("storage", ({ key, newValue }) => {
      if (key?.startsWith(this.#prefix)) this.#become(Number(key.slice(this.#prefix.length)), newValue);
    });
  }

  of(conversation) {
    if (!this.#texts.has(conversation)) this.#texts.set(conversation, this.#load(conversation));
    return this.#texts.get(conversation);
  }

  keep(conversation, text) {
    this.#texts.set(conversation, text);
    const key = this.#prefix + conversation;
    try {
      if (text) this.storage.setItem(key, text);
      else this.storage.removeItem(key);
    } catch {
      // Private windows and full disks forget: the draft lives as long as the page.
    }
  }

  drop(conversation) {
    this.keep(conversation, "");
  }

  // Be told of what other tabs change: the conversation and its draft.
  watch(watcher) {
    this.#watchers.add(watcher);
  }

  #become(conversation, text) {
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
