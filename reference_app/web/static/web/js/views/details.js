// What there is to know and to do about the open conversation: its people, and deleting it.

import { $, avatar, h } from "../dom.js";
import {
  deleteDirectText,
  deleteGroupText,
  deleteText,
  deletedText,
  notDeletedText,
  ownerText,
  titleOf,
} from "../words.js";
import { confirmed } from "./confirm.js";

export class DetailsView {
  #conversation = null;

  constructor({ state, showProfile, deleteConversation, settings, notify }) {
    Object.assign(this, { state, showProfile, deleteConversation, settings, notify });
    $("details-mute").onchange = ({ target }) =>
      settings.mute(this.#conversation.id, target.checked);
    $("details-open").onclick = () => this.#show();
    $("details-close").onclick = () => $("details").close();
    $("details-delete").onclick = () => this.#delete();
  }

  #show() {
    const { conversations, open, me } = this.state();
    const conversation = conversations[open];
    this.#conversation = conversation;
    $("details-title").textContent = titleOf(conversation, me);
    $("details-people").replaceChildren(
      ...conversation.members.map((person) => this.#row(person, conversation)),
    );
    $("details-mute").checked = this.settings.isMuted(conversation.id);
    const mayDelete = conversation.kind === "direct" || conversation.owner === me;
    $("details-delete").hidden = !mayDelete;
    $("details").showModal();
  }

  #row(person, conversation) {
    return h(
      "li",
      {},
      h(
        "button",
        {
          className: "btn person",
          type: "button",
          dataset: { person: person.id },
          onclick: () => this.showProfile(person),
        },
        avatar(person),
        h("span", {}, h("bdi", {}, person.name), " ", h("small", { dir: "ltr" }, `@${person.username}`)),
        person.id === conversation.owner ? h("small", { className: "owner" }, ownerText) : null,
      ),
    );
  }

  async #delete() {
    const { me } = this.state();
    const conversation = this.#conversation;
    const title = titleOf(conversation, me);
    $("details").close();
    const text =
      conversation.kind === "direct"
        ? deleteDirectText(title)
        : deleteGroupText(title, conversation.members.length);
    if (!(await confirmed({ title: deleteText, text, action: deleteText }))) return;
    try {
      await this.deleteConversation(conversation.id);
      this.notify("success", deletedText(title));
    } catch (error) {
      this.notify("error", notDeletedText(title, error));
    }
  }
}
