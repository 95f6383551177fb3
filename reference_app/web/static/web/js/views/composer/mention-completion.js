// Completes the name of a person while the user types it.
//
// The field behaves as a combobox, without the role, which HTML does not allow on a textarea. It
// keeps the focus, and `aria-activedescendant` names the selected option of the list.

import { $, avatar, h } from "../../browser/dom.js";
import { completeName, matchPeople, nameAt } from "../../state/mentions.js";

// The keys that move the caret away from the name.
const LEAVING_KEYS = new Set(["ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"]);

export class MentionCompletion {
  #found = [];
  #at = 0;

  // `others` returns the people who may be mentioned.
  constructor({ field, others }) {
    Object.assign(this, { field, others });
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-haspopup", "listbox");
    field.setAttribute("aria-controls", "mentions");
    field.addEventListener("input", () => this.#update());
    field.addEventListener("click", () => this.#update());
    field.addEventListener("blur", () => this.close());
    // A click on the list must not take the focus from the field.
    $("mentions").onpointerdown = (event) => event.preventDefault();
  }

  close() {
    if (!this.#found.length) return;
    this.#found = [];
    this.#show();
  }

  // Handles the keys of the open list; returns whether it handled this one.
  key(event) {
    if (!this.#found.length || event.isComposing || event.shiftKey) return false;
    const take = () => this.#take(this.#at);
    const does = {
      ArrowDown: () => this.#move(1),
      ArrowUp: () => this.#move(-1),
      Enter: take,
      Tab: take,
      Escape: () => this.close(),
    }[event.key];
    if (does) event.preventDefault();
    else if (LEAVING_KEYS.has(event.key)) this.close();
    does?.();
    return Boolean(does);
  }

  #update() {
    const { value, selectionStart, selectionEnd } = this.field;
    const name = selectionStart === selectionEnd ? nameAt(value, selectionStart) : null;
    const found = name ? matchPeople(this.others(), name.query) : [];
    if (!found.length && !this.#found.length) return;
    this.#found = found;
    this.#at = 0;
    this.#show();
  }

  #move(step) {
    this.#at = (this.#at + step + this.#found.length) % this.#found.length;
    this.#mark();
  }

  #take(index) {
    const person = this.#found[index];
    const { text, caret } = completeName(this.field.value, this.field.selectionStart, person);
    this.field.value = text;
    this.field.setSelectionRange(caret, caret);
    this.close();
    // The listeners of the field handle this like typed text.
    this.field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  #show() {
    const options = this.#found.map((person, index) => this.#option(person, index));
    $("mentions").replaceChildren(...options);
    $("mentions").hidden = !this.#found.length;
    this.#mark();
  }

  #option(person, index) {
    return h(
      "li",
      {
        className: "mention-option",
        id: `mention-${person.id}`,
        role: "option",
        onclick: () => this.#take(index),
      },
      avatar(person),
      h("bdi", {}, person.name),
      h("small", { dir: "ltr" }, `@${person.username}`),
    );
  }

  #mark() {
    const options = [...$("mentions").children];
    options.forEach((option, index) =>
      option.setAttribute("aria-selected", String(index === this.#at)),
    );
    const marked = options[this.#at];
    if (marked) {
      this.field.setAttribute("aria-activedescendant", marked.id);
      marked.scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }
}
