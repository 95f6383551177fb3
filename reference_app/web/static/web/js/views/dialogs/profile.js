// Shows a person's profile: name, presence, and the conversations that they share with the user.

import { copy } from "../../browser/clipboard.js";
import { $, h } from "../../browser/dom.js";
import {
  blockText,
  copiedText,
  detailsOf,
  directText,
  errorText,
  isBlockedText,
  notCopiedText,
  presenceText,
  unblockText,
} from "../../i18n/words.js";
import { personAvatar } from "../people.js";

export class ProfileView {
  #profile = null;

  constructor({ me, load, chat, block, open, notify }) {
    Object.assign(this, { me, load, chat, block, open, notify });
    $("profile-close").onclick = () => $("profile").close();
    $("profile-chat").onclick = () => this.#chat();
    $("profile-copy").onclick = () => this.#copy();
    $("profile-block").onclick = () => this.#block();
  }

  async show(person) {
    if (!(await this.#load(person))) return;
    const { person: who, about, shared } = this.#profile;
    $("profile-avatar").replaceChildren(personAvatar(who));
    $("profile-name").textContent = who.name;
    $("profile-username").textContent = `@${who.username}`;
    this.#showBlockState();
    $("profile-about").textContent = about;
    $("profile-about").hidden = !about;
    $("profile-shared-part").hidden = !shared.length;
    $("profile-shared").replaceChildren(...shared.map((one) => this.#shared(one)));
    $("profile").showModal();
  }

  #shared({ id, title }) {
    const choose = () => {
      $("profile").close();
      this.open(id);
    };
    const name = h("bdi", {}, title || directText);
    const button = { className: "btn shared", type: "button", onclick: choose };
    return h("li", {}, h("button", button, name));
  }

  // Shows the parts that depend on whether the user blocks the person. Nobody can block themselves.
  #showBlockState() {
    const { person, blocked, online } = this.#profile;
    $("profile-presence").textContent = blocked ? isBlockedText : presenceText(this.#profile);
    $("profile-presence").dataset.online = String(online);
    $("profile-block-text").textContent = blocked ? unblockText : blockText;
    $("profile-chat").hidden = blocked || person.id === this.me;
    $("profile-block").hidden = person.id === this.me;
  }

  async #block() {
    const { person, blocked } = this.#profile;
    await this.block(person, !blocked);
    if (await this.#load(person)) this.#showBlockState();
  }

  async #chat() {
    $("profile").close();
    await this.chat(this.#profile.person);
  }

  // Copies a person's details without opening the profile.
  async copy(person) {
    if (await this.#load(person)) await this.#copy(document.body);
  }

  async #load({ id }) {
    try {
      this.#profile = await this.load(id);
    } catch (error) {
      this.notify("error", errorText(error));
      return false;
    }
    return true;
  }

  async #copy(within = $("profile")) {
    const copied = await copy(detailsOf(this.#profile), within);
    if (copied) this.notify("success", copiedText);
    else this.notify("error", notCopiedText);
  }
}
