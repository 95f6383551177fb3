// What one can do with a message: a toolbar on the one that is hovered or focused, and the same
// in its menu. The arrow keys go from message to message.

import { h } from "../dom.js";
import { copyTextText, editText, messageActsText, reactText, removeText, replyText } from "../words.js";
import { emojiMenu } from "./reactions.js";

const MESSAGE = ".message[data-seq]:not([data-seq=''])";
// What the toolbar keeps clear of, and overlaps: so the pointer gets from the message to it.
const ROOM = 24;
const LAP = 5;

const boxOf = (element) => element.getBoundingClientRect();

// It never makes the list longer than it is without it.
const beside = (card, pane, { height }) =>
  Math.min(Math.max(card.top, pane.top) - LAP, card.bottom + 2 - height);

const aboveOrBelow = (card, pane, { height }) => {
  const above = card.top + LAP - height;
  return above < pane.top ? card.bottom - LAP : above;
};

const isSelecting = (element) => {
  const selection = getSelection();
  return !selection.isCollapsed && element.contains(selection.anchorNode);
};

export class MessageActs {
  // Where the toolbar is, and where Tab leads to in the list.
  #active = null;
  #reached = null;
  #last = null;

  // `messageAt` gives the message with a seq; `acts` are react, reply, edit, remove, copy;
  // `menu` shows a menu for an element.
  constructor({ pane, list, me, messageAt, acts, menu }) {
    Object.assign(this, { pane, list, me, messageAt, acts, menu });
    const on = (type, listener) => pane.addEventListener(type, listener);
    on("pointerover", (event) => event.pointerType !== "touch" && this.#enter(event.target));
    on("pointerleave", () => this.#leave());
    on("focusin", ({ target }) => this.#focused(target));
    on("focusout", ({ relatedTarget }) => this.#blurred(relatedTarget));
    // A finger does not hover: a tap shows the toolbar.
    on("click", ({ target }) => target.closest("a, button") || this.#enter(target));
    on("keydown", (event) => this.#key(event));
  }

  // A source for menu.js. What is selected, and links, have the browser's own menu.
  source = (target) => {
    const element = target.closest(MESSAGE);
    const message = element && this.#messageOf(element);
    if (!message || target.closest("a[href]") || isSelecting(element)) return null;
    const items = this.#offered(message, element);
    items.splice(2, 0, { icon: "fa-copy", text: copyTextText, act: () => this.acts.copy(message) });
    return { element, label: messageActsText, items };
  };

  // After the list has been drawn: Tab leads to its last message once there is a new one, and
  // to where the reader was until then.
  show() {
    if (this.#active && !this.#active.querySelector(".message-tools")) this.#again();
    const last = [...this.list.children].findLast((element) => element.matches(MESSAGE)) ?? null;
    const isWhereItWas = this.#reached?.isConnected && last === this.#last;
    this.#last = last;
    if (!isWhereItWas && !this.list.contains(document.activeElement)) this.#reach(last);
  }

  #messageOf(element) {
    const message = this.messageAt(Number(element.dataset.seq));
    return message && !message.removed ? message : null;
  }

  #offered(message, element) {
    const { react, reply, edit, remove } = this.acts;
    const choose = (emoji) => react(message, emoji, true);
    const offered = [
      { icon: "fa-face-smile", text: reactText, act: () => this.menu(emojiMenu(element, choose)) },
      { icon: "fa-reply", text: replyText, act: () => reply(message) },
    ];
    if (message.actor.id !== this.me) return offered;
    return [
      ...offered,
      { icon: "fa-pen", text: editText, act: () => edit(message) },
      { icon: "fa-trash-can", text: removeText, isDangerous: true, act: () => remove(message) },
    ];
  }

  #enter(target) {
    const element = target.closest(MESSAGE);
    if (!element || element === this.#active) return;
    // What is focused keeps the toolbar: it would go from under the keyboard.
    if (this.#active?.querySelector(".message-tools")?.contains(document.activeElement)) return;
    this.#drop();
    this.#active = element;
    this.#again();
  }

  #leave() {
    if (!this.#active?.contains(document.activeElement)) this.#drop();
  }

  #again() {
    const message = this.#active.isConnected && this.#messageOf(this.#active);
    if (message) this.#place(this.#toolbar(message, this.#active));
    else this.#drop();
  }

  // Beside the message where there is room; else above it or, at the top of the list, below:
  // what it says, and who says it, can be read and clicked on.
  #place(toolbar) {
    const body = this.#active.querySelector(".message-body");
    body.append(toolbar);
    const card = boxOf(body.querySelector(".message-card"));
    const [pane, around, tools] = [this.pane, body, toolbar].map(boxOf);
    const room = Math.max(around.left - pane.left, pane.right - around.right);
    const isBeside = room > tools.width + ROOM;
    toolbar.classList.toggle("is-beside", isBeside);
    const top = isBeside ? beside(card, pane, tools) : aboveOrBelow(card, pane, tools);
    toolbar.style.insetBlockStart = `${top - around.top}px`;
  }

  #drop() {
    this.#active?.querySelector(".message-tools")?.remove();
    this.#active = null;
  }

  #toolbar(message, element) {
    return h(
      "div",
      { className: "message-tools", role: "toolbar", ariaLabel: messageActsText },
      ...this.#offered(message, element).map(({ icon, text, act }) =>
        h(
          "button",
          { className: "btn icon-button", type: "button", ariaLabel: text, title: text, onclick: act },
          h("i", { className: `fa-solid ${icon}`, ariaHidden: "true" }),
        ),
      ),
    );
  }

  #focused(target) {
    const element = target.closest(MESSAGE);
    if (!element) return;
    this.#reach(element);
    this.#enter(element);
  }

  #blurred(to) {
    if (!this.pane.contains(to)) this.#drop();
  }

  #reach(element) {
    if (this.#reached === element) return;
    this.#reached?.removeAttribute("tabindex");
    this.#reached = element;
    if (element) element.tabIndex = 0;
  }

  #key(event) {
    const element = event.target;
    if (!element.matches(MESSAGE)) return;
    if (event.key === "Enter") {
      const found = this.source(element);
      if (found) this.menu(found);
    } else {
      const to = this.#towards(element, event.key);
      if (!to) return;
      to.tabIndex = 0;
      to.focus();
    }
    event.preventDefault();
  }

  #towards(element, key) {
    const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[key];
    let to = step && element[step];
    while (to && !to.matches(MESSAGE)) to = to[step];
    return to;
  }
}
