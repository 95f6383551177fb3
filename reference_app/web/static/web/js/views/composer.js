// Where one writes: Enter sends, Shift+Enter begins a new line.

import { $ } from "../dom.js";
import { MAX_TEXT } from "../protocol.js";

export const wireComposer = ({ send, typed }) => {
  const field = $("composer-text");
  field.maxLength = MAX_TEXT;

  const submit = () => {
    const text = field.value.trim();
    if (!text) return;
    send(text);
    field.value = "";
    field.focus();
  };

  $("composer").onsubmit = (event) => {
    event.preventDefault();
    submit();
  };
  field.onkeydown = (event) => {
    // While an input method composes a word, Enter chooses it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  };
  field.oninput = () => field.value.trim() && typed();
};
