// Finds the other tabs of the user in this browser, and the one that was visible last. Each tab
// holds one Web Lock, and the lock's name says when the tab was last visible. The browser releases
// the lock when the tab closes, leaves the page or crashes, so the locks that are held are the open
// tabs.
//
// A tab never requests the lock of another tab except to wait for its end, and steals and aborts
// nothing: docs/decisions/0011-one-tab-announces.md.

const HELD = "exclusive";
const WAITING = "shared";

// Returns the name of a tab's lock. `turn` increases each time that a tab is shown; it is 0 if the
// tab has not been visible yet.
export const nameOf = (prefix, { turn, isVisible, id }) =>
  [prefix, turn, isVisible ? "visible" : "hidden", id].join("/");

// Returns the tabs that hold locks, from what `navigator.locks.query()` resolves to.
export const tabsOf = (prefix, { held }) =>
  held
    .filter(({ name, mode }) => mode === HELD && name.startsWith(`${prefix}/`))
    .map(({ name }) => {
      const [turn, visibility, id] = name.slice(prefix.length + 1).split("/");
      return { name, turn: Number(turn), isVisible: visibility === "visible", id };
    });

// Returns the tab that was visible last, or null. Among equal turns all tabs choose the same one.
export const latestOf = (tabs) =>
  tabs.reduce((latest, tab) => (latest && !isAfter(tab, latest) ? latest : tab), null);

const isAfter = (one, other) =>
  one.turn === other.turn ? one.id > other.id : one.turn > other.turn;

export class TabLocks {
  // Null on an origin that is not secure, or if the browser denies locks. Then each tab acts as if
  // it were the only one.
  #locks = navigator.locks ?? null;
  #turn = 0;
  #mine = null;
  #release = () => {};
  #entering = Promise.resolve();
  #isAway = false;
  #awaited = new Set();

  // `onChanged` is called when another tab may be the latest.
  constructor({ prefix, onChanged }) {
    Object.assign(this, { prefix, onChanged });
    document.addEventListener("visibilitychange", () => this.#enter());
    window.addEventListener("focus", () => this.#enter());
    // A page that is frozen, or kept for the back button, announces nothing, and may stay so for a
    // long time without being closed.
    window.addEventListener("pagehide", () => this.#leave());
    document.addEventListener("freeze", () => this.#leave());
    window.addEventListener("pageshow", () => this.#comeBack());
    document.addEventListener("resume", () => this.#comeBack());
    this.#enter();
  }

  // Resolves to whether this tab is the one that was visible last. If it is not, `onChanged` is
  // called when that one has closed.
  async isLatest() {
    await this.#entering;
    if (!this.#locks) return true;
    const latest = latestOf(tabsOf(this.prefix, await this.#locks.query()));
    if (latest?.name === this.#mine) return true;
    if (latest) this.#awaitEnd(latest.name);
    return false;
  }

  // Resolves to whether any of the tabs is visible.
  async isAnyVisible() {
    if (!document.hidden || !this.#locks) return !document.hidden;
    await this.#entering;
    return tabsOf(this.prefix, await this.#locks.query()).some(({ isVisible }) => isVisible);
  }

  // Takes a new lock. Calls run one after the other: each replaces the lock of the one before.
  #enter() {
    this.#entering = this.#entering.then(async () => {
      if (!this.#locks || this.#isAway) return;
      try {
        await this.#replaceLock();
      } catch {
        // The browser denies locks, as it does if storage is blocked; or the page is leaving.
        if (!this.#isAway) this.#locks = null;
      }
      this.onChanged();
    });
  }

  async #replaceLock() {
    const isVisible = !document.hidden;
    if (isVisible) {
      const others = tabsOf(this.prefix, await this.#locks.query());
      this.#turn = 1 + (latestOf(others)?.turn ?? 0);
    }
    const name = nameOf(this.prefix, { turn: this.#turn, isVisible, id: crypto.randomUUID() });
    await new Promise((entered, denied) => {
      const hold = () => {
        entered();
        // The page may have been frozen or left while the request was pending.
        if (this.#isAway) return null;
        this.#release();
        this.#mine = name;
        return new Promise((resolve) => {
          this.#release = resolve;
        });
      };
      this.#locks.request(name, { mode: HELD }, hold).catch(denied);
    });
  }

  #leave() {
    this.#isAway = true;
    this.#mine = null;
    this.#release();
  }

  #comeBack() {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#enter();
  }

  // The browser grants the lock of another tab when that tab has released it.
  async #awaitEnd(name) {
    if (this.#awaited.has(name)) return;
    this.#awaited.add(name);
    await this.#locks.request(name, { mode: WAITING }, () => {});
    this.#awaited.delete(name);
    this.onChanged();
  }
}
