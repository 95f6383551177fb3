// Searches people, conversations and messages with one field: a combobox, whose list replaces the
// list of conversations during a search.

import { $, avatar, h } from "../../browser/dom.js";
import { whenOf } from "../../i18n/format.js";
import { errorText, foundText, titleOf } from "../../i18n/words.js";
import { MAX_QUERY } from "../../protocol.js";
import { personAvatar, personData } from "../people.js";

// The delay between the last key and the search.
const DELAY_MS = 200;

const excerptOf = ({ excerpt }) =>
  excerpt.map(({ text, hit }) => (hit ? h("mark", {}, text) : text));

export class SearchView {
  #field = $("search");
  #timer = 0;
  #latestSearch = 0;
  #options = [];
  #active = -1;

  // `find` searches on the server. `chat`, `open` and `openAt` open a result.
  constructor({ state, find, chat, open, openAt }) {
    Object.assign(this, { state, find, chat, open, openAt });
    const field = this.#field;
    field.maxLength = MAX_QUERY;
    field.oninput = () => this.#schedule();
    field.onkeydown = (event) => this.#key(event);
    $("search-clear").onclick = () => {
      this.#close();
      field.focus();
    };
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      if (event.shiftKey || event.altKey || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      this.#focus();
    });
  }

  // On a phone, the open conversation covers the field.
  #focus() {
    if (!this.#field.offsetParent) $("back").click();
    this.#field.focus();
    this.#field.select();
  }

  #schedule() {
    clearTimeout(this.#timer);
    const query = this.#field.value.trim();
    $("search-clear").hidden = !this.#field.value;
    if (query) this.#timer = setTimeout(() => this.#search(query), DELAY_MS);
    else this.#hide();
  }

  // Searches, and ignores the answer if there was another search in the meantime.
  async #search(query) {
    const search = ++this.#latestSearch;
    try {
      const found = await this.find(query);
      if (search === this.#latestSearch) this.#show(found);
    } catch (error) {
      if (search === this.#latestSearch) this.#say(errorText(error));
    }
  }

  #show({ people, conversations, messages }) {
    this.#activate(-1);
    this.#options = [];
    const { state } = this;
    const known = conversations.map((id) => state().conversations[id]).filter(Boolean);
    this.#fill("people", people, (person) => this.#person(person));
    this.#fill("conversations", known, (conversation) => this.#conversation(conversation));
    const readable = messages.filter(({ conversation }) => state().conversations[conversation]);
    this.#fill("messages", readable, (message) => this.#message(message));
    this.#activate(this.#options.length ? 0 : -1);
    this.#say(foundText(this.#options.length));
    $("search-list").scrollTop = 0;
  }

  #say(text) {
    $("search-status").textContent = text;
    $("search-list").hidden = false;
    $("chat").classList.add("is-searching");
    this.#field.setAttribute("aria-expanded", String(this.#options.length > 0));
  }

  #fill(group, found, build) {
    $(`found-${group}`).hidden = !found.length;
    $(`found-${group}-list`).replaceChildren(...found.map(build));
  }

  #option(act, ...content) {
    const element = h(
      "div",
      {
        className: "found",
        id: `found-${this.#options.length}`,
        role: "option",
        onclick: () => this.#choose(act),
        // The field keeps the focus, as it does when an option is chosen by keyboard.
        onmousedown: (event) => event.preventDefault(),
      },
      ...content,
    );
    this.#options.push({ element, act });
    return element;
  }

  #person(person) {
    return this.#option(
      () => this.chat(person),
      personAvatar(person),
      h(
        "span",
        { className: "found-text" },
        h("bdi", { className: "found-name", dataset: personData(person) }, person.name),
        h("small", { dir: "ltr" }, `@${person.username}`),
      ),
    );
  }

  #conversation(conversation) {
    const title = titleOf(conversation, this.state().me);
    return this.#option(
      () => this.open(conversation.id),
      avatar({ id: conversation.id, name: title }),
      h("span", { className: "found-text" }, h("bdi", { className: "found-name" }, title)),
    );
  }

  #message(message) {
    const { conversations, me } = this.state();
    const { person } = message;
    const where = titleOf(conversations[message.conversation], me);
    return this.#option(
      () => this.openAt(message.conversation, message.seq),
      personAvatar(person),
      h(
        "span",
        { className: "found-text" },
        h(
          "span",
          { className: "found-top" },
          h("bdi", { className: "found-name", dataset: personData(person) }, person.name),
          h("time", {}, whenOf(message.at)),
        ),
        h("span", { className: "found-excerpt", dir: "auto" }, ...excerptOf(message)),
        h("small", {}, h("bdi", {}, where)),
      ),
    );
  }

  #key(event) {
    if (event.isComposing) return;
    const last = this.#options.length - 1;
    const to = {
      ArrowDown: this.#active < last ? this.#active + 1 : 0,
      ArrowUp: this.#active > 0 ? this.#active - 1 : last,
    }[event.key];
    if (to !== undefined && last >= 0) this.#activate(to);
    else if (event.key === "Enter" && this.#active >= 0) {
      this.#choose(this.#options[this.#active].act);
    } else if (event.key === "Escape" && this.#field.value) this.#close();
    else return;
    event.preventDefault();
  }

  #activate(index) {
    this.#options[this.#active]?.element.setAttribute("aria-selected", "false");
    this.#active = index;
    const active = this.#options[index]?.element;
    if (active) {
      active.setAttribute("aria-selected", "true");
      active.scrollIntoView({ block: "nearest" });
      this.#field.setAttribute("aria-activedescendant", active.id);
    } else {
      this.#field.removeAttribute("aria-activedescendant");
    }
  }

  #choose(act) {
    this.#close();
    act();
  }

  #close() {
    this.#field.value = "";
    $("search-clear").hidden = true;
    this.#hide();
  }

  #hide() {
    this.#latestSearch += 1;
    clearTimeout(this.#timer);
    this.#activate(-1);
    this.#options = [];
    $("search-list").hidden = true;
    $("search-status").textContent = "";
    $("chat").classList.remove("is-searching");
    this.#field.setAttribute("aria-expanded", "false");
  }
}
