// Shows the names of the people who have seen a message, while its count is hovered or focused.

import { h } from "../../browser/dom.js";
import { namesText } from "../../i18n/words.js";

const MARGIN_PX = 8;

export class SeenTooltip {
  #button = null;
  #tip = h("div", { className: "seen-names", id: "seen-names", role: "tooltip", hidden: true });

  // `readersOf` returns the members who have seen the message with a seq.
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

  // Places the names above the count, or below it if there is no space, and never off the screen.
  #place(box) {
    const { width, height } = this.#tip.getBoundingClientRect();
    const { clientWidth } = document.documentElement;
    const middle = box.left + (box.width - width) / 2;
    const left = Math.max(MARGIN_PX, Math.min(middle, clientWidth - width - MARGIN_PX));
    const above = box.top - height;
    this.#tip.style.left = `${left}px`;
    this.#tip.style.top = `${above > MARGIN_PX ? above : box.bottom}px`;
  }
}
