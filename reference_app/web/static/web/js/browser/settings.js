// Stores the user's settings in this browser. They are the same in all tabs.

const KEY = "fawran.settings";

const DEFAULTS = Object.freeze({
  theme: "system",
  // For each kind of sound: whether it is on, and its volume.
  sounds: Object.freeze({ message: true, mention: true, sent: true, error: true }),
  volumes: Object.freeze({ message: 0.6, mention: 0.8, sent: 0.4, error: 0.6 }),
  notifications: false,
  quiet: false,
  muted: Object.freeze([]),
});

const PER_KIND = new Set(["sounds", "volumes"]);

const withDefaultTypes = (stored, defaults) =>
  Object.fromEntries(
    Object.entries(stored).filter(([kind, value]) => typeof value === typeof defaults[kind]),
  );

// Returns settings from a stored text. Another version or a person may have stored anything: a
// value of the wrong type is replaced by the default.
export const readSettings = (text) => {
  let stored = {};
  try {
    stored = JSON.parse(text) ?? {};
  } catch {
    // The text is not JSON: only the defaults are left.
  }
  const known = Object.entries(DEFAULTS).map(([name, fallback]) => {
    const value = stored[name];
    const fits =
      typeof value === typeof fallback && Array.isArray(value) === Array.isArray(fallback);
    if (!fits || value === null) return [name, fallback];
    if (!PER_KIND.has(name)) return [name, value];
    return [name, { ...fallback, ...withDefaultTypes(value, fallback) }];
  });
  return Object.fromEntries(known);
};

export class Settings {
  #watchers = new Set();

  constructor({ storage = localStorage, events = window } = {}) {
    Object.assign(this, { storage, events });
    this.values = readSettings(this.#load());
    events.addEventListener("storage", ({ key, newValue }) => {
      if (key === KEY) this.#setValues(readSettings(newValue));
    });
  }

  change(changes) {
    const values = { ...this.values, ...changes };
    try {
      this.storage.setItem(KEY, JSON.stringify(values));
    } catch {
      // A private window or a full disk stores nothing: the setting lives as long as the page.
    }
    this.#setValues(values);
  }

  // `setting` is "sounds" or "volumes".
  changeKind(setting, kind, value) {
    this.change({ [setting]: { ...this.values[setting], [kind]: value } });
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

  #setValues(values) {
    this.values = values;
    // theme.js is not a module, so it gets an event.
    this.events.dispatchEvent(new Event("fawran:settings"));
    for (const watcher of this.#watchers) watcher(values);
  }
}
