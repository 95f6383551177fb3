// Shows the head of the open conversation: its name and members, their presence, and who is typing.

import { $, avatar, h, initialOf, setText } from "../browser/dom.js";
import { membersText, onlineText, titleOf, typingText } from "../i18n/words.js";
import { avatarSubject } from "./people.js";

const presence = h("span", { className: "presence", hidden: true }, onlineText);
let face = null;
let shown = "";

// In a direct conversation, these elements belong to the other person, and have their context menu.
const PERSON_ELEMENTS = ["conversation-face", "conversation-title", "details-open"];

const setPerson = ({ dataset }, person) => {
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

// A username is Latin in any language of the page, so it needs a direction of its own.
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
  const subject = avatarSubject(conversation, state.me);
  const other = kind === "direct" ? subject : null;
  showFace(subject, kind);
  presence.hidden = !state.online.has(other?.id);
  setText($("conversation-name"), titleOf(conversation, state.me));
  showMembers(membersText(conversation, state.me), other ? "ltr" : "");
  for (const id of PERSON_ELEMENTS) setPerson($(id), other);
};

export const showTyping = (people) => setText($("typing"), typingText(people));
