// Holds the one state, and tells those who watch it that it has changed.

export class Store {
  #watchers = new Set();

  constructor(state) {
    this.state = state;
  }

  // A change is a pure function of reducers.js, with its further arguments.
  apply(change, ...args) {
    const next = change(this.state, ...args);
    if (next === this.state) return;
    this.state = next;
    for (const watcher of this.#watchers) watcher(next);
  }

  watch(watcher) {
    this.#watchers.add(watcher);
    watcher(this.state);
  }
}
