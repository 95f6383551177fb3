// Where one would write to somebody whom one blocks: that one does, and how to end it.

import { $ } from "../dom.js";
import { blockedNote } from "../words.js";

export const wireBlockedNote = ({ unblock }) => {
  let other = null;
  let open = null;
  // Where the reader has asked to write again; the field is there once the server has said so.
  let undone = null;
  $("blocked-undo").onclick = () => {
    undone = open;
    unblock(other);
  };
  return (state) => {
    const conversation = state.conversations[state.open];
    const isBlocked = Boolean(conversation?.blocked);
    open = state.open;
    other = conversation?.members.find(({ id }) => id !== state.me) ?? null;
    $("blocked-note").hidden = !isBlocked;
    $("composer").hidden = isBlocked;
    if (isBlocked && other) $("blocked-text").textContent = blockedNote(other);
    if (undone === null || isBlocked) return;
    if (undone === open) $("composer-text").focus();
    undone = null;
  };
};
