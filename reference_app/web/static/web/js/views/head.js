// Who one is talking to, whether they are there, and who of them types.

import { $, avatar, h, initialOf, setText } from "../dom.js";
import { bearerOf } from "../people.js";
import { membersText, onlineText, titleOf, typingText } from "../words.js";

const presence = h("span", { className: "presence", hidden: true }, onlineText);
let face = null;
let shown = "";

// The name of a direct conversation is that of a person, and has their menu.
const MARKED = ["conversation-face", "conversation-title", "details-open"];

const mark = ({ dataset }, person) => {
  if (!person) delete dataset.person;
  else if (dataset.person !== String(person.id)) dataset.person = person.id;
};

const showFace = ({ id, name }, kind) => {
  if (shown !== `${kind}.${id}`) {
    shown = `${kind}.${id}`;
    face = avatar({ id, name });
    $("conversation-face").replaceChildren(face, presence);
  }
  setText(face, initialOf(name));
};

// A username is Latin whatever the page is: its @ stands before it.
const showMembers = (text, dir) => {
  const element = $("conversation-members");
  if (element.dir !== dir) element.dir = dir;
  setText(element, text);
};

export const showHead = (state) => {
  const conversation = state.conversations[state.open];
  $("chat").classList.toggle("is-open", Boolean(conversation));
  if (!conversation) return;
  const { kind } = conversation;
  const bearer = bearerOf(conversation, state.me);
  const other = kind === "direct" ? bearer : null;
  showFace(bearer, kind);
  presence.hidden = !state.online.has(other?.id);
  setText($("conversation-name"), titleOf(conversation, state.me));
  showMembers(membersText(conversation, state.me), other ? "ltr" : "");
  for (const id of MARKED) mark($(id), other);
};

export const showTyping = (people) => setText($("typing"), typingText(people));
