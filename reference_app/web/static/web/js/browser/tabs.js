// Coordinates the tabs of one user in one browser. The tab that was visible last announces a
// message by sound and by the browser's notification; a tab that changes something informs the
// others. The server sends messages, read markers and removals to each tab; settings and drafts are
// shared through the storage.

import { Announcements } from "../state/announcements.js";
import { TabLocks } from "./tab-locks.js";

export class Tabs {
  #channel;
  #locks;
  #announcements = new Announcements();

  // `onChanged` is called when another tab has changed something on the server.
  constructor({ me, onChanged }) {
    const name = `fawran.${me}`;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => {
      if (data.announced) this.#announcements.markAnnounced(...data.announced);
      else onChanged();
    };
    this.#locks = new TabLocks({ prefix: `${name}.tab`, onChanged: () => this.#announce() });
  }

  // Informs the other tabs that this one has changed something on the server.
  changed() {
    this.#channel.postMessage({});
  }

  // Calls `act` if this tab is the one that announces the message, or becomes that one before any
  // tab has announced it. That tab had a user gesture while it was visible, so it may play sounds.
  announce(message, act) {
    this.#announcements.add(message, act);
    this.#announce();
  }

  // Resolves to whether any of the tabs is visible.
  isAnyVisible() {
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
