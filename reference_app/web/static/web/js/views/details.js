// What there is to know and to do about the open conversation: its people, its name, its end.

import { $, avatar, h } from "../dom.js";
import * as groups from "../groups.js";
import {
  clearText,
  clearedText,
  confirmClearText,
  confirmLeaveText,
  confirmOwnerText,
  confirmRemoveText,
  deleteDirectText,
  deleteGroupText,
  deleteText,
  deletedText,
  errorText,
  leaveText,
  leftText,
  makeOwnerLabel,
  makeOwnerText,
  notDeletedText,
  ownerText,
  removeLabel,
  removeMemberText,
  titleOf,
} from "../words.js";
import { confirmed } from "./confirm.js";

export class DetailsView {
  #id = null;
  #shown = null;

  constructor({ client, showProfile, addPeople, settings, notify }) {
    Object.assign(this, { client, showProfile, addPeople, settings, notify });
    $("details-mute").onchange = ({ target }) => settings.mute(this.#id, target.checked);
    $("details-open").onclick = () => this.#open();
    $("details-close").onclick = () => $("details").close();
    $("details-rename").onclick = () => this.#naming($("details-naming").hidden);
    $("details-naming").onsubmit = (event) => this.#rename(event);
    $("details-add").onclick = () => this.#add();
    $("details-clear").onclick = () => this.#clear();
    $("details-leave").onclick = () => this.#leave();
    $("details-delete").onclick = () => this.#delete();
  }

  // What the dialog tells stays true while it is open.
  show(state) {
    if (!$("details").open) return;
    const conversation = state.conversations[this.#id];
    if (!conversation) $("details").close();
    else if (conversation !== this.#shown) this.#fill(conversation);
  }

  #open() {
    const { conversations, open } = this.client.store.state;
    this.#id = open;
    this.#naming(false);
    this.#fill(conversations[open]);
    $("details-mute").checked = this.settings.isMuted(open);
    $("details").showModal();
  }

  #fill(conversation) {
    this.#shown = conversation;
    const { me } = this.client.store.state;
    const isGroup = conversation.kind === "group";
    $("details-title").textContent = titleOf(conversation, me);
    for (const part of ["rename", "add", "leave"]) $(`details-${part}`).hidden = !isGroup;
    $("details-delete").hidden = isGroup && conversation.owner !== me;
    const focused = document.activeElement?.dataset.act;
    $("details-people").replaceChildren(
      ...conversation.members.map((person) => this.#row(person, conversation, me)),
    );
    // Whoever works by keyboard goes on where they were.
    if (focused) $("details-people").querySelector(`[data-act="${focused}"]`)?.focus();
  }

  #row(person, conversation, me) {
    const isOwner = person.id === conversation.owner;
    const mayAct = conversation.owner === me && person.id !== me;
    return h(
      "li",
      { className: "member" },
      h(
        "button",
        {
          className: "btn person",
          type: "button",
          dataset: { person: person.id, act: `show-${person.id}` },
          onclick: () => this.showProfile(person),
        },
        avatar(person),
        h("span", {}, h("bdi", {}, person.name), " ", h("small", { dir: "ltr" }, `@${person.username}`)),
        isOwner ? h("small", { className: "owner" }, ownerText) : null,
      ),
      mayAct ? this.#act("fa-crown", makeOwnerLabel(person), () => this.#handOver(person)) : null,
      mayAct ? this.#act("fa-user-minus", removeLabel(person), () => this.#remove(person)) : null,
    );
  }

  #act(icon, label, onclick) {
    return h(
      "button",
      { className: "btn icon-button", type: "button", title: label, ariaLabel: label, onclick },
      h("i", { className: `fa-solid ${icon}`, ariaHidden: "true" }),
    );
  }

  #naming(on) {
    $("details-naming").hidden = !on;
    $("details-rename").setAttribute("aria-expanded", String(on));
    if (!on) return;
    $("details-name").value = this.#shown.title;
    $("details-name").select();
  }

  async #rename(event) {
    event.preventDefault();
    if (await this.#done(groups.rename(this.#id, $("details-name").value))) this.#naming(false);
    $("details-rename").focus();
  }

  #add() {
    const { id, members } = this.#shown;
    this.addPeople(members, (people) => this.client.catchUpAfter(groups.addMembers(id, people)));
  }

  async #remove(person) {
    const title = this.#title();
    const text = confirmRemoveText(person, title);
    if (!(await confirmed({ title: removeMemberText, text, action: removeMemberText }))) return;
    await this.#done(groups.removeMember(this.#id, person.id));
  }

  async #handOver(person) {
    const text = confirmOwnerText(person, this.#title());
    if (!(await confirmed({ title: makeOwnerText, text, action: makeOwnerText }))) return;
    await this.#done(groups.handOver(this.#id, person.id));
  }

  async #clear() {
    const title = this.#title();
    $("details").close();
    const text = confirmClearText(title);
    if (!(await confirmed({ title: clearText, text, action: clearText }))) return;
    if (await this.#done(groups.clear(this.#id))) this.notify("success", clearedText(title));
  }

  async #leave() {
    const { members, owner } = this.#shown;
    const { me } = this.client.store.state;
    const title = this.#title();
    const others = members.filter(({ id }) => id !== me);
    const heir = owner === me ? others[0] : null;
    $("details").close();
    const text = confirmLeaveText(title, { heir, isLast: !others.length });
    if (!(await confirmed({ title: leaveText, text, action: leaveText }))) return;
    if (await this.#done(this.client.leave(this.#id))) this.notify("success", leftText(title));
  }

  async #delete() {
    const { kind, members } = this.#shown;
    const title = this.#title();
    $("details").close();
    const text =
      kind === "direct" ? deleteDirectText(title) : deleteGroupText(title, members.length);
    if (!(await confirmed({ title: deleteText, text, action: deleteText }))) return;
    try {
      await this.client.deleteConversation(this.#id);
      this.notify("success", deletedText(title));
    } catch (error) {
      this.notify("error", notDeletedText(title, error));
    }
  }

  #title() {
    return titleOf(this.#shown, this.client.store.state.me);
  }

  // Returns whether it worked; what did not is told.
  async #done(request) {
    try {
      await this.client.catchUpAfter(request);
      return true;
    } catch (error) {
      this.notify("error", errorText(error));
      return false;
    }
  }
}
