// A small line among the messages: what happened to the group.

import { h } from "../dom.js";
import { marksOf } from "../people.js";
import { exactTimeOf, noticeText } from "../words.js";

// What words.js has isolated: who, and what they call it.
const ISOLATED = /\u2068(.*?)\u2069/;

// The sentence with its names as elements.
const sentence = (event) => {
  const people = [event.actor, event.person].filter(Boolean);
  return noticeText(event)
    .split(ISOLATED)
    .map((part, index) => {
      if (index % 2 === 0) return part;
      const person = people.find(({ name }) => name === part);
      return h("bdi", { dataset: person ? marksOf(person) : {} }, part);
    });
};

export class NoticeMark {
  constructor({ message: event }) {
    this.element = h(
      "li",
      { className: "notice", title: exactTimeOf(event.at), dataset: { seq: String(event.seq) } },
      ...sentence(event),
    );
  }

  show() {}
}
