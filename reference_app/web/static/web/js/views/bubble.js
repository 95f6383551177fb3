// One message: who says it, what, when, and how far it has come.
//
// What a message is made of stands in PARTS, in the order in which it is shown. A part is a
// function of the message and of what the page can do; it returns an element, or null where the
// message has no such part. To show one more thing of a message, add one more part.

import { avatar, h, tint } from "../dom.js";
import {
  editText,
  editedAtText,
  editedText,
  exactTimeOf,
  refusalText,
  removedText,
  retryText,
  timeOf,
  youText,
} from "../words.js";
import { filesPart } from "./attachments.js";
import { mentionNodes, mentionedIn } from "./mentions.js";
import { quotePart } from "./quote.js";
import { reactionsPart } from "./reactions.js";
import { StateView } from "./state.js";
import { textView } from "./text.js";

const words = (message, { me, conversation }) => {
  if (message.removed) return h("div", { className: "bubble is-removed" }, removedText);
  if (!message.text) return null;
  const people = mentionedIn(message, conversation);
  return textView(message.text, (plain) => mentionNodes(plain, people, me));
};

// Within the bubble, around the text.
const PARTS = [quotePart, filesPart, words];

// Below the bubble.
const BELOW = [
  reactionsPart,
  (message, page) => (message.status === "failed" ? trouble(message, page) : null),
];

// Why it was not sent, and what can be done: to send it again, or to write it anew.
const trouble = (message, { retry, edit }) => {
  const act = (text, does) =>
    h(
      "button",
      { className: "btn btn-sm message-act", type: "button", onclick: () => does(message.client_id) },
      text,
    );
  return h(
    "div",
    { className: "message-trouble" },
    h("span", {}, refusalText(message.code)),
    act(retryText, retry),
    act(editText, edit),
  );
};

const made = (parts, message, page) => parts.map((part) => part(message, page)).filter(Boolean);

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

// A name is shown where somebody begins to speak, and read out with each message.
const sender = ({ message, mine, opens }, { isGroup, showProfile }) => {
  if (mine) return h("span", { className: "visually-hidden" }, youText);
  const { actor } = message;
  const name = h("bdi", {}, actor.name);
  if (!opens || !isGroup) return h("span", { className: "visually-hidden" }, name);
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

// Room for it is kept beside the messages that follow.
const face = ({ message, mine, opens }, { isGroup }) => {
  if (mine || !isGroup) return null;
  const shown = opens ? [avatar(message.actor)] : [];
  return h("span", { className: "message-face", dataset: { person: message.actor.id } }, ...shown);
};

// While a message is on its way only its status changes: nothing of it is built anew.
const isStillWaiting = (before, { message, opens }) =>
  !message.seq && message.text === before.message.text && opens === before.opens;

export class Bubble {
  #page;
  #row = null;
  #state = null;
  #below = h("div", { className: "message-below" });

  // `page` is what the page knows and can do: isGroup, retry, edit, showProfile, seenBy.
  constructor(row, page) {
    this.#page = page;
    this.element = h("li", { className: "message", dataset: { key: row.key } });
    this.show(row);
  }

  show(row) {
    const before = this.#row;
    this.#row = row;
    const { message, mine, opens } = row;
    this.element.dataset.seq = String(message.seq ?? "");
    this.element.classList.toggle("is-mine", mine);
    this.element.classList.toggle("opens", opens);
    this.element.classList.toggle("is-sending", message.status === "sending");
    this.element.classList.toggle("is-failed", message.status === "failed");
    if (!before || !isStillWaiting(before, row)) this.#build();
    this.#below.replaceChildren(...made(BELOW, message, this.#page));
    this.mark();
  }

  #build() {
    const { message, mine } = this.#row;
    this.#state = mine ? new StateView() : null;
    const state = this.#state?.element ?? null;
    const foot = h("span", { className: "message-foot" }, edited(message), time(message), state);
    const card = h("div", { className: "message-card" }, ...made(PARTS, message, this.#page), foot);
    const body = h("div", { className: "message-body" }, sender(this.#row, this.#page), card, this.#below);
    this.element.replaceChildren(...[face(this.#row, this.#page), body].filter(Boolean));
  }

  // How many have seen it changes more often than anything else of it.
  mark() {
    if (!this.#state) return;
    const { message } = this.#row;
    const seen = message.seq ? this.#page.seenBy(message.seq) : 0;
    this.#state.show(message, { seen, isGroup: this.#page.isGroup });
  }
}
