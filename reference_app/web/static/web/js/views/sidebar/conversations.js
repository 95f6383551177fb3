// Shows the list of conversations, the latest first. A row keeps its element while it changes and
// moves, so that an arriving message never breaks a click or takes the focus.

import { $, avatar, h, initialOf, setText } from "../../browser/dom.js";
import { number, whenOf } from "../../i18n/format.js";
import {
  mentionedLabel,
  onlineText,
  removedText,
  speakerText,
  summaryOf,
  titleOf,
  unreadLabel,
} from "../../i18n/words.js";
import { avatarSubject } from "../people.js";

const latest = (a, b) => (b.last_message?.at ?? 0) - (a.last_message?.at ?? 0) || b.id - a.id;

class Row {
  #name = h("bdi", { className: "entry-name" });
  #time = h("time", { className: "entry-time" });
  #who = h("span", { className: "entry-who" });
  #last = h("span", { className: "entry-last", dir: "auto" });
  #presence = h("span", { className: "presence", hidden: true }, onlineText);
  #mentioned = h("span", { className: "unread mentioned", role: "img", hidden: true }, "@");
  #unread = h("span", { className: "unread", hidden: true });
  #face;
  #other;
  #button;
  // The values from which the row was rendered.
  #conversation = null;
  #shown = "";

  constructor(conversation, me, choose) {
    this.#other = conversation.kind === "direct" ? avatarSubject(conversation, me) : null;
    this.#face = avatar(avatarSubject(conversation, me));
    this.#button = h(
      "button",
      {
        className: "entry",
        type: "button",
        dataset: this.#other ? { person: this.#other.id } : {},
        onclick: () => choose(conversation.id),
      },
      h("span", { className: "entry-face" }, this.#face, this.#presence),
      h(
        "span",
        { className: "entry-text" },
        h("span", { className: "entry-top" }, this.#name, this.#time),
        h(
          "span",
          { className: "entry-bottom" },
          ...[this.#who, this.#last, this.#mentioned, this.#unread],
        ),
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
    const title = titleOf(conversation, me);
    setText(this.#face, initialOf(title));
    setText(this.#name, title);
    setText(this.#time, last ? whenOf(last.at) : "");
    const hasSpeaker = last && !last.removed && !this.#other;
    setText(this.#who, hasSpeaker ? speakerText(last.actor, me) : "");
    setText(this.#last, last?.removed ? removedText : last ? summaryOf(last) : "");
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
