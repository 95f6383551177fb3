// Shows the number of unread messages in the tab's title and icon.

import { badgeText, drawBadge } from "../browser/favicon.js";
import { number } from "../i18n/format.js";
import { pageTitle, titleOf, unreadPageTitle } from "../i18n/words.js";

const icon = document.querySelector("link[rel=icon]");
const plainIcon = icon.href;
let badge = "";

export const showUnreadIndicator = (state, settings) => {
  const unread = Object.values(state.conversations)
    .filter((conversation) => !settings.isMuted(conversation.id))
    .reduce((sum, conversation) => sum + conversation.unread, 0);
  const open = state.conversations[state.open];
  const title = pageTitle(open ? titleOf(open, state.me) : "");
  const wanted = unread ? unreadPageTitle(unread, title) : title;
  if (document.title !== wanted) document.title = wanted;
  showBadge(unread ? badgeText(unread, number) : "");
};

const showBadge = async (text) => {
  if (text === badge) return;
  badge = text;
  const address = text ? await drawBadge(plainIcon, text) : plainIcon;
  // The count may have changed while the icon was drawn.
  if (text === badge) icon.href = address;
};
