// Controls a list of tabs as the ARIA Authoring Practices describe: the Tab key stops once, the
// arrow keys choose a tab.

import { $ } from "../../browser/dom.js";

export class TabList {
  #tabs;

  // `onShow` receives the id of each panel that is shown.
  constructor(list, onShow) {
    this.onShow = onShow;
    this.#tabs = [...list.querySelectorAll("[role=tab]")];
    for (const tab of this.#tabs) tab.onclick = () => this.show(tab);
    list.onkeydown = (event) => this.#key(event);
    this.#mark(this.#tabs[0]);
  }

  show(tab = this.#chosen()) {
    this.#mark(tab);
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.onShow(tab.getAttribute("aria-controls"));
  }

  #chosen() {
    return this.#tabs.find((tab) => tab.getAttribute("aria-selected") === "true");
  }

  #mark(chosen) {
    for (const tab of this.#tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      $(tab.getAttribute("aria-controls")).hidden = !isChosen;
    }
  }

  #key(event) {
    const rtl = document.documentElement.dir === "rtl";
    const at = this.#tabs.indexOf(this.#chosen());
    const last = this.#tabs.length - 1;
    const next = at === last ? 0 : at + 1;
    const before = at === 0 ? last : at - 1;
    const to = {
      ArrowDown: next,
      ArrowUp: before,
      ArrowRight: rtl ? before : next,
      ArrowLeft: rtl ? next : before,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#tabs[to].focus();
    this.show(this.#tabs[to]);
  }
}
