// Somebody's profile: who they are, whether they are here, what they share with the reader.

import { copy } from "../clipboard.js";
import { $, avatar, h } from "../dom.js";
import {
  copiedText,
  detailsOf,
  directText,
  errorText,
  notCopiedText,
  presenceText,
} from "../words.js";

export class ProfileView {
  #profile = null;

  constructor({ load, chat, open, notify }) {
    Object.assign(this, { load, chat, open, notify });
    $("profile-close").onclick = () => $("profile").close();
    $("profile-chat").onclick = () => this.#chat();
    $("profile-copy").onclick = () => this.#copy();
  }

  async show(person) {
    if (!(await this.#load(person))) return;
    const { person: who, about, shared } = this.#profile;
    $("profile-avatar").replaceChildren(avatar(who));
    $("profile-name").textContent = who.name;
    $("profile-username").textContent = `@${who.username}`;
    $("profile-presence").textContent = presenceText(this.#profile);
    $("profile-presence").dataset.online = String(this.#profile.online);
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
    return h("li", {}, h("button", { className: "btn shared", type: "button", onclick: choose }, name));
  }

  async #chat() {
    $("profile").close();
    await this.chat(this.#profile.person);
  }

  // Without opening it.
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
