// Shows the people whom the user blocks, with buttons to unblock them.

import { $, h } from "../../browser/dom.js";
import { errorText, nobodyBlockedText, unblockText } from "../../i18n/words.js";
import { blockedPeople } from "../../transport/account-api.js";
import { personAvatar, personData } from "../people.js";

export class BlockedPeopleView {
  constructor({ unblock }) {
    this.unblock = unblock;
  }

  async show() {
    $("blocked-error").textContent = "";
    try {
      const found = await blockedPeople();
      const rows = found.map((person) => this.#row(person));
      if (!rows.length) rows.push(h("li", {}, nobodyBlockedText));
      $("blocked-people").replaceChildren(...rows);
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
      personAvatar(person),
      h(
        "span",
        { className: "settings-what" },
        h("bdi", { dataset: personData(person) }, person.name),
        h("small", { dir: "ltr" }, `@${person.username}`),
      ),
      h(
        "button",
        { className: "btn btn-outline-secondary", type: "button", onclick: undo },
        unblockText,
      ),
    );
  }
}
