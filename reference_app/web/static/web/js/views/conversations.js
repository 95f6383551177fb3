// The list of conversations, the latest first.

import { $, avatar, h } from "../dom.js";
import { titleOf, unreadLabel, whenOf } from "../words.js";

const latest = (a, b) => (b.last_message?.at ?? 0) - (a.last_message?.at ?? 0) || b.id - a.id;

const other = (conversation, me) =>
  conversation.kind === "group"
    ? { id: conversation.id, name: conversation.title }
    : (conversation.members.find((person) => person.id !== me) ?? conversation.members[0]);

const entry = (conversation, { me, open }, choose) => {
  const { last_message: last, unread } = conversation;
  const count = unread ? h("span", { className: "unread" }, String(unread)) : null;
  count?.setAttribute("aria-label", unreadLabel(unread));
  const button = h(
    "button",
    { className: "entry", type: "button", onclick: () => choose(conversation.id) },
    avatar(other(conversation, me)),
    h(
      "span",
      { className: "entry-text" },
      h(
        "span",
        { className: "entry-top" },
        h("bdi", { className: "entry-name" }, titleOf(conversation, me)),
        h("time", { className: "entry-time" }, last ? whenOf(last.at) : ""),
      ),
      h(
        "span",
        { className: "entry-bottom" },
        h("span", { className: "entry-last", dir: "auto" }, last?.text ?? ""),
        count ?? "",
      ),
    ),
  );
  if (conversation.id === open) button.setAttribute("aria-current", "true");
  return h("li", { dataset: { id: String(conversation.id) } }, button);
};

export const showConversations = (state, choose) => {
  const list = $("conversations");
  const focused = document.activeElement?.closest?.("#conversations li")?.dataset.id;
  const all = Object.values(state.conversations).sort(latest);
  list.replaceChildren(...all.map((conversation) => entry(conversation, state, choose)));
  if (focused) list.querySelector(`li[data-id="${focused}"] button`)?.focus();
  $("no-conversations").hidden = all.length > 0;
};
