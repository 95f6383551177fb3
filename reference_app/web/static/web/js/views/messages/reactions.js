// Shows the reactions to a message and who gave them. A click adds or removes the user's own.

import { h } from "../../browser/dom.js";
import { number } from "../../i18n/format.js";
import { reactText, reactionText } from "../../i18n/words.js";

export const EMOJI = Object.freeze([
  ...["👍", "❤️", "😂", "😮", "😢", "🙏"],
  ...["👏", "🎉", "🔥", "✅", "👀", "💯"],
  ...["🤔", "😍", "😅", "😡", "👎", "🤝"],
  ...["🌹", "☕", "💡", "⏳", "🚀", "💪"],
]);
const COLUMNS = 6;

const chip = (message, { emoji, count, people }, { me, conversation, react }) => {
  const mine = people.includes(me);
  const names = people
    .map((id) => conversation.members.find((person) => person.id === id)?.name)
    .filter(Boolean);
  const label = reactionText(emoji, names, count - names.length);
  return h(
    "li",
    {},
    h(
      "button",
      {
        className: "reaction",
        type: "button",
        title: label,
        ariaLabel: label,
        ariaPressed: String(mine),
        dataset: { emoji },
        onclick: () => react(message, emoji, !mine),
      },
      h("span", { ariaHidden: "true" }, emoji),
      h("span", { ariaHidden: "true" }, number(count)),
    ),
  );
};

// Returns this part of a message, or null.
export const reactionsPart = (message, page) =>
  message.reactions?.length
    ? h(
        "ul",
        { className: "reactions" },
        ...message.reactions.map((reaction) => chip(message, reaction, page)),
      )
    : null;

// Returns the menu for context-menu.js in which the user chooses an emoji.
export const emojiMenu = (element, choose) => ({
  element,
  label: reactText,
  columns: COLUMNS,
  items: EMOJI.map((emoji) => ({ text: emoji, act: () => choose(emoji) })),
});
