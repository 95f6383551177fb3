// Whom one blocks, and unblocking them.

import { blockedPeople } from "../account.js";
import { $, h } from "../dom.js";
import { faceOf, marksOf } from "../people.js";
import { errorText, nobodyBlockedText, unblockText } from "../words.js";

export class BlockedPeopleView {
  constructor({ unblock }) {
    this.unblock = unblock;
  }

  async show() {
    $("blocked-error").textContent = "";
    try {
      const found = await blockedPeople();
      const rows = found.map((person) => this.#row(person));
      $("blocked-people").replaceChildren(...(rows.length ? rows : [h("li", {}, nobodyBlockedText)]));
    } catch (error) {
      $("blocked-error").textContent = errorText(error);
    }
  }

  #row(person) {
    const undo = async () => {
      await this.unblock(person);
      await this.show();
      $("tab-blocked").focus();
    };
    return h(
      "li",
      { className: "settings-row" },
      faceOf(person),
      h(
        "span",
        { className: "settings-what" },
        h("bdi", { dataset: marksOf(person) }, person.name),
        h("small", { dir: "ltr" }, `@${person.username}`),
      ),
      h("button", { className: "btn btn-outline-secondary", type: "button", onclick: undo }, unblockText),
    );
  }
}
