// Short notices at the edge of the page: they go by themselves, but not while somebody reads.

import { $, h } from "../dom.js";
import { dismissText, toastKinds } from "../words.js";

const ICONS = {
  success: "fa-circle-check",
  info: "fa-circle-info",
  warning: "fa-triangle-exclamation",
  error: "fa-circle-exclamation",
  message: "fa-comment",
  mention: "fa-at",
};
const STAYS = {
  success: 5000,
  info: 6000,
  warning: 9000,
  error: 12000,
  message: 6000,
  mention: 9000,
};
const MOST = 4;

class Toast {
  #timer = 0;
  #left;
  #since = 0;

  constructor(kind, content, onGone) {
    this.#left = STAYS[kind];
    this.onGone = onGone;
    this.element = h(
      "div",
      { className: "toast-note", dataset: { kind } },
      h("i", { className: `fa-solid ${ICONS[kind]}`, ariaHidden: "true" }),
      h("span", { className: "visually-hidden" }, `${toastKinds[kind]}: `),
      h("span", { className: "toast-text" }, ...content),
      h(
        "button",
        {
          className: "btn icon-button",
          type: "button",
          ariaLabel: dismissText,
          onclick: () => this.go(),
        },
        h("i", { className: "fa-solid fa-xmark", ariaHidden: "true" }),
      ),
    );
    for (const pause of ["pointerenter", "focusin"]) {
      this.element.addEventListener(pause, () => this.#pause());
    }
    for (const resume of ["pointerleave", "focusout"]) {
      this.element.addEventListener(resume, () => this.#resume());
    }
    this.#resume();
  }

  go() {
    this.#pause();
    this.element.remove();
    this.onGone(this);
  }

  #pause() {
    clearTimeout(this.#timer);
    if (this.#since) this.#left -= Date.now() - this.#since;
    this.#since = 0;
  }

  #resume() {
    if (this.#since || this.element.matches(":hover, :focus-within")) return;
    this.#since = Date.now();
    this.#timer = setTimeout(() => this.go(), Math.max(1000, this.#left));
  }
}

export class Toasts {
  #shown = [];

  constructor() {
    document.addEventListener("close", () => this.#host(document.body), true);
  }

  // `content` are strings and elements; errors interrupt a screen reader, all else waits.
  show(kind, ...content) {
    const toast = new Toast(kind, content, (gone) => {
      this.#shown = this.#shown.filter((one) => one !== gone);
    });
    this.#shown.push(toast);
    this.#host(document.querySelector("dialog[open]") ?? document.body);
    $(kind === "error" ? "toasts-urgent" : "toasts").append(toast.element);
    while (this.#shown.length > MOST) this.#shown[0].go();
  }

  // What lies outside of an open dialog is neither seen above it nor within reach.
  #host(element) {
    if ($("toast-area").parentElement !== element) element.append($("toast-area"));
  }
}
