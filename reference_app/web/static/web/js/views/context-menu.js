// Shows the context menu of an element: on right click, long press, the Menu key or Shift+F10.

import { $, h, icon } from "../browser/dom.js";

const LONG_PRESS_MS = 500;
const MARGIN_PX = 8;

export class ContextMenu {
  #sources;
  #opener = null;
  #columns = 1;
  #press = 0;
  #pressed = false;

  // A source takes the element of the event, and returns its menu, { element, label, items }, or
  // null. The first source with a menu is used.
  constructor(sources) {
    this.#sources = sources;
    document.addEventListener("contextmenu", (event) => this.#handleContextMenu(event));
    document.addEventListener("pointerdown", (event) => this.#handlePointerDown(event));
    for (const end of ["pointerup", "pointercancel", "pointermove"]) {
      document.addEventListener(end, (event) => this.#handlePointerEnd(event));
    }
    // The click that ends a long press must not activate the element under the finger.
    document.addEventListener("click", (event) => this.#suppressClick(event), true);
    window.addEventListener("blur", () => this.close());
    window.addEventListener("resize", () => this.close());
    $("menu").addEventListener("keydown", (event) => this.#handleKey(event));
  }

  close() {
    if ($("menu").hidden) return;
    const inside = $("menu").contains(document.activeElement);
    $("menu").hidden = true;
    if (inside) this.#opener?.focus();
  }

  // Opens a menu. An item is { icon, text, act }; several columns form a grid of texts without
  // icons. Without a position the menu opens below the element.
  open({ element, label, items, columns = 1 }, position = below(element)) {
    this.#opener = element.closest("button, [tabindex]") ?? document.activeElement;
    this.#columns = columns;
    const menu = $("menu");
    // Outside of an open dialog the menu could not be used, and outside of the landmarks it would
    // be hard to find.
    (element.closest("dialog, nav, main") ?? document.body).append(menu);
    menu.setAttribute("aria-label", label);
    menu.classList.toggle("is-grid", columns > 1);
    menu.style.setProperty("--columns", columns);
    menu.replaceChildren(...items.map((item) => this.#item(item)));
    menu.hidden = false;
    this.#place(position);
    menu.querySelector("[role=menuitem]").focus();
  }

  #item({ icon: iconName, text, act, isDangerous = false }) {
    const choose = () => {
      this.close();
      act();
    };
    const button = h(
      "button",
      { className: "menu-item", role: "menuitem", type: "button", tabIndex: -1, onclick: choose },
      iconName ? icon(iconName) : null,
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

  #handleContextMenu(event) {
    const found = this.#find(event.target);
    if (!found) return;
    event.preventDefault();
    // An event of the keyboard has no position.
    const byKey = event.pointerType === undefined ? event.button !== 2 : event.pointerType === "";
    if (byKey) this.open(found);
    else this.open(found, { x: event.clientX, y: event.clientY });
  }

  // Places the menu after the pointer in the reading direction, or before it if there is no space.
  #place({ x, y }) {
    const menu = $("menu");
    const { width, height } = menu.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const rtl = document.documentElement.dir === "rtl";
    let left = rtl ? x - width : x;
    if (left + width > clientWidth - MARGIN_PX) left = x - width;
    if (left < MARGIN_PX) left = Math.min(x, clientWidth - width - MARGIN_PX);
    let top = y;
    if (top + height > clientHeight - MARGIN_PX) top = y - height;
    menu.style.left = `${Math.max(MARGIN_PX, left)}px`;
    menu.style.top = `${Math.max(MARGIN_PX, top)}px`;
  }

  #handlePointerDown(event) {
    if (!$("menu").contains(event.target)) this.close();
    clearTimeout(this.#press);
    this.#pressed = false;
    const found = event.pointerType === "touch" && this.#find(event.target);
    if (!found) return;
    this.#press = setTimeout(() => {
      this.#pressed = true;
      this.open(found, { x: event.clientX, y: event.clientY });
    }, LONG_PRESS_MS);
  }

  #handlePointerEnd(event) {
    // A finger is never quite still: only a larger movement is a scroll instead of a press.
    if (event.type === "pointermove" && Math.hypot(event.movementX, event.movementY) < 4) return;
    clearTimeout(this.#press);
  }

  #suppressClick(event) {
    if (!this.#pressed) return;
    this.#pressed = false;
    if (!$("menu").contains(event.target)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  #handleKey(event) {
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
