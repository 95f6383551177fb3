// Shows the mentions in the text of a message.

import { h } from "../../browser/dom.js";
import { partsOf } from "../../state/mentions.js";

// Returns a text as strings and elements; each mention is an element.
export const mentionNodes = (text, people, me) =>
  partsOf(text, people).map(({ text: part, person }) => {
    if (!person) return part;
    const className = person.id === me ? "mention is-me" : "mention";
    return h("bdi", { className, title: person.name, dataset: { person: person.id } }, part);
  });

// Returns the members whom a message mentions.
export const mentionedIn = ({ mentions = [] }, { members }) =>
  mentions.length ? members.filter((person) => mentions.includes(person.id)) : [];
