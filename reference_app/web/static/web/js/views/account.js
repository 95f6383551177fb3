// One's own profile and password, as forms of the settings.

import { changeProfile } from "../account.js";
import { $ } from "../dom.js";
import { ErrorCode } from "../protocol.js";
import { errorText, passwordChangedText, passwordsDifferText, profileSavedText } from "../words.js";

// What is wrong with a password, or how long to wait, the site says in the reader's language.
const saidBySite = new Set([ErrorCode.INVALID, ErrorCode.TOO_MANY_ATTEMPTS]);

export class AccountView {
  #isFilled = false;

  constructor({ load, changePassword, showMe, notify }) {
    Object.assign(this, { load, changePassword, showMe, notify });
    $("account-profile").onsubmit = (event) => this.#save(event);
    $("account-password").onsubmit = (event) => this.#change(event);
  }

  // What one has begun to change is not filled in again.
  async show() {
    if (this.#isFilled) return;
    this.#isFilled = true;
    $("account-profile-error").textContent = "";
    try {
      const { person, about } = await this.load();
      // Without a name of their own they are shown by the username: that is no name to edit.
      $("account-name").value = person.name === person.username ? "" : person.name;
      $("account-about").value = about;
    } catch (error) {
      this.#isFilled = false;
      $("account-profile-error").textContent = errorText(error);
    }
  }

  forget() {
    this.#isFilled = false;
    $("account-password").reset();
    $("account-password-error").textContent = "";
  }

  async #save(event) {
    event.preventDefault();
    $("account-profile-error").textContent = "";
    try {
      this.showMe(await changeProfile($("account-name").value, $("account-about").value));
      this.notify("success", profileSavedText);
    } catch (error) {
      $("account-profile-error").textContent = errorText(error);
    }
  }

  async #change(event) {
    event.preventDefault();
    const [before, after, again] = ["old", "new", "again"].map((name) => $(`password-${name}`).value);
    $("account-password-error").textContent = after === again ? "" : passwordsDifferText;
    if (after !== again) return;
    try {
      await this.changePassword(before, after);
      this.forget();
      this.notify("success", passwordChangedText);
    } catch (error) {
      const isRefused = saidBySite.has(error.code) && error.message;
      $("account-password-error").textContent = isRefused ? error.message : errorText(error);
    }
  }
}
