// Mentions: completing a name while it is written, and showing who is named in a message.
//
// The field is a combobox in all but its role, which HTML does not let a textarea have: the
// focus stays in it, and `aria-activedescendant` tells which of the list is meant.

import { $, avatar, h } from "../dom.js";
import { completed, matching, nameAt, partsOf } from "../mentions.js";

// Where the caret goes from the name.
const LEAVING = new Set(["ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"]);

// A text as strings and elements, with those of the people whom it mentions marked.
export const mentionNodes = (text, people, me) =>
  partsOf(text, people).map(({ text: part, person }) => {
    if (!person) return part;
    const className = person.id === me ? "mention is-me" : "mention";
    return h("bdi", { className, title: person.name, dataset: { person: person.id } }, part);
  });

// Those of the members whom a message mentions.
export const mentionedIn = ({ mentions = [] }, { members }) =>
  mentions.length ? members.filter((person) => mentions.includes(person.id)) : [];

export class MentionBox {
  #found = [];
  #at = 0;

  // `others` gives the people who may be named.
  constructor({ field, others }) {
    Object.assign(this, { field, others });
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-haspopup", "listbox");
    field.setAttribute("aria-controls", "mentions");
    field.addEventListener("input", () => this.#look());
    field.addEventListener("click", () => this.#look());
    field.addEventListener("blur", () => this.close());
    // The field keeps the focus.
    $("mentions").onpointerdown = (event) => event.preventDefault();
  }

  close() {
    if (!this.#found.length) return;
    this.#found = [];
    this.#show();
  }

  // Takes the keys that are the list's while it is open; returns whether it took this one.
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
    else if (LEAVING.has(event.key)) this.close();
    does?.();
    return Boolean(does);
  }

  #look() {
    const { value, selectionStart, selectionEnd } = this.field;
    const name = selectionStart === selectionEnd ? nameAt(value, selectionStart) : null;
    const found = name ? matching(this.others(), name.query) : [];
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
    const { text, caret } = completed(this.field.value, this.field.selectionStart, person);
    this.field.value = text;
    this.field.setSelectionRange(caret, caret);
    this.close();
    // As if it had been typed: what follows the field hears of it.
    this.field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  #show() {
    $("mentions").replaceChildren(...this.#found.map((person, index) => this.#option(person, index)));
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
