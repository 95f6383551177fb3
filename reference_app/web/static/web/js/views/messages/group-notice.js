// Shows a group notice as a small line among the messages.

import { h } from "../../browser/dom.js";
import { exactTimeOf } from "../../i18n/format.js";
import { noticeText } from "../../i18n/words.js";
import { personData } from "../people.js";

// The names in a text of words.js, between the characters of `isolate` in i18n/format.js.
const ISOLATED = /\u2068(.*?)\u2069/;

// Returns the text as strings and elements; each name is an element.
const sentence = (event) => {
  const people = [event.actor, event.person].filter(Boolean);
  return noticeText(event)
    .split(ISOLATED)
    .map((part, index) => {
      if (index % 2 === 0) return part;
      const person = people.find(({ name }) => name === part);
      return h("bdi", { dataset: person ? personData(person) : {} }, part);
    });
};

export class GroupNotice {
  constructor({ message: event }) {
    this.element = h(
      "li",
      { className: "notice", title: exactTimeOf(event.at), dataset: { seq: String(event.seq) } },
      ...sentence(event),
    );
  }

  show() {}
}
