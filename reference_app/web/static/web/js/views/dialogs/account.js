// Lets the user edit their profile and password, in the settings.

import { $ } from "../../browser/dom.js";
import {
  errorText,
  passwordChangedText,
  passwordsDifferText,
  profileSavedText,
} from "../../i18n/words.js";
import { ErrorCode } from "../../protocol.js";
import { changeProfile } from "../../transport/account-api.js";

// For these errors, the server's message explains the reason in the user's language.
const EXPLAINED_BY_SERVER = new Set([ErrorCode.INVALID, ErrorCode.TOO_MANY_ATTEMPTS]);

export class AccountView {
  #isFilled = false;

  constructor({ load, changePassword, showCurrentUser, notify }) {
    Object.assign(this, { load, changePassword, showCurrentUser, notify });
    $("account-profile").onsubmit = (event) => this.#save(event);
    $("account-password").onsubmit = (event) => this.#change(event);
  }

  // Fills in the form once, so that changes of the user are not overwritten.
  async show() {
    if (this.#isFilled) return;
    this.#isFilled = true;
    $("account-profile-error").textContent = "";
    try {
      const { person, about } = await this.load();
      // A user without a name is shown by the username, which is not a name to edit.
      $("account-name").value = person.name === person.username ? "" : person.name;
      $("account-about").value = about;
    } catch (error) {
      this.#isFilled = false;
      $("account-profile-error").textContent = errorText(error);
    }
  }

  reset() {
    this.#isFilled = false;
    $("account-password").reset();
    $("account-password-error").textContent = "";
  }

  async #save(event) {
    event.preventDefault();
    $("account-profile-error").textContent = "";
    try {
      this.showCurrentUser(await changeProfile($("account-name").value, $("account-about").value));
      this.notify("success", profileSavedText);
    } catch (error) {
      $("account-profile-error").textContent = errorText(error);
    }
  }

  async #change(event) {
    event.preventDefault();
    const fields = ["old", "new", "again"].map((name) => $(`password-${name}`));
    const [before, after, again] = fields.map((field) => field.value);
    $("account-password-error").textContent = after === again ? "" : passwordsDifferText;
    if (after !== again) return;
    try {
      await this.changePassword(before, after);
      this.reset();
      this.notify("success", passwordChangedText);
    } catch (error) {
      const isRefused = EXPLAINED_BY_SERVER.has(error.code) && error.message;
      $("account-password-error").textContent = isRefused ? error.message : errorText(error);
    }
  }
}
