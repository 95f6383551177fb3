// Choosing whom to talk to: one person is a direct conversation, more are a group.

import { $, avatar, h } from "../dom.js";
import { errorText } from "../words.js";

export class Picker {
  #chosen = new Map();
  #asked = 0;

  constructor({ people, start }) {
    Object.assign(this, { people, start });
    $("new-conversation").onclick = () => this.#show();
    $("picker-close").onclick = () => $("picker").close();
    $("picker-search").oninput = () => this.#search();
    $("picker-form").onsubmit = (event) => this.#submit(event);
  }

  #show() {
    this.#chosen.clear();
    $("picker-form").reset();
    $("picker-error").textContent = "";
    this.#changed();
    $("picker").showModal();
    this.#search();
  }

  async #search() {
    const asked = ++this.#asked;
    try {
      const found = await this.people($("picker-search").value);
      if (asked !== this.#asked) return;
      $("picker-people").replaceChildren(...found.map((person) => this.#row(person)));
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
    const name = h("span", {}, h("bdi", {}, person.name), " ", h("small", {}, `@${person.username}`));
    return h("li", {}, h("label", { className: "person" }, box, avatar(person), name));
  }

  #changed() {
    const isGroup = this.#chosen.size > 1;
    $("picker-group").hidden = !isGroup;
    $("picker-title-field").required = isGroup;
    $("picker-start").disabled = !this.#chosen.size;
  }

  async #submit(event) {
    event.preventDefault();
    const ids = [...this.#chosen.keys()];
    const title = $("picker-title-field").value.trim();
    const wanted =
      ids.length === 1
        ? { kind: "direct", person: ids[0] }
        : { kind: "group", title, members: ids };
    try {
      await this.start(wanted);
      $("picker").close();
      // Closing gave the focus back to the button, but one wants to write now.
      $("composer-text").focus();
    } catch (error) {
      $("picker-error").textContent = errorText(error);
    }
  }
}
