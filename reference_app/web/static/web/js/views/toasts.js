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
  #left = 0;
  #since = 0;
  #icon = h("i", { ariaHidden: "true" });
  #kind = h("span", { className: "visually-hidden" });
  #text;

  constructor({ tag, act }, onGone) {
    Object.assign(this, { tag, onGone });
    this.#text = act ? this.#opening(act) : h("span", { className: "toast-text" });
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
  }

  tell(kind, text) {
    this.element.dataset.kind = kind;
    this.#icon.className = `fa-solid ${ICONS[kind]}`;
    this.#kind.textContent = `${toastKinds[kind]}: `;
    this.#text.textContent = text;
    this.#pause();
    this.#left = STAYS[kind];
    this.#resume();
  }

  go() {
    this.#pause();
    this.element.remove();
    this.onGone(this);
  }

  #opening(act) {
    const onclick = () => {
      this.go();
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
    this.#timer = setTimeout(() => this.go(), Math.max(1000, this.#left));
  }
}

export class Toasts {
  #shown = [];

  constructor() {
    document.addEventListener("close", () => this.#host(document.body), true);
  }

  // Errors interrupt a screen reader, all else waits. What comes under the same `tag` takes the
  // place of the toast before; `act` is done by a click on it.
  show(kind, text, { tag = null, act = null } = {}) {
    const before = tag !== null && this.#shown.find((toast) => toast.tag === tag);
    const toast = before || this.#make({ tag, act });
    toast.tell(kind, text);
    if (before) return;
    $(kind === "error" ? "toasts-urgent" : "toasts").append(toast.element);
    while (this.#shown.length > MOST) this.#shown[0].go();
  }

  #make(how) {
    const toast = new Toast(how, (gone) => {
      this.#shown = this.#shown.filter((one) => one !== gone);
    });
    this.#shown.push(toast);
    this.#host(document.querySelector("dialog[open]") ?? document.body);
    return toast;
  }

  // What lies outside of an open dialog is neither seen above it nor within reach.
  #host(element) {
    if ($("toast-area").parentElement !== element) element.append($("toast-area"));
  }
}
