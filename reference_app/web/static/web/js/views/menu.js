// The menu of a person: right click, long press, the menu key or Shift+F10 on a name or avatar.

import { $, h } from "../dom.js";
import { menuText } from "../words.js";

const LONG_PRESS = 500;
const MARGIN = 8;

export class PersonMenu {
  #person = null;
  #opener = null;
  #press = 0;
  #pressed = false;

  // `items` gives a person's items: { icon, text, act }.
  constructor({ items, personOf }) {
    Object.assign(this, { items, personOf });
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
    this.#person = null;
  }

  #asked(event) {
    const found = this.#find(event.target);
    if (!found) return;
    event.preventDefault();
    // The keyboard gives no place: then the menu opens at the element.
    const byKey = event.pointerType === undefined ? event.button !== 2 : event.pointerType === "";
    const box = found.element.getBoundingClientRect();
    this.#open(
      found,
      byKey ? { x: box.left + box.width / 2, y: box.bottom } : { x: event.clientX, y: event.clientY },
    );
  }

  #find(target) {
    const element = target.closest?.("[data-person]");
    const person = element && this.personOf(Number(element.dataset.person));
    return person ? { element, person } : null;
  }

  #open({ element, person }, { x, y }) {
    this.#person = person;
    this.#opener = element.closest("button, [tabindex]") ?? element;
    const menu = $("menu");
    // What lies outside of an open dialog is out of reach, and outside of the landmarks easily missed.
    (element.closest("dialog, nav, main") ?? document.body).append(menu);
    menu.setAttribute("aria-label", menuText(person));
    menu.replaceChildren(
      ...this.items(person).map(({ icon, text, act }) =>
        h(
          "li",
          { role: "none" },
          h(
            "button",
            {
              className: "menu-item",
              role: "menuitem",
              type: "button",
              tabIndex: -1,
              onclick: () => {
                this.close();
                act(person);
              },
            },
            h("i", { className: `fa-solid ${icon}`, ariaHidden: "true" }),
            text,
          ),
        ),
      ),
    );
    menu.hidden = false;
    this.#place(x, y);
    menu.querySelector("[role=menuitem]").focus();
  }

  // Towards the end of the line from the pointer, and turned round where the page ends.
  #place(x, y) {
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
      this.#open(found, { x: event.clientX, y: event.clientY });
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
    const at = items.indexOf(document.activeElement);
    const to = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    }[event.key];
    if (to !== undefined) items[to].focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    event.preventDefault();
  }
}
