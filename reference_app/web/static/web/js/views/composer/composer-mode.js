// Puts the composer into the mode for a reply or an edit, and out of it.

import { $ } from "../../browser/dom.js";
import { editingText, removedText, replyingText, summaryOf } from "../../i18n/words.js";

const ICONS = { reply: "fa-reply", edit: "fa-pen" };

export class ComposerMode {
  #about = null;

  // `save` stores an edit and returns whether that worked; `lastOwn` returns the user's last
  // message.
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

  // Puts a message into the field for editing. Afterwards the field has its earlier text again.
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

  // Returns the message to which the next message replies, or null, and leaves the mode.
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

  // Updates the mode when its message changes: a removed message cannot be edited.
  show({ open, messages }) {
    const message = this.#about?.message;
    if (!message) return;
    if (message.conversation !== open) this.leave();
    const now = messages[open]?.items.find(({ id }) => id === message.id);
    if (now?.removed && this.isEditing) this.leave();
    else if (now?.removed && this.#about) $("composer-quote").textContent = removedText;
  }

  // Handles a key; returns whether the key belongs to this mode.
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
    $("composer-quote").textContent = summaryOf(message);
    $("composer-context").hidden = false;
    this.field.focus();
  }

  // `put` is set by the composer: it puts a text into the field.
  #write(text) {
    this.put(text);
    this.field.setSelectionRange(text.length, text.length);
  }
}
