// Shows the toolbar of the message that is hovered or focused, and offers the same actions in its
// context menu. The arrow keys move from message to message.

import { h, iconButton } from "../../browser/dom.js";
import {
  copyTextText,
  editText,
  messageActionsText,
  reactText,
  removeText,
  replyText,
} from "../../i18n/words.js";
import { emojiMenu } from "./reactions.js";

const MESSAGE = ".message[data-seq]:not([data-seq=''])";
// The toolbar needs this much extra space to be placed next to the message.
const CLEARANCE_PX = 24;
// The toolbar overlaps the message by this much, so that the pointer can move onto it.
const OVERLAP_PX = 5;

const boxOf = (element) => element.getBoundingClientRect();

// Returns the top of a toolbar next to the message. It never makes the list longer.
const nextTo = (card, pane, { height }) =>
  Math.min(Math.max(card.top, pane.top) - OVERLAP_PX, card.bottom + 2 - height);

const aboveOrBelow = (card, pane, { height }) => {
  const above = card.top + OVERLAP_PX - height;
  return above < pane.top ? card.bottom - OVERLAP_PX : above;
};

const isSelecting = (element) => {
  const selection = getSelection();
  return !selection.isCollapsed && element.contains(selection.anchorNode);
};

export class MessageToolbar {
  // The message with the toolbar, and the message that the Tab key reaches.
  #active = null;
  #tabStop = null;
  #last = null;

  // `messageAt` returns the message with a seq. `actions` are react, reply, edit, remove and copy.
  // `menu` opens a menu for an element.
  constructor({ pane, list, me, messageAt, actions, menu }) {
    Object.assign(this, { pane, list, me, messageAt, actions, menu });
    const on = (type, listener) => pane.addEventListener(type, listener);
    on("pointerover", (event) => event.pointerType !== "touch" && this.#enter(event.target));
    on("pointerleave", () => this.#leave());
    on("focusin", ({ target }) => this.#focused(target));
    on("focusout", ({ relatedTarget }) => this.#blurred(relatedTarget));
    // A finger does not hover: a tap shows the toolbar.
    on("click", ({ target }) => target.closest("a, button") || this.#enter(target));
    on("keydown", (event) => this.#key(event));
  }

  // A source for context-menu.js. Selected text and links keep the browser's menu.
  source = (target) => {
    const element = target.closest(MESSAGE);
    const message = element && this.#messageOf(element);
    if (!message || target.closest("a[href]") || isSelecting(element)) return null;
    const items = this.#offered(message, element);
    const copy = () => this.actions.copy(message);
    items.splice(2, 0, { icon: "fa-copy", text: copyTextText, act: copy });
    return { element, label: messageActionsText, items };
  };

  // Updates the toolbar after the list was rendered. The Tab key reaches the message where the user
  // was, and the last message once there is a new one.
  show() {
    if (this.#active && !this.#active.querySelector(".message-tools")) this.#redraw();
    const last = [...this.list.children].findLast((element) => element.matches(MESSAGE)) ?? null;
    const isUnchanged = this.#tabStop?.isConnected && last === this.#last;
    this.#last = last;
    if (!isUnchanged && !this.list.contains(document.activeElement)) this.#setTabStop(last);
  }

  #messageOf(element) {
    const message = this.messageAt(Number(element.dataset.seq));
    return message && !message.removed ? message : null;
  }

  #offered(message, element) {
    const { react, reply, edit, remove } = this.actions;
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
    // A toolbar that has the focus stays where it is.
    if (this.#active?.querySelector(".message-tools")?.contains(document.activeElement)) return;
    this.#remove();
    this.#active = element;
    this.#redraw();
  }

  #leave() {
    if (!this.#active?.contains(document.activeElement)) this.#remove();
  }

  #redraw() {
    const message = this.#active.isConnected && this.#messageOf(this.#active);
    if (message) this.#place(this.#toolbar(message, this.#active));
    else this.#remove();
  }

  // Places the toolbar next to the message if there is space, else above it or, at the top of the
  // list, below it. So it does not cover the text or the sender.
  #place(toolbar) {
    const body = this.#active.querySelector(".message-body");
    body.append(toolbar);
    const card = boxOf(body.querySelector(".message-card"));
    const [pane, around, tools] = [this.pane, body, toolbar].map(boxOf);
    const room = Math.max(around.left - pane.left, pane.right - around.right);
    const isBeside = room > tools.width + CLEARANCE_PX;
    toolbar.classList.toggle("is-beside", isBeside);
    const top = isBeside ? nextTo(card, pane, tools) : aboveOrBelow(card, pane, tools);
    toolbar.style.insetBlockStart = `${top - around.top}px`;
  }

  #remove() {
    this.#active?.querySelector(".message-tools")?.remove();
    this.#active = null;
  }

  #toolbar(message, element) {
    return h(
      "div",
      { className: "message-tools", role: "toolbar", ariaLabel: messageActionsText },
      ...this.#offered(message, element).map(({ icon, text, act }) => iconButton(icon, text, act)),
    );
  }

  #focused(target) {
    const element = target.closest(MESSAGE);
    if (!element) return;
    this.#setTabStop(element);
    this.#enter(element);
  }

  #blurred(to) {
    if (!this.pane.contains(to)) this.#remove();
  }

  #setTabStop(element) {
    if (this.#tabStop === element) return;
    this.#tabStop?.removeAttribute("tabindex");
    this.#tabStop = element;
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
