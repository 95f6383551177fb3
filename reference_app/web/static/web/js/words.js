// Every word that JavaScript shows, in the page's language, and how names and times are put.
// The catalogue (words/LANGUAGE.js) is a script that the page loads before its modules.

import { ErrorCode } from "./protocol.js";

const { gettext, interpolate, ngettext } = globalThis.django;
const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "full" });
const short = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });
const names = new Intl.ListFormat(language, { type: "conjunction" });
const numbers = new Intl.NumberFormat(language);

// What people are called may run the other way than the sentence it stands in:
// first-strong isolate and pop directional isolate (Unicode Standard Annex 9).
const isolated = (text) => `\u2068${text}\u2069`;

const filled = (format, values) => interpolate(format, values, true);

export const number = (value) => numbers.format(value);
export const timeOf = (at) => clock.format(at);
export const dayOf = (at) => day.format(at);
export const exactTimeOf = (at) => exact.format(at);

export const whenOf = (at) =>
  new Date(at).toDateString() === new Date().toDateString() ? clock.format(at) : short.format(at);

// `shown` comes from transport/states.js.
export const connectionText = ({ state, due, isBlocked }, now) => {
  const seconds = number(Math.max(0, Math.ceil(((due ?? now) - now) / 1000)));
  return {
    connecting: gettext("Connecting…"),
    live: gettext("Live (WebSocket)"),
    polling: isBlocked ? gettext("Polling (WebSocket blocked)") : gettext("Polling every 2–5 s"),
    waiting: filled(gettext("Reconnecting in %(seconds)s s"), { seconds }),
    offline: gettext("Offline"),
  }[state];
};

export const blockedText = gettext(
  "The network lets no WebSocket through. New messages are asked for instead, and the page " +
    "goes on trying.",
);

export const lostText = gettext(
  "The connection is lost. What you write is kept, and sent when it is back.",
);

export const backText = gettext("The connection is back.");

export const statusText = {
  sending: gettext("Sending…"),
  sent: gettext("Sent"),
  failed: gettext("Not sent."),
};

export const retryText = gettext("Try again");

export const typingText = (people) => {
  if (!people.length) return "";
  if (people.length > 3) return gettext("Several people are typing…");
  const list = names.format(people.map((person) => isolated(person.name)));
  return people.length === 1
    ? filled(gettext("%(name)s is typing…"), { name: list })
    : filled(gettext("%(names)s are typing…"), { names: list });
};

export const titleOf = (conversation, me) =>
  conversation.title ||
  conversation.members.find((person) => person.id !== me)?.name ||
  gettext("Conversation");

export const membersText = (conversation, me) =>
  conversation.kind === "direct"
    ? `@${conversation.members.find((person) => person.id !== me)?.username ?? ""}`
    : names.format(conversation.members.map((person) => isolated(person.name)));

export const unreadLabel = (count) =>
  filled(ngettext("%(count)s unread message", "%(count)s unread messages", count), {
    count: number(count),
  });

export const announcement = (event) =>
  filled(gettext("%(name)s: %(text)s"), {
    name: isolated(event.actor.name),
    text: isolated(event.text),
  });

export const pageTitle = (title) =>
  title ? filled(gettext("%(title)s – Fawran"), { title }) : gettext("Fawran");

export const unreadPageTitle = (count, title) =>
  filled(gettext("(%(count)s) %(title)s"), { count: number(count), title });

export const notificationsRefused = gettext("The browser does not allow notifications here.");

export const dismissText = gettext("Dismiss");

export const toastKinds = {
  success: gettext("Success"),
  info: gettext("Notice"),
  warning: gettext("Warning"),
  error: gettext("Error"),
  message: gettext("Message"),
};

export const menuText = (person) =>
  filled(gettext("Actions for %(name)s"), { name: isolated(person.name) });

export const profileText = gettext("Profile");
export const directText = gettext("Private chat");
export const copyText = gettext("Copy details");
export const copiedText = gettext("Copied.");
export const notCopiedText = gettext("The browser does not allow copying.");
export const ownerText = gettext("Owner");
export const onlineText = gettext("Online");

export const presenceText = ({ online, last_seen: at }) => {
  if (online) return onlineText;
  if (!at) return gettext("Not seen yet");
  return filled(gettext("Last seen %(when)s"), { when: exactTimeOf(at) });
};

export const detailsOf = ({ person, about }) =>
  [person.name, `@${person.username}`, about].filter(Boolean).join("\n");

export const deleteText = gettext("Delete for good");

export const deleteDirectText = (name) =>
  filled(
    gettext(
      "All messages of this conversation with %(name)s will be deleted, for both of you. " +
        "This cannot be undone.",
    ),
    { name: isolated(name) },
  );

export const deleteGroupText = (title, members) =>
  filled(
    ngettext(
      "The group %(title)s and all of its messages will be deleted, for %(count)s member. " +
        "This cannot be undone.",
      "The group %(title)s and all of its messages will be deleted, for all %(count)s members. " +
        "This cannot be undone.",
      members,
    ),
    { title: isolated(title), count: number(members) },
  );

export const deletedText = (title) =>
  filled(gettext("%(title)s was deleted."), { title: isolated(title) });

export const notDeletedText = (title, error) =>
  `${filled(gettext("%(title)s could not be deleted."), { title: isolated(title) })} ${errorText(error)}`;

export const goneText = (title, by) =>
  by
    ? filled(gettext("%(name)s deleted %(title)s."), {
        name: isolated(by.name),
        title: isolated(title),
      })
    : filled(gettext("%(title)s is no longer there."), { title: isolated(title) });

// What the API's codes mean to somebody who reads no API.
const refusals = {
  [ErrorCode.FORBIDDEN]: gettext("You may not do that."),
  [ErrorCode.NOT_A_MEMBER]: gettext("You are not in this conversation any more."),
  [ErrorCode.NOT_FOUND]: gettext("It is not there any more."),
  [ErrorCode.TOO_LONG]: gettext("That is too long."),
  [ErrorCode.INVALID]: gettext("Something about it is not valid."),
  [ErrorCode.UNAVAILABLE]: gettext("The server is busy. Please try again."),
};

// `error` is what a request of http.js failed with; without a status nothing was reached.
export const errorText = ({ status, code }) => {
  if (!status) return gettext("The server cannot be reached. Please try again.");
  return refusals[code] ?? gettext("That did not work. Please try again.");
};
