// Who one is talking to, and who of them types.

import { $ } from "../dom.js";
import { membersText, titleOf, typingText } from "../words.js";

export const showHead = (state) => {
  const conversation = state.conversations[state.open];
  $("chat").classList.toggle("is-open", Boolean(conversation));
  if (!conversation) return;
  $("conversation-name").textContent = titleOf(conversation, state.me);
  const other = conversation.members.find((person) => person.id !== state.me);
  if (conversation.kind === "direct" && other) $("details-open").dataset.person = other.id;
  else delete $("details-open").dataset.person;
  $("conversation-members").textContent = membersText(conversation, state.me);
};

export const showTyping = (people) => {
  $("typing").textContent = typingText(people);
};
