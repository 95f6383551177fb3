// The open conversation: what was said, what is on its way, and where the reader is in it.

import { $, h } from "../dom.js";
import { dayOf, exactTimeOf, retryText, statusText, timeOf } from "../words.js";

const NEAR = 120;

const foot = (message, retry) => {
  const time = h("time", { dateTime: new Date(message.at).toISOString() }, timeOf(message.at));
  time.title = exactTimeOf(message.at);
  const status = message.status ? h("span", {}, statusText[message.status]) : null;
  const again =
    message.status === "failed"
      ? h(
          "button",
          { className: "retry", type: "button", onclick: () => retry(message.client_id) },
          retryText,
        )
      : null;
  return h("span", { className: "message-foot" }, time, status, again);
};

const sender = (person, showProfile) =>
  h(
    "button",
    {
      className: "message-sender",
      type: "button",
      dataset: { person: person.id },
      onclick: () => showProfile(person),
    },
    h("bdi", {}, person.name),
  );

const bubble = (message, { mine, named, retry, showProfile }) => {
  const element = h(
    "li",
    { className: "message", dataset: { seq: String(message.seq ?? "") } },
    named ? sender(message.actor, showProfile) : null,
    h("div", { className: "bubble", dir: "auto" }, message.text),
    foot(message, retry),
  );
  element.classList.toggle("is-mine", mine);
  element.classList.toggle("is-failed", message.status === "failed");
  return element;
};

const rows = (messages, waiting, me, acts) => {
  const built = [];
  let before = null;
  for (const message of [...messages, ...waiting]) {
    const day = dayOf(message.at);
    if (!before || dayOf(before.at) !== day) built.push(h("li", { className: "day" }, day));
    const mine = !message.actor || message.actor.id === me;
    const named = !mine && before?.actor?.id !== message.actor.id;
    built.push(bubble(message, { mine, named, ...acts }));
    before = message;
  }
  return built;
};

export class MessagesView {
  #shown = null;
  #first = null;
  #seen = null;

  constructor({ retry, showProfile, loadOlder }) {
    this.acts = { retry, showProfile };
    this.loadOlder = loadOlder;
    $("older").onclick = () => this.loadOlder();
    $("messages").onscroll = ({ target }) => {
      if (target.scrollTop < NEAR && !$("older").hidden) this.loadOlder();
    };
  }

  show(state) {
    const loaded = state.messages[state.open];
    const waiting = state.outbox.filter((message) => message.conversation === state.open);
    if (this.#seen && this.#seen.loaded === loaded && same(this.#seen.waiting, waiting)) return;
    this.#seen = { loaded, waiting };
    const pane = $("messages");
    const first = loaded?.items[0]?.seq ?? null;
    const fromBottom = pane.scrollHeight - pane.scrollTop;
    const atBottom = fromBottom - pane.clientHeight < NEAR || this.#shown !== state.open;
    $("message-list").replaceChildren(...rows(loaded?.items ?? [], waiting, state.me, this.acts));
    $("older").hidden = !loaded?.more;
    // Older messages come in above: what is being read stays where it is.
    if (atBottom) pane.scrollTop = pane.scrollHeight;
    else if (first !== this.#first) pane.scrollTop = pane.scrollHeight - fromBottom;
    this.#shown = state.open;
    this.#first = first;
  }
}

const same = (a, b) => a.length === b.length && a.every((one, index) => one === b[index]);
