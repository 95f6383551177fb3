// Where one would write to somebody whom one blocks: that one does, and how to end it.

import { $ } from "../dom.js";
import { blockedNote } from "../words.js";

export const wireBlockedNote = ({ unblock }) => {
  let other = null;
  $("blocked-undo").onclick = async () => {
    await unblock(other);
    $("composer-text").focus();
  };
  return (state) => {
    const conversation = state.conversations[state.open];
    const isBlocked = Boolean(conversation?.blocked);
    other = conversation?.members.find(({ id }) => id !== state.me) ?? null;
    $("blocked-note").hidden = !isBlocked;
    $("composer").hidden = isBlocked;
    if (isBlocked && other) $("blocked-text").textContent = blockedNote(other);
  };
};
