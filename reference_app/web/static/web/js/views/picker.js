// Choosing people: whom to talk to (one is a direct conversation, more are a group), or whom
// to bring into a group.

import { $, avatar, h } from "../dom.js";
import { marksOf } from "../people.js";
import { addText, errorText, newConversationText, startText } from "../words.js";

export class Picker {
  #chosen = new Map();
  #asked = 0;
  #adding = null;

  constructor({ people, start }) {
    Object.assign(this, { people, start });
    $("new-conversation").onclick = () => this.#show(null);
    $("picker-close").onclick = () => $("picker").close();
    $("picker-search").oninput = () => this.#search();
    $("picker-form").onsubmit = (event) => this.#submit(event);
  }

  // `act` gets the ids of those who are chosen; `present` are there already.
  add(present, act) {
    this.#show({ present: new Set(present.map(({ id }) => id)), act });
  }

  #show(adding) {
    this.#adding = adding;
    this.#chosen.clear();
    $("picker-form").reset();
    $("picker-error").textContent = "";
    $("picker-title").textContent = adding ? addText : newConversationText;
    $("picker-start").textContent = adding ? addText : startText;
    this.#changed();
    $("picker").showModal();
    this.#search();
  }

  async #search() {
    const asked = ++this.#asked;
    try {
      const found = await this.people($("picker-search").value);
      if (asked !== this.#asked) return;
      const others = found.filter(({ id }) => !this.#adding?.present.has(id));
      $("picker-people").replaceChildren(...others.map((person) => this.#row(person)));
    } catch (error) {
      $("picker-error").textContent = errorText(error);
    }
  }

  #row(person) {
    const box = h("input", { type: "checkbox", className: "form-check-input" });
    box.checked = this.#chosen.has(person.id);
    box.onchange = () => {
      if (box.checked) this.#chosen.set(person.id, person);
      else this.#chosen.delete(person.id);
      this.#changed();
    };
    const name = h("span", {}, h("bdi", {}, person.name), " ", h("small", { dir: "ltr" }, `@${person.username}`));
    return h("li", {}, h("label", { className: "person", dataset: marksOf(person) }, box, avatar(person), name));
  }

  #changed() {
    const isNewGroup = !this.#adding && this.#chosen.size > 1;
    $("picker-group").hidden = !isNewGroup;
    $("picker-title-field").required = isNewGroup;
    $("picker-start").disabled = !this.#chosen.size;
  }

  async #submit(event) {
    event.preventDefault();
    try {
      await this.#act([...this.#chosen.keys()]);
      $("picker").close();
      // Closing gave the focus back to the button, but one wants to write now.
      $("composer-text").focus();
    } catch (error) {
      $("picker-error").textContent = errorText(error);
    }
  }

  #act(ids) {
    if (this.#adding) return this.#adding.act(ids);
    if (ids.length === 1) return this.start({ kind: "direct", person: ids[0] });
    const title = $("picker-title-field").value.trim();
    return this.start({ kind: "group", title, members: ids });
  }
}
