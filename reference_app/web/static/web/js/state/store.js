// Holds the page's state, and calls its watchers after each change.

export class Store {
  #watchers = new Set();

  constructor(state) {
    this.state = state;
  }

  // Applies a pure function of reducers.js, with its other arguments.
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
