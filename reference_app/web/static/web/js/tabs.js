// Several tabs of one person in one browser: one of them tells of a message by sound and by the
// browser's notification, and all hear at once of what one of them has changed. The server tells
// each tab of messages, read markers and removal; settings and drafts are in the storage.

export class Tabs {
  #channel;
  #name;
  #release = null;
  #isTeller = false;
  #waiting = null;
  #told = new Map();

  // `onChanged`: another tab has written something, so there may be news.
  constructor({ me, onChanged }) {
    this.#name = `fawran.${me}`;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => {
      if (data.told) this.#told.set(...data.told);
      else onChanged();
    };
    // Browsers have locks on safe origins only; elsewhere each tab tells for itself.
    if (navigator.locks) this.#elect();
    else this.#isTeller = true;
  }

  changed() {
    this.#channel.postMessage({});
  }

  // Whether this tab is the one to tell of an event; each is told of once, even if the tabs
  // hear of it at different times and the teller has changed in between.
  mayTell({ conversation, seq }) {
    if (!this.#isTeller || (this.#told.get(conversation) ?? 0) >= seq) return false;
    this.#told.set(conversation, seq);
    this.#channel.postMessage({ told: [conversation, seq] });
    return true;
  }

  // Whether somebody looks at any of the tabs.
  async isLookedAt() {
    if (!document.hidden || !navigator.locks) return !document.hidden;
    const { held } = await navigator.locks.query();
    return held.some(({ name }) => name === this.#lookedAt);
  }

  // The tab that was looked at last tells: it has had a gesture, so that it may make sounds.
  // It holds a lock, which the browser gives to another tab when this one goes.
  #elect() {
    this.#wait();
    const look = () => {
      if (document.hidden) {
        this.#release?.();
        this.#release = null;
        return;
      }
      this.#take();
      this.#look();
    };
    document.addEventListener("visibilitychange", look);
    window.addEventListener("focus", look);
    look();
  }

  get #lookedAt() {
    return `${this.#name}.looked-at`;
  }

  #look() {
    if (this.#release) return;
    const hidden = new Promise((resolve) => {
      this.#release = resolve;
    });
    navigator.locks.request(this.#lookedAt, { mode: "shared" }, () => hidden);
  }

  #wait() {
    this.#waiting = new AbortController();
    this.#hold({ signal: this.#waiting.signal });
  }

  #take() {
    if (this.#isTeller) return;
    this.#waiting.abort();
    this.#hold({ steal: true });
  }

  async #hold(options) {
    try {
      await navigator.locks.request(`${this.#name}.teller`, options, () => {
        this.#isTeller = true;
        return new Promise(() => {});
      });
    } catch {
      // Either this tab did not want to wait any longer, or another has taken it.
      if (options.signal?.aborted && !this.#isTeller) return;
      this.#isTeller = false;
      this.#wait();
    }
  }
}
