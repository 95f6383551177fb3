// Who one is talking to, and who of them types.

import { $ } from "../dom.js";
import { membersText, titleOf, typingText } from "../words.js";

export const showHead = (state) => {
  const conversation = state.conversations[state.open];
  $("chat").classList.toggle("is-open", Boolean(conversation));
  if (!conversation) return;
  const title = titleOf(conversation, state.me);
  $("conversation-name").textContent = title;
  $("conversation-members").textContent = membersText(conversation, state.me);
  document.title = `${title} – Fawran`;
};

export const showTyping = (people) => {
  $("typing").textContent = typingText(people);
};
