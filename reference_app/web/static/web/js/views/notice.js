// A small line among the messages: what happened to the group.

import { h } from "../dom.js";
import { exactTimeOf, noticeText } from "../words.js";

export class NoticeMark {
  constructor({ message: event }) {
    this.element = h(
      "li",
      { className: "notice", title: exactTimeOf(event.at), dataset: { seq: String(event.seq) } },
      noticeText(event),
    );
  }

  show() {}
}
