// The list of conversations, the latest first. Rows stay the same elements while they
// change and move, so that a click or the focus is never lost to a message that arrives.

import { $, avatar, h, setText } from "../dom.js";
import {
  gistOf,
  mentionedLabel,
  number,
  onlineText,
  removedText,
  titleOf,
  unreadLabel,
  whenOf,
} from "../words.js";

const latest = (a, b) => (b.last_message?.at ?? 0) - (a.last_message?.at ?? 0) || b.id - a.id;

const other = (conversation, me) =>
  conversation.kind === "group"
    ? { id: conversation.id, name: conversation.title }
    : (conversation.members.find((person) => person.id !== me) ?? conversation.members[0]);

class Row {
  #name = h("bdi", { className: "entry-name" });
  #time = h("time", { className: "entry-time" });
  #last = h("span", { className: "entry-last", dir: "auto" });
  #presence = h("span", { className: "presence", hidden: true }, onlineText);
  #mentioned = h("span", { className: "unread mentioned", role: "img", hidden: true }, "@");
  #unread = h("span", { className: "unread", hidden: true });
  #other;
  #button;
  // What the row was drawn from.
  #conversation = null;
  #shown = "";

  constructor(conversation, me, choose) {
    this.#other = conversation.kind === "direct" ? other(conversation, me) : null;
    this.#button = h(
      "button",
      {
        className: "entry",
        type: "button",
        dataset: this.#other ? { person: this.#other.id } : {},
        onclick: () => choose(conversation.id),
      },
      h("span", { className: "entry-face" }, avatar(other(conversation, me)), this.#presence),
      h(
        "span",
        { className: "entry-text" },
        h("span", { className: "entry-top" }, this.#name, this.#time),
        h("span", { className: "entry-bottom" }, this.#last, this.#mentioned, this.#unread),
      ),
    );
    this.element = h("li", {}, this.#button);
  }

  show(conversation, { me, open, online }, today) {
    const isOnline = online.has(this.#other?.id);
    const shown = `${conversation.id === open}.${isOnline}.${today}`;
    if (this.#conversation === conversation && this.#shown === shown) return;
    this.#conversation = conversation;
    this.#shown = shown;
    this.#presence.hidden = !isOnline;
    const { last_message: last, unread, mentioned } = conversation;
    setText(this.#name, titleOf(conversation, me));
    setText(this.#time, last ? whenOf(last.at) : "");
    setText(this.#last, last?.removed ? removedText : last ? gistOf(last) : "");
    this.#last.classList.toggle("is-removed", Boolean(last?.removed));
    this.#mentioned.hidden = !mentioned.length;
    this.#mentioned.setAttribute("aria-label", mentionedLabel(mentioned.length));
    setText(this.#unread, number(unread));
    this.#unread.hidden = !unread;
    this.#unread.setAttribute("aria-label", unreadLabel(unread));
    this.#button.setAttribute("aria-current", String(conversation.id === open));
  }
}

export class ConversationsView {
  #rows = new Map();

  constructor({ choose }) {
    this.choose = choose;
  }

  show(state) {
    const all = Object.values(state.conversations).sort(latest);
    const today = new Date().toDateString();
    $("no-conversations").hidden = all.length > 0;
    for (const [id, row] of this.#rows) {
      if (id in state.conversations) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    all.forEach((conversation, index) => {
      const row = this.#rowOf(conversation, state.me);
      row.show(conversation, state, today);
      const there = $("conversations").children[index];
      if (there !== row.element) $("conversations").insertBefore(row.element, there ?? null);
    });
  }

  #rowOf(conversation, me) {
    if (!this.#rows.has(conversation.id)) {
      this.#rows.set(conversation.id, new Row(conversation, me, this.choose));
    }
    return this.#rows.get(conversation.id);
  }
}
