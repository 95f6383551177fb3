// Where one writes. With a keyboard Enter sends and Shift+Enter begins a line; on a touch
// screen, whose keyboard has no Shift+Enter, Enter begins a line and the button sends.

import { $, setText } from "../dom.js";
import { MAX_TEXT } from "../protocol.js";
import { lengthText, tooLongText } from "../words.js";

const NEARLY = 0.9;

const touch = window.matchMedia("(hover: none) and (pointer: coarse)");
const growsByItself = CSS.supports("field-sizing", "content");

// As the server counts: characters, not halves of them.
const lengthOf = (text) => {
  let length = text.length;
  if (length > MAX_TEXT * NEARLY) length = [...text].length;
  return length;
};

export class Composer {
  #conversation = null;
  #field = $("composer-text");

  // `mode` is what it is for (composer-mode.js); `mentions` completes names (mentions.js);
  // `files` go with what is sent (upload-queue.js).
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
      this.drafts.keep(this.#conversation, this.#field.value);
      if (this.#field.value.trim()) this.typed();
    };
    drafts.watch((conversation, text) => {
      if (conversation === this.#conversation && !mode.isEditing) this.#put(text);
    });
    const follow = () => (this.#field.enterKeyHint = touch.matches ? "enter" : "send");
    touch.addEventListener("change", follow);
    follow();
  }

  // Another conversation has another draft.
  show(state) {
    const { open } = state;
    this.mode.show(state);
    if (open === this.#conversation) return;
    this.#conversation = open;
    this.#put(open ? this.drafts.of(open) : "");
  }

  // A keyboard on the screen comes only when it is asked for.
  focus() {
    if (!touch.matches) this.#field.focus();
  }

  // To be written anew, before what is there already.
  write(text) {
    this.mode.leave();
    const both = [text, this.#field.value].filter(Boolean).join("\n");
    this.drafts.keep(this.#conversation, both);
    this.#put(both);
    this.#field.focus();
  }

  #key(event) {
    if (this.mentions.key(event) || this.mode.key(event)) return;
    // While an input method composes a word, Enter chooses it.
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
      this.drafts.drop(this.#conversation);
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
    const isTold = length > MAX_TEXT * NEARLY;
    setText($("composer-length"), isTold ? lengthText(length, MAX_TEXT) : "");
    const isTooLong = length > MAX_TEXT;
    this.#field.setAttribute("aria-invalid", String(isTooLong));
    if (!isTooLong) setText($("composer-problem"), "");
    if (growsByItself) return;
    this.#field.style.blockSize = "auto";
    this.#field.style.blockSize = `${this.#field.scrollHeight + 2}px`;
  }
}
