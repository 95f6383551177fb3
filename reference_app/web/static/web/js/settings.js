// What this browser remembers of its reader's wishes. All of its tabs agree.

const KEY = "fawran.settings";

const DEFAULTS = Object.freeze({
  theme: "system",
  // By kind: whether it is heard at all, and how loud.
  sounds: Object.freeze({ message: true, mention: true, sent: true, error: true }),
  volumes: Object.freeze({ message: 0.6, mention: 0.8, sent: 0.4, error: 0.6 }),
  notifications: false,
  quiet: false,
  muted: Object.freeze([]),
});

const kinds = new Set(["sounds", "volumes"]);

const likeTheUsual = (stored, usual) =>
  Object.fromEntries(
    Object.entries(stored).filter(([kind, value]) => typeof value === typeof usual[kind]),
  );

// What was stored by another version, or by hand, may be anything.
export const readSettings = (text) => {
  let stored = {};
  try {
    stored = JSON.parse(text) ?? {};
  } catch {
    // Nothing of it can be used.
  }
  const known = Object.entries(DEFAULTS).map(([name, usual]) => {
    const value = stored[name];
    const fits = typeof value === typeof usual && Array.isArray(value) === Array.isArray(usual);
    if (!fits || value === null) return [name, usual];
    return [name, kinds.has(name) ? { ...usual, ...likeTheUsual(value, usual) } : value];
  });
  return Object.fromEntries(known);
};

export class Settings {
  #watchers = new Set();

  constructor({ storage = localStorage, events = window } = {}) {
    Object.assign(this, { storage, events });
    this.values = readSettings(this.#load());
    events.addEventListener("storage", ({ key, newValue }) => {
      if (key === KEY) this.#become(readSettings(newValue));
    });
  }

  change(changes) {
    const values = { ...this.values, ...changes };
    try {
      this.storage.setItem(KEY, JSON.stringify(values));
    } catch {
      // Private windows and full disks forget: the wish holds as long as the page.
    }
    this.#become(values);
  }

  // `wish` is sounds or volumes.
  changeKind(wish, kind, value) {
    this.change({ [wish]: { ...this.values[wish], [kind]: value } });
  }

  mute(conversation, on) {
    const others = this.values.muted.filter((id) => id !== conversation);
    this.change({ muted: on ? [...others, conversation] : others });
  }

  isMuted(conversation) {
    return this.values.muted.includes(conversation);
  }

  watch(watcher) {
    this.#watchers.add(watcher);
    watcher(this.values);
  }

  #load() {
    try {
      return this.storage.getItem(KEY);
    } catch {
      return null;
    }
  }

  #become(values) {
    this.values = values;
    // theme.js, which is no module, is told too.
    this.events.dispatchEvent(new Event("fawran:settings"));
    for (const watcher of this.#watchers) watcher(values);
  }
}
