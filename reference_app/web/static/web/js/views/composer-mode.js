// What the composer is for when it is not for a new message: an answer, or an edit.

import { $ } from "../dom.js";
import { editingText, gistOf, removedText, replyingText } from "../words.js";

const ICONS = { reply: "fa-reply", edit: "fa-pen" };

export class ComposerMode {
  #about = null;

  // `save` stores an edit and returns whether it could; `lastOwn` gives one's last message.
  constructor({ field, save, lastOwn }) {
    Object.assign(this, { field, save, lastOwn });
    $("composer-leave").onclick = () => {
      this.leave();
      field.focus();
    };
  }

  get isEditing() {
    return this.#about?.kind === "edit";
  }

  reply(message) {
    this.leave();
    this.#enter({ kind: "reply", message });
  }

  // What was being written comes back afterwards.
  edit(message) {
    this.leave();
    this.#enter({ kind: "edit", message, kept: this.field.value });
    this.#write(message.text);
  }

  leave() {
    const about = this.#about;
    this.#about = null;
    $("composer-context").hidden = true;
    if (about?.kind === "edit") this.#write(about.kept);
  }

  // The message that what is sent now answers, or null.
  take() {
    const answered = this.#about?.kind === "reply" ? this.#about.message : null;
    this.leave();
    return answered;
  }

  async submit(text) {
    const about = this.#about;
    if (text === about.message.text || (await this.save(about.message, text))) {
      if (this.#about === about) this.leave();
    }
  }

  // Follows what becomes of the message that it is about: nobody edits what is gone.
  show({ open, messages }) {
    const message = this.#about?.message;
    if (!message) return;
    if (message.conversation !== open) this.leave();
    const now = messages[open]?.items.find(({ id }) => id === message.id);
    if (now?.removed && this.isEditing) this.leave();
    else if (now?.removed && this.#about) $("composer-quote").textContent = removedText;
  }

  // Returns whether the key was meant for it.
  key(event) {
    if (event.isComposing) return false;
    if (event.key === "Escape" && this.#about) this.leave();
    else if (event.key === "ArrowUp" && !this.field.value && !this.isEditing) {
      const message = this.lastOwn();
      if (!message) return false;
      this.edit(message);
    } else return false;
    event.preventDefault();
    return true;
  }

  #enter(about) {
    this.#about = about;
    const { kind, message } = about;
    $("composer-icon").className = `fa-solid ${ICONS[kind]}`;
    $("composer-about").textContent = kind === "edit" ? editingText : replyingText(message.actor);
    $("composer-quote").textContent = gistOf(message);
    $("composer-context").hidden = false;
    this.field.focus();
  }

  // `put` is the composer's: it takes a text into its field.
  #write(text) {
    this.put(text);
    this.field.setSelectionRange(text.length, text.length);
  }
}
