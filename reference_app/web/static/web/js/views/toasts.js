// Shows toasts at the edge of the page. They disappear by themselves, but not while the pointer or
// the focus is on them.

import { $, h, icon } from "../browser/dom.js";
import { dismissText, toastKinds } from "../i18n/words.js";

const ICONS = {
  success: "fa-circle-check",
  info: "fa-circle-info",
  warning: "fa-triangle-exclamation",
  error: "fa-circle-exclamation",
  message: "fa-comment",
  mention: "fa-at",
};
const DURATIONS_MS = {
  success: 5000,
  info: 6000,
  warning: 9000,
  error: 12000,
  message: 6000,
  mention: 9000,
};
const MAX_TOASTS = 4;

class Toast {
  #timer = 0;
  #left = 0;
  #since = 0;
  #icon = h("i", { ariaHidden: "true" });
  #kind = h("span", { className: "visually-hidden" });
  #text;

  constructor({ tag, act }, onClosed) {
    Object.assign(this, { tag, onClosed });
    this.#text = act ? this.#openButton(act) : h("span", { className: "toast-text" });
    this.element = h(
      "div",
      { className: "toast-note" },
      this.#icon,
      this.#kind,
      this.#text,
      h(
        "button",
        {
          className: "btn icon-button",
          type: "button",
          ariaLabel: dismissText,
          onclick: () => this.close(),
        },
        icon("fa-xmark"),
      ),
    );
    for (const pause of ["pointerenter", "focusin"]) {
      this.element.addEventListener(pause, () => this.#pause());
    }
    for (const resume of ["pointerleave", "focusout"]) {
      this.element.addEventListener(resume, () => this.#resume());
    }
  }

  update(kind, text) {
    this.element.dataset.kind = kind;
    this.#icon.className = `fa-solid ${ICONS[kind]}`;
    this.#kind.textContent = `${toastKinds[kind]}: `;
    this.#text.textContent = text;
    this.#pause();
    this.#left = DURATIONS_MS[kind];
    this.#resume();
  }

  close() {
    this.#pause();
    this.element.remove();
    this.onClosed(this);
  }

  #openButton(act) {
    const onclick = () => {
      this.close();
      act();
    };
    return h("button", { className: "toast-text toast-open", type: "button", onclick });
  }

  #pause() {
    clearTimeout(this.#timer);
    if (this.#since) this.#left -= Date.now() - this.#since;
    this.#since = 0;
  }

  #resume() {
    if (this.#since || this.element.matches(":hover, :focus-within")) return;
    this.#since = Date.now();
    this.#timer = setTimeout(() => this.close(), Math.max(1000, this.#left));
  }
}

export class Toasts {
  #shown = [];

  constructor() {
    document.addEventListener("close", () => this.#host(document.body), true);
  }

  // Shows a toast. An error interrupts a screen reader, the others wait. A toast replaces the one
  // with the same `tag`; a click on it calls `act`.
  show(kind, text, { tag = null, act = null } = {}) {
    const before = tag !== null && this.#shown.find((toast) => toast.tag === tag);
    const toast = before || this.#make({ tag, act });
    toast.update(kind, text);
    if (before) return;
    $(kind === "error" ? "toasts-urgent" : "toasts").append(toast.element);
    while (this.#shown.length > MAX_TOASTS) this.#shown[0].close();
  }

  #make(options) {
    const toast = new Toast(options, (closed) => {
      this.#shown = this.#shown.filter((one) => one !== closed);
    });
    this.#shown.push(toast);
    this.#host(document.querySelector("dialog[open]") ?? document.body);
    return toast;
  }

  // Moves the toasts into the open dialog: outside of it they would be hidden, and could not be
  // used.
  #host(element) {
    if ($("toast-area").parentElement !== element) element.append($("toast-area"));
  }
}
