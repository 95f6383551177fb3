// Replaces the composer while the user blocks the other person: says so, and offers to unblock.

import { $ } from "../../browser/dom.js";
import { blockedBannerText } from "../../i18n/words.js";

// Returns the function that shows the banner for a state.
export const createBlockedBanner = ({ unblock }) => {
  let other = null;
  let open = null;
  // The conversation in which the user has unblocked the other person. Its field appears when the
  // server has confirmed that.
  let unblocked = null;
  $("blocked-undo").onclick = () => {
    unblocked = open;
    unblock(other);
  };
  return (state) => {
    const conversation = state.conversations[state.open];
    const isBlocked = Boolean(conversation?.blocked);
    open = state.open;
    other = conversation?.members.find(({ id }) => id !== state.me) ?? null;
    $("blocked-note").hidden = !isBlocked;
    $("composer").hidden = isBlocked;
    if (isBlocked && other) $("blocked-text").textContent = blockedBannerText(other);
    if (unblocked === null || isBlocked) return;
    if (unblocked === open) $("composer-text").focus();
    unblocked = null;
  };
};
