// What waits for the reader, told by the tab: its title and its icon.

import { pageTitle, titleOf, unreadPageTitle } from "../words.js";

const icon = document.querySelector("link[rel=icon]");
const calm = icon.href;

export const showAttention = (state, settings) => {
  const unread = Object.values(state.conversations)
    .filter((conversation) => !settings.isMuted(conversation.id))
    .reduce((sum, conversation) => sum + conversation.unread, 0);
  const open = state.conversations[state.open];
  const title = pageTitle(open ? titleOf(open, state.me) : "");
  document.title = unread ? unreadPageTitle(unread, title) : title;
  const wanted = unread ? icon.dataset.unread : calm;
  if (icon.href !== new URL(wanted, location.href).href) icon.href = wanted;
};
