// The rows of the list that are no messages: days, where what is new begins, and the top.

import { avatar, h } from "../dom.js";
import { bearerOf } from "../people.js";
import {
  beginningHint,
  beginningText,
  dayOf,
  newMessagesText,
  notLoadedText,
  olderText,
  retryText,
  titleOf,
} from "../words.js";

export class DayMark {
  constructor({ at }) {
    this.element = h("li", { className: "day" }, h("span", {}, dayOf(at)));
  }

  show() {}
}

export class UnreadMark {
  constructor() {
    this.element = h("li", { className: "unread-mark" }, h("span", {}, newMessagesText));
  }

  show() {}
}

// Older messages that are being loaded, or could not be; or the conversation's beginning.
export class TopMark {
  #page;
  #row;

  // `page` is what the page knows and can do: conversation, me, loadOlder.
  constructor(row, page) {
    this.#page = page;
    this.element = h("li", { className: "top-mark" });
    this.show(row);
  }

  show(row) {
    this.#row = row;
    const { kind, loading, isEmpty } = row;
    this.element.dataset.kind = kind;
    this.element.dataset.empty = String(isEmpty);
    if (kind === "start") this.element.replaceChildren(...this.#beginning(isEmpty));
    else if (loading === "failed") this.element.replaceChildren(...this.#failed());
    else if (loading) this.element.replaceChildren(...this.#skeleton());
    else this.element.replaceChildren(this.#button(olderText));
  }

  // The conversation may have got another name.
  mark() {
    if (this.#row.kind === "start") this.show(this.#row);
  }

  #beginning(isEmpty) {
    const { conversation, me } = this.#page;
    const title = titleOf(conversation, me);
    return [
      avatar(bearerOf(conversation, me)),
      h("strong", {}, h("bdi", {}, title)),
      h("span", {}, beginningText(conversation.kind)),
      ...(isEmpty ? [h("span", {}, beginningHint)] : []),
    ];
  }

  #failed() {
    return [h("span", {}, notLoadedText), this.#button(retryText)];
  }

  // As high as the messages that come, about: nothing jumps when they do.
  #skeleton() {
    const bar = (width) => {
      const element = h("span", { className: "skeleton", ariaHidden: "true" });
      element.style.inlineSize = `${width}%`;
      return element;
    };
    return [bar(46), bar(62), bar(38)];
  }

  #button(text) {
    return h(
      "button",
      { className: "btn btn-sm older", type: "button", onclick: () => this.#page.loadOlder() },
      text,
    );
  }
}
