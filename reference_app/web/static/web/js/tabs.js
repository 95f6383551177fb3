// Several tabs of one person in one browser: the one that was visible last announces a message by
// sound and by the browser's notification, and all learn at once what one of them has changed.
// The server sends messages, read markers and removal to each tab; settings and drafts are in the
// storage.

import { Announcements } from "./announcements.js";
import { TabLocks } from "./tab-locks.js";

export class Tabs {
  #channel;
  #locks;
  #announcements = new Announcements();

  // `onChanged`: another tab has written something, so there may be news.
  constructor({ me, onChanged }) {
    const name = `fawran.${me}`;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => {
      if (data.announced) this.#announcements.markAnnounced(...data.announced);
      else onChanged();
    };
    this.#locks = new TabLocks({ prefix: `${name}.tab`, onChanged: () => this.#announce() });
  }

  changed() {
    this.#channel.postMessage({});
  }

  // Calls `act` if this tab is the one to announce the message, or becomes it while no tab has
  // announced it. It had a gesture while it was visible, so that it may make sounds.
  announce(message, act) {
    this.#announcements.add(message, act);
    this.#announce();
  }

  // Resolves to whether any of the tabs is visible.
  isLookedAt() {
    return this.#locks.isAnyVisible();
  }

  async #announce() {
    if (this.#announcements.isEmpty || !(await this.#locks.isLatest())) return;
    for (const { history, seq, act } of this.#announcements.takeAll()) {
      this.#channel.postMessage({ announced: [history, seq] });
      act();
    }
  }
}
