// Shows one message: its sender, content, time and delivery status.
//
// PARTS lists the parts of the content in the order in which they are shown. A part is a function
// of the message and of `page`; it returns an element, or null if the message has no such part. To
// show more of a message, add a part.

import { avatar, h, tint } from "../../browser/dom.js";
import { exactTimeOf, timeOf } from "../../i18n/format.js";
import {
  editText,
  editedAtText,
  editedText,
  refusalText,
  removedText,
  retryText,
  youText,
} from "../../i18n/words.js";
import { filesPart } from "./attachments.js";
import { DeliveryStatus } from "./delivery-status.js";
import { mentionNodes, mentionedIn } from "./mention-nodes.js";
import { quotePart } from "./quote.js";
import { reactionsPart } from "./reactions.js";
import { textView } from "./text.js";

const words = (message, { me, conversation }) => {
  if (message.removed) return h("div", { className: "bubble is-removed" }, removedText);
  if (!message.text) return null;
  const people = mentionedIn(message, conversation);
  return textView(message.text, (plain) => mentionNodes(plain, people, me));
};

// The parts inside the bubble.
const PARTS = [quotePart, filesPart, words];

// The parts below the bubble.
const PARTS_BELOW = [
  reactionsPart,
  (message, page) => (message.status === "failed" ? failure(message, page) : null),
];

// Shows why a message was not sent, with buttons to send it again or to edit it.
const failure = (message, { retry, edit }) => {
  const button = (text, act) =>
    h(
      "button",
      {
        className: "btn btn-sm message-act",
        type: "button",
        onclick: () => act(message.client_id),
      },
      text,
    );
  return h(
    "div",
    { className: "message-trouble" },
    h("span", {}, refusalText(message.code)),
    button(retryText, retry),
    button(editText, edit),
  );
};

const buildParts = (parts, message, page) =>
  parts.map((part) => part(message, page)).filter(Boolean);

const time = ({ at }) => {
  const exact = exactTimeOf(at);
  return h(
    "time",
    { dateTime: new Date(at).toISOString(), title: exact },
    h("span", { ariaHidden: "true" }, timeOf(at)),
    h("span", { className: "visually-hidden" }, exact),
  );
};

const edited = ({ edited_at: at }) =>
  at ? h("span", { className: "message-edited", title: editedAtText(at) }, editedText) : null;

// Shows the sender's name at the first message of a series. A screen reader reads it with each one.
const sender = ({ message, mine, startsSeries }, { isGroup, showProfile }) => {
  if (mine) return h("span", { className: "visually-hidden" }, youText);
  const { actor } = message;
  const name = h("bdi", {}, actor.name);
  if (!startsSeries || !isGroup) return h("span", { className: "visually-hidden" }, name);
  return tint(
    h(
      "button",
      {
        className: "message-sender",
        type: "button",
        dataset: { person: actor.id },
        onclick: () => showProfile(actor),
      },
      name,
    ),
    actor.id,
  );
};

// Shows the sender's avatar at the first message of a series; the others keep the space for it.
const face = ({ message, mine, startsSeries }, { isGroup }) => {
  if (mine || !isGroup) return null;
  const shown = startsSeries ? [avatar(message.actor)] : [];
  return h("span", { className: "message-face", dataset: { person: message.actor.id } }, ...shown);
};

// Returns whether a message is still unsent and unchanged. Then only its status is updated.
const isStillWaiting = (before, { message, startsSeries }) =>
  !message.seq && message.text === before.message.text && startsSeries === before.startsSeries;

export class Bubble {
  #page;
  #row = null;
  #status = null;
  #below = h("div", { className: "message-below" });

  // `page` has the context and the actions: isGroup, retry, edit, showProfile, seenBy.
  constructor(row, page) {
    this.#page = page;
    this.element = h("li", { className: "message", dataset: { key: row.key } });
    this.show(row);
  }

  show(row) {
    const before = this.#row;
    this.#row = row;
    const { message, mine, startsSeries } = row;
    this.element.dataset.seq = String(message.seq ?? "");
    this.element.classList.toggle("is-mine", mine);
    this.element.classList.toggle("opens", startsSeries);
    this.element.classList.toggle("is-sending", message.status === "sending");
    this.element.classList.toggle("is-failed", message.status === "failed");
    if (!before || !isStillWaiting(before, row)) this.#build();
    this.#below.replaceChildren(...buildParts(PARTS_BELOW, message, this.#page));
    this.refresh();
  }

  #build() {
    const { message, mine } = this.#row;
    this.#status = mine ? new DeliveryStatus() : null;
    const status = this.#status?.element ?? null;
    const foot = h("span", { className: "message-foot" }, edited(message), time(message), status);
    const page = this.#page;
    const card = h("div", { className: "message-card" }, ...buildParts(PARTS, message, page), foot);
    const name = sender(this.#row, page);
    const body = h("div", { className: "message-body" }, name, card, this.#below);
    this.element.replaceChildren(...[face(this.#row, page), body].filter(Boolean));
  }

  // Updates the delivery status alone: it changes more often than the rest.
  refresh() {
    if (!this.#status) return;
    const { message } = this.#row;
    const seen = message.seq ? this.#page.seenBy(message.seq) : 0;
    this.#status.show(message, { seen, isGroup: this.#page.isGroup });
  }
}
