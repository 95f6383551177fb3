// Lets the user write and send messages. With a keyboard, Enter sends and Shift+Enter begins a new
// line. On a touch screen, whose keyboard has no Shift+Enter, Enter begins a new line and the
// button sends.

import { $, setText } from "../../browser/dom.js";
import { lengthText, tooLongText } from "../../i18n/words.js";
import { MAX_TEXT } from "../../protocol.js";

// The share of the maximum length from which the length is shown.
const SHOW_LENGTH_FROM = 0.9;

const touch = window.matchMedia("(hover: none) and (pointer: coarse)");
const growsAutomatically = CSS.supports("field-sizing", "content");

// Counts characters as the server does, not UTF-16 units.
const lengthOf = (text) => {
  let length = text.length;
  if (length > MAX_TEXT * SHOW_LENGTH_FROM) length = [...text].length;
  return length;
};

export class Composer {
  #conversation = null;
  #field = $("composer-text");

  // `mode`: a reply or an edit (composer-mode.js). `mentions`: completes names
  // (mention-completion.js). `files`: the files of the next message (upload-list.js).
  constructor({ drafts, send, typed, mode, mentions, files }) {
    Object.assign(this, { drafts, send, typed, mode, mentions, files });
    mode.put = (text) => this.#put(text);
    $("composer").onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    this.#field.onkeydown = (event) => this.#key(event);
    this.#field.oninput = () => {
      this.#changed();
      if (mode.isEditing) return;
      this.drafts.save(this.#conversation, this.#field.value);
      if (this.#field.value.trim()) this.typed();
    };
    drafts.watch((conversation, text) => {
      if (conversation === this.#conversation && !mode.isEditing) this.#put(text);
    });
    const setEnterKey = () => (this.#field.enterKeyHint = touch.matches ? "enter" : "send");
    touch.addEventListener("change", setEnterKey);
    setEnterKey();
  }

  // Shows the draft of the open conversation.
  show(state) {
    const { open } = state;
    this.mode.show(state);
    if (open === this.#conversation) return;
    this.#conversation = open;
    this.#put(open ? this.drafts.of(open) : "");
  }

  // Focuses the field, but not on a touch screen, where the keyboard would cover the page.
  focus() {
    if (!touch.matches) this.#field.focus();
  }

  // Puts a text into the field, before the text that is already there.
  write(text) {
    this.mode.leave();
    const both = [text, this.#field.value].filter(Boolean).join("\n");
    this.drafts.save(this.#conversation, both);
    this.#put(both);
    this.#field.focus();
  }

  #key(event) {
    if (this.mentions.key(event) || this.mode.key(event)) return;
    // While an input method composes a word, Enter accepts that word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || touch.matches) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#field.value.trim();
    const isEmpty = !text && (this.mode.isEditing || this.files.isEmpty);
    if (isEmpty || !this.#conversation) return;
    if (lengthOf(text) > MAX_TEXT) {
      $("composer-problem").textContent = tooLongText(MAX_TEXT);
      this.#field.focus();
      return;
    }
    if (this.mode.isEditing) {
      this.mode.submit(text);
    } else {
      const stored = this.files.take();
      if (!stored) return;
      this.send(text, this.mode.take(), stored);
      this.drafts.discard(this.#conversation);
      this.#put("");
    }
    this.#field.focus();
  }

  #put(text) {
    if (this.#field.value !== text) this.#field.value = text;
    this.#changed();
  }

  #changed() {
    const length = lengthOf(this.#field.value);
    const isShown = length > MAX_TEXT * SHOW_LENGTH_FROM;
    setText($("composer-length"), isShown ? lengthText(length, MAX_TEXT) : "");
    const isTooLong = length > MAX_TEXT;
    this.#field.setAttribute("aria-invalid", String(isTooLong));
    if (!isTooLong) setText($("composer-problem"), "");
    if (growsAutomatically) return;
    this.#field.style.blockSize = "auto";
    this.#field.style.blockSize = `${this.#field.scrollHeight + 2}px`;
  }
}
