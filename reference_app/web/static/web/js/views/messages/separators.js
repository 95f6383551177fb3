// Shows the rows that are not messages: days, the beginning of the unread messages, and the top.

import { avatar, h } from "../../browser/dom.js";
import { dayOf } from "../../i18n/format.js";
import {
  beginningHint,
  beginningText,
  newMessagesText,
  notLoadedText,
  olderText,
  retryText,
  titleOf,
} from "../../i18n/words.js";
import { avatarSubject } from "../people.js";

export class DaySeparator {
  constructor({ at }) {
    this.element = h("li", { className: "day" }, h("span", {}, dayOf(at)));
  }

  show() {}
}

export class UnreadSeparator {
  constructor() {
    this.element = h("li", { className: "unread-mark" }, h("span", {}, newMessagesText));
  }

  show() {}
}

// Shows the beginning of the conversation; or a button for older messages, that they are loading,
// or that this failed.
export class TopRow {
  #page;
  #row;

  // `page` has the context and the actions: conversation, me, loadOlder.
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

  // Updates the name of the conversation.
  refresh() {
    if (this.#row.kind === "start") this.show(this.#row);
  }

  #beginning(isEmpty) {
    const { conversation, me } = this.#page;
    const title = titleOf(conversation, me);
    return [
      avatar(avatarSubject(conversation, me)),
      h("strong", {}, h("bdi", {}, title)),
      h("span", {}, beginningText(conversation.kind)),
      ...(isEmpty ? [h("span", {}, beginningHint)] : []),
    ];
  }

  #failed() {
    return [h("span", {}, notLoadedText), this.#button(retryText)];
  }

  // About as high as the expected messages, so that little moves when they arrive.
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
