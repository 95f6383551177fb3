// What waits for the reader, told by the tab: its title and its icon.

import { badgeOf, iconWith } from "../icon.js";
import { number, pageTitle, titleOf, unreadPageTitle } from "../words.js";

const icon = document.querySelector("link[rel=icon]");
const calm = icon.href;
let badge = "";

export const showAttention = (state, settings) => {
  const unread = Object.values(state.conversations)
    .filter((conversation) => !settings.isMuted(conversation.id))
    .reduce((sum, conversation) => sum + conversation.unread, 0);
  const open = state.conversations[state.open];
  const title = pageTitle(open ? titleOf(open, state.me) : "");
  const wanted = unread ? unreadPageTitle(unread, title) : title;
  if (document.title !== wanted) document.title = wanted;
  showBadge(unread ? badgeOf(unread, number) : "");
};

const showBadge = async (text) => {
  if (text === badge) return;
  badge = text;
  const address = text ? await iconWith(calm, text) : calm;
  // Drawing takes a moment, in which the count may have changed again.
  if (text === badge) icon.href = address;
};
