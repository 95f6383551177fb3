// The names of those who have seen a message: shown while its count is hovered or focused.

import { h } from "../dom.js";
import { namesText } from "../words.js";

const MARGIN = 8;

export class SeenNames {
  #button = null;
  #tip = h("div", { className: "seen-names", id: "seen-names", role: "tooltip", hidden: true });

  // `readersOf` gives those of the open conversation who have seen the message with a seq.
  constructor(pane, readersOf) {
    this.readersOf = readersOf;
    pane.parentElement.append(this.#tip);
    for (const [begin, end] of [
      ["pointerover", "pointerout"],
      ["focusin", "focusout"],
    ]) {
      pane.addEventListener(begin, ({ target }) => this.#show(target.closest("[data-seen]")));
      pane.addEventListener(end, ({ target, relatedTarget }) => {
        if (target.closest("[data-seen]") && relatedTarget !== this.#tip) this.hide();
      });
    }
    this.#tip.addEventListener("pointerleave", () => this.hide());
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.hide());
    pane.addEventListener("scroll", () => this.hide(), { passive: true });
  }

  hide() {
    if (!this.#button) return;
    this.#button.removeAttribute("aria-describedby");
    this.#button = null;
    this.#tip.hidden = true;
  }

  #show(button) {
    if (!button || button === this.#button) return;
    this.hide();
    this.#button = button;
    this.#tip.textContent = namesText(this.readersOf(Number(button.dataset.seen)));
    this.#tip.hidden = false;
    button.setAttribute("aria-describedby", this.#tip.id);
    this.#place(button.getBoundingClientRect());
  }

  // Above the count, or below it where there is no room, and never off the screen.
  #place(box) {
    const { width, height } = this.#tip.getBoundingClientRect();
    const { clientWidth } = document.documentElement;
    const middle = box.left + (box.width - width) / 2;
    const left = Math.max(MARGIN, Math.min(middle, clientWidth - width - MARGIN));
    const above = box.top - height;
    this.#tip.style.left = `${left}px`;
    this.#tip.style.top = `${above > MARGIN ? above : box.bottom}px`;
  }
}
