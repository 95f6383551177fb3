// Shows the delivery status of the user's own message: sending, sent, seen and by how many, or
// failed.

import { h, icon } from "../../browser/dom.js";
import { seenByText, statusText } from "../../i18n/words.js";

const ICONS = {
  sending: "fa-clock",
  sent: "fa-check",
  seen: "fa-check-double",
  failed: "fa-circle-exclamation",
};

const iconOnly = (state) => [
  icon(ICONS[state]),
  h("span", { className: "visually-hidden" }, statusText[state]),
];
const withText = (state) => [icon(ICONS[state]), h("span", {}, statusText[state])];

export class DeliveryStatus {
  #shown = "";

  constructor() {
    this.element = h("span", { className: "message-state" });
  }

  // `seen`: how many other people have seen the message. In a group the status shows the number,
  // and seen-tooltip.js shows the names.
  show({ status = "sent", seq }, { seen, isGroup }) {
    const state = status === "sent" && seen > 0 ? "seen" : status;
    const shown = `${state}.${isGroup ? seen : 0}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.dataset.state = state;
    this.element.replaceChildren(...this.#content(state, { seen, seq, isGroup }));
  }

  #content(state, { seen, seq, isGroup }) {
    if (state === "seen" && isGroup) return [this.#seenButton(seen, seq)];
    return state === "sending" || state === "failed" ? withText(state) : iconOnly(state);
  }

  #seenButton(seen, seq) {
    return h(
      "button",
      { className: "seen-by", type: "button", dataset: { seen: String(seq) } },
      icon(ICONS.seen),
      h("span", {}, seenByText(seen)),
    );
  }
}
