// The emoji on a message: who put them there, and a click to do so too or no longer.

import { h } from "../dom.js";
import { number, reactText, reactionText } from "../words.js";

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

// A part of a message, or null.
export const reactionsPart = (message, page) =>
  message.reactions?.length
    ? h(
        "ul",
        { className: "reactions" },
        ...message.reactions.map((reaction) => chip(message, reaction, page)),
      )
    : null;

// What menu.js shows for choosing one.
export const emojiMenu = (element, choose) => ({
  element,
  label: reactText,
  columns: COLUMNS,
  items: EMOJI.map((emoji) => ({ text: emoji, act: () => choose(emoji) })),
});
