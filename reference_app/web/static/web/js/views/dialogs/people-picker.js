// Lets the user choose people: for a new conversation (one person makes a direct conversation, more
// make a group), or to add to a group.

import { $, avatar, h } from "../../browser/dom.js";
import { addText, errorText, newConversationText, startText } from "../../i18n/words.js";
import { personData, personName } from "../people.js";

export class PeoplePicker {
  #chosen = new Map();
  #latestSearch = 0;
  #adding = null;

  constructor({ people, start }) {
    Object.assign(this, { people, start });
    $("new-conversation").onclick = () => this.#show(null);
    $("picker-close").onclick = () => $("picker").close();
    $("picker-search").oninput = () => this.#search();
    $("picker-form").onsubmit = (event) => this.#submit(event);
  }

  // Lets the user add people. `act` receives the chosen ids; `present` are the current members.
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
    const search = ++this.#latestSearch;
    try {
      const found = await this.people($("picker-search").value);
      if (search !== this.#latestSearch) return;
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
    const label = { className: "person", dataset: personData(person) };
    return h("li", {}, h("label", label, box, avatar(person), personName(person)));
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
      // Closing the dialog returned the focus to the button, but the user wants to write now.
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
