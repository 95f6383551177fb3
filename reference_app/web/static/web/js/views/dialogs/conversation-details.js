// Shows the details of the open conversation, and its actions: mute, rename, add and remove people,
// clear, leave and delete.

import { $, avatar, h, iconButton } from "../../browser/dom.js";
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
} from "../../i18n/words.js";
import * as groups from "../../transport/groups-api.js";
import { personName } from "../people.js";
import { confirmAction } from "./confirm.js";

export class DetailsView {
  #id = null;
  #shown = null;

  constructor({ client, showProfile, addPeople, settings, notify }) {
    Object.assign(this, { client, showProfile, addPeople, settings, notify });
    $("details-mute").onchange = ({ target }) => settings.mute(this.#id, target.checked);
    $("details-open").onclick = () => this.#open();
    $("details-close").onclick = () => $("details").close();
    $("details-rename").onclick = () => this.#showNaming($("details-naming").hidden);
    $("details-naming").onsubmit = (event) => this.#rename(event);
    $("details-add").onclick = () => this.#add();
    $("details-clear").onclick = () => this.#clear();
    $("details-leave").onclick = () => this.#leave();
    $("details-delete").onclick = () => this.#delete();
  }

  // Updates the dialog while it is open.
  show(state) {
    if (!$("details").open) return;
    const conversation = state.conversations[this.#id];
    if (!conversation) $("details").close();
    else if (conversation !== this.#shown) this.#fill(conversation);
  }

  #open() {
    const { conversations, open } = this.client.store.state;
    this.#id = open;
    this.#showNaming(false);
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
    // The focus returns to the same button, for users of the keyboard.
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
        personName(person),
        isOwner ? h("small", { className: "owner" }, ownerText) : null,
      ),
      mayAct ? iconButton("fa-crown", makeOwnerLabel(person), () => this.#handOver(person)) : null,
      mayAct ? iconButton("fa-user-minus", removeLabel(person), () => this.#remove(person)) : null,
    );
  }

  #showNaming(on) {
    $("details-naming").hidden = !on;
    $("details-rename").setAttribute("aria-expanded", String(on));
    if (!on) return;
    $("details-name").value = this.#shown.title;
    $("details-name").select();
  }

  async #rename(event) {
    event.preventDefault();
    const request = groups.rename(this.#id, $("details-name").value);
    if (await this.#attempt(request)) this.#showNaming(false);
    $("details-rename").focus();
  }

  #add() {
    const { id, members } = this.#shown;
    this.addPeople(members, (people) => this.client.catchUpAfter(groups.addMembers(id, people)));
  }

  async #remove(person) {
    const title = this.#title();
    const text = confirmRemoveText(person, title);
    if (!(await confirmAction({ title: removeMemberText, text, action: removeMemberText }))) return;
    await this.#attempt(groups.removeMember(this.#id, person.id));
  }

  async #handOver(person) {
    const text = confirmOwnerText(person, this.#title());
    if (!(await confirmAction({ title: makeOwnerText, text, action: makeOwnerText }))) return;
    await this.#attempt(groups.handOver(this.#id, person.id));
  }

  async #clear() {
    const title = this.#title();
    $("details").close();
    const text = confirmClearText(title);
    if (!(await confirmAction({ title: clearText, text, action: clearText }))) return;
    if (await this.#attempt(groups.clear(this.#id))) this.notify("success", clearedText(title));
  }

  async #leave() {
    const { members, owner } = this.#shown;
    const { me } = this.client.store.state;
    const title = this.#title();
    const others = members.filter(({ id }) => id !== me);
    const heir = owner === me ? others[0] : null;
    $("details").close();
    const text = confirmLeaveText(title, { heir, isLast: !others.length });
    if (!(await confirmAction({ title: leaveText, text, action: leaveText }))) return;
    if (await this.#attempt(this.client.leave(this.#id))) this.notify("success", leftText(title));
  }

  async #delete() {
    const { kind, members } = this.#shown;
    const title = this.#title();
    $("details").close();
    const text =
      kind === "direct" ? deleteDirectText(title) : deleteGroupText(title, members.length);
    if (!(await confirmAction({ title: deleteText, text, action: deleteText }))) return;
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

  // Waits for a request; returns whether it worked, and shows the error if not.
  async #attempt(request) {
    try {
      await this.client.catchUpAfter(request);
      return true;
    } catch (error) {
      this.notify("error", errorText(error));
      return false;
    }
  }
}
