// How far one's own message has come: sending, sent, seen and by how many, or not sent.

import { h } from "../dom.js";
import { seenByText, statusText } from "../words.js";

const ICONS = {
  sending: "fa-clock",
  sent: "fa-check",
  seen: "fa-check-double",
  failed: "fa-circle-exclamation",
};

const icon = (state) => h("i", { className: `fa-solid ${ICONS[state]}`, ariaHidden: "true" });

const quietly = (state) => [icon(state), h("span", { className: "visually-hidden" }, statusText[state])];
const aloud = (state) => [icon(state), h("span", {}, statusText[state])];

export class StateView {
  #shown = "";

  constructor() {
    this.element = h("span", { className: "message-state" });
  }

  // `seen` is how many of the others have; in a group they are counted, and named at need.
  show({ status = "sent", seq }, { seen, isGroup }) {
    const state = status === "sent" && seen > 0 ? "seen" : status;
    const shown = `${state}.${isGroup ? seen : 0}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.dataset.state = state;
    if (state === "seen" && isGroup) this.element.replaceChildren(this.#counted(seen, seq));
    else if (state === "sending" || state === "failed") this.element.replaceChildren(...aloud(state));
    else this.element.replaceChildren(...quietly(state));
  }

  #counted(seen, seq) {
    return h(
      "button",
      { className: "seen-by", type: "button", dataset: { seen: String(seq) } },
      icon("seen"),
      h("span", {}, seenByText(seen)),
    );
  }
}
