// The context menu: right click, long press, the Menu key or Shift+F10 on what has one.

import { $, h } from "../dom.js";

const LONG_PRESS = 500;
const MARGIN = 8;

export class ContextMenu {
  #sources;
  #opener = null;
  #columns = 1;
  #press = 0;
  #pressed = false;

  // A source tells of an element that was asked for its menu, or returns null:
  // { element, label, items }; of several that know it the first is taken.
  constructor(sources) {
    this.#sources = sources;
    document.addEventListener("contextmenu", (event) => this.#asked(event));
    document.addEventListener("pointerdown", (event) => this.#down(event));
    for (const end of ["pointerup", "pointercancel", "pointermove"]) {
      document.addEventListener(end, (event) => this.#up(event));
    }
    // The click that ends a long press is not meant for what lies under the finger.
    document.addEventListener("click", (event) => this.#swallow(event), true);
    window.addEventListener("blur", () => this.close());
    window.addEventListener("resize", () => this.close());
    $("menu").addEventListener("keydown", (event) => this.#key(event));
  }

  close() {
    if ($("menu").hidden) return;
    const inside = $("menu").contains(document.activeElement);
    $("menu").hidden = true;
    if (inside) this.#opener?.focus();
  }

  // An item is { icon, text, act }; with several columns they are a grid of texts alone.
  // Without a place the menu opens at the element.
  open({ element, label, items, columns = 1 }, place = below(element)) {
    this.#opener = element.closest("button, [tabindex]") ?? document.activeElement;
    this.#columns = columns;
    const menu = $("menu");
    // What lies outside of an open dialog is out of reach, and outside of the landmarks easily missed.
    (element.closest("dialog, nav, main") ?? document.body).append(menu);
    menu.setAttribute("aria-label", label);
    menu.classList.toggle("is-grid", columns > 1);
    menu.style.setProperty("--columns", columns);
    menu.replaceChildren(...items.map((item) => this.#item(item)));
    menu.hidden = false;
    this.#place(place);
    menu.querySelector("[role=menuitem]").focus();
  }

  #item({ icon, text, act, isDangerous = false }) {
    const choose = () => {
      this.close();
      act();
    };
    const button = h(
      "button",
      { className: "menu-item", role: "menuitem", type: "button", tabIndex: -1, onclick: choose },
      icon ? h("i", { className: `fa-solid ${icon}`, ariaHidden: "true" }) : null,
      text,
    );
    button.classList.toggle("is-dangerous", isDangerous);
    return h("li", { role: "none" }, button);
  }

  #find(target) {
    if (!target.closest) return null;
    for (const source of this.#sources) {
      const found = source(target);
      if (found) return found;
    }
    return null;
  }

  #asked(event) {
    const found = this.#find(event.target);
    if (!found) return;
    event.preventDefault();
    // The keyboard gives no place.
    const byKey = event.pointerType === undefined ? event.button !== 2 : event.pointerType === "";
    if (byKey) this.open(found);
    else this.open(found, { x: event.clientX, y: event.clientY });
  }

  // Towards the end of the line from the pointer, and turned round where the page ends.
  #place({ x, y }) {
    const menu = $("menu");
    const { width, height } = menu.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const rtl = document.documentElement.dir === "rtl";
    let left = rtl ? x - width : x;
    if (left + width > clientWidth - MARGIN) left = x - width;
    if (left < MARGIN) left = Math.min(x, clientWidth - width - MARGIN);
    let top = y;
    if (top + height > clientHeight - MARGIN) top = y - height;
    menu.style.left = `${Math.max(MARGIN, left)}px`;
    menu.style.top = `${Math.max(MARGIN, top)}px`;
  }

  #down(event) {
    if (!$("menu").contains(event.target)) this.close();
    clearTimeout(this.#press);
    this.#pressed = false;
    const found = event.pointerType === "touch" && this.#find(event.target);
    if (!found) return;
    this.#press = setTimeout(() => {
      this.#pressed = true;
      this.open(found, { x: event.clientX, y: event.clientY });
    }, LONG_PRESS);
  }

  #up(event) {
    // A finger trembles: only a real movement is a scroll and no press.
    if (event.type === "pointermove" && Math.hypot(event.movementX, event.movementY) < 4) return;
    clearTimeout(this.#press);
  }

  #swallow(event) {
    if (!this.#pressed) return;
    this.#pressed = false;
    if (!$("menu").contains(event.target)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  #key(event) {
    const items = [...$("menu").querySelectorAll("[role=menuitem]")];
    const step = this.#steps()[event.key];
    const at = items.indexOf(document.activeElement);
    if (step) items.at((at + step) % items.length).focus();
    else if (event.key === "Home") items[0].focus();
    else if (event.key === "End") items.at(-1).focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    event.preventDefault();
  }

  #steps() {
    const across = document.documentElement.dir === "rtl" ? -1 : 1;
    const sideways = this.#columns > 1 ? { ArrowRight: across, ArrowLeft: -across } : {};
    return { ArrowDown: this.#columns, ArrowUp: -this.#columns, ...sideways };
  }
}

const below = (element) => {
  const box = element.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.bottom };
};
