// Who one is talking to, and who of them types.

import { $, setText } from "../dom.js";
import { membersText, titleOf, typingText } from "../words.js";

export const showHead = (state) => {
  const conversation = state.conversations[state.open];
  $("chat").classList.toggle("is-open", Boolean(conversation));
  if (!conversation) return;
  setText($("conversation-name"), titleOf(conversation, state.me));
  setText($("conversation-members"), membersText(conversation, state.me));
  const other =
    conversation.kind === "direct" && conversation.members.find((person) => person.id !== state.me);
  if (other) $("details-open").dataset.person = other.id;
  else delete $("details-open").dataset.person;
};

export const showTyping = (people) => setText($("typing"), typingText(people));
