// Every word that JavaScript shows, in the page's language, and how names and times are put.
// The catalogue (words/LANGUAGE.js) is a script that the page loads before its modules.

import { ErrorCode, ServerFrame } from "./protocol.js";

const { gettext, interpolate, ngettext } = globalThis.django;
const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "full" });
const short = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const date = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });
const names = new Intl.ListFormat(language, { type: "conjunction" });
const numbers = new Intl.NumberFormat(language);
const percents = new Intl.NumberFormat(language, { style: "percent" });

// What people are called may run the other way than the sentence it stands in:
// first-strong isolate and pop directional isolate (Unicode Standard Annex 9).
const isolated = (text) => `\u2068${text}\u2069`;

const filled = (format, values) => interpolate(format, values, true);

const sentences = (...texts) => texts.filter(Boolean).join(" ");

export const number = (value) => numbers.format(value);
export const timeOf = (at) => clock.format(at);
export const exactTimeOf = (at) => exact.format(at);

const DAY = 86_400_000;
const todayText = gettext("Today");
const yesterdayText = gettext("Yesterday");

export const dayOf = (at, now = Date.now()) => {
  const that = new Date(at).toDateString();
  if (that === new Date(now).toDateString()) return todayText;
  return that === new Date(now - DAY).toDateString() ? yesterdayText : day.format(at);
};

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
  seen: gettext("Seen"),
  failed: gettext("Not sent."),
};

export const retryText = gettext("Try again");
export const youText = gettext("You");
export const newMessagesText = gettext("New messages");
export const latestText = gettext("Jump to the latest message");
export const olderText = gettext("Load older messages");
export const notLoadedText = gettext("The messages could not be loaded.");
export const beginningHint = gettext("Say hello!");

export const beginningText = (kind) =>
  kind === "direct"
    ? gettext("This is where your conversation begins.")
    : gettext("This is where the group begins.");

export const newCountText = (count) =>
  filled(
    ngettext(
      "%(count)s new message: jump to the latest",
      "%(count)s new messages: jump to the latest",
      count,
    ),
    { count: number(count) },
  );

export const seenByText = (count) =>
  filled(ngettext("Seen by %(count)s", "Seen by %(count)s", count), { count: number(count) });

export const lengthText = (length, most) =>
  filled(gettext("%(length)s of %(most)s characters"), {
    length: number(length),
    most: number(most),
  });

export const tooLongText = (most) =>
  filled(
    ngettext(
      "A message can have %(count)s character at most.",
      "A message can have %(count)s characters at most.",
      most,
    ),
    { count: number(most) },
  );

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

// A group may have a thousand members, and its head is drawn with each message: once is enough,
// and nobody reads them all.
const NAMED = 20;
const listed = new WeakMap();

const listOf = (people) => {
  const list = names.format(people.slice(0, NAMED).map((person) => isolated(person.name)));
  const more = people.length - NAMED;
  if (more <= 0) return list;
  return filled(ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more), {
    names: list,
    count: number(more),
  });
};

export const namesText = (people) => {
  if (!listed.has(people)) listed.set(people, listOf(people));
  return listed.get(people);
};

export const membersText = (conversation, me) =>
  conversation.kind === "direct"
    ? `@${conversation.members.find((person) => person.id !== me)?.username ?? ""}`
    : namesText(conversation.members);

export const unreadLabel = (count) =>
  filled(ngettext("%(count)s unread message", "%(count)s unread messages", count), {
    count: number(count),
  });

export const announcement = (event) =>
  filled(gettext("%(name)s: %(text)s"), {
    name: isolated(event.actor.name),
    text: isolated(gistOf(event)),
  });

// Before what somebody said last, in the list of conversations.
export const speakerText = ({ id, name }, me) =>
  filled(gettext("%(name)s:"), { name: isolated(id === me ? youText : name) });

export const removedText = gettext("This message was removed.");
export const editedText = gettext("edited");
export const editedAtText = (at) => filled(gettext("Edited %(when)s"), { when: exactTimeOf(at) });
export const answersText = gettext("In reply to:");
export const messageActsText = gettext("Actions for this message");
export const reactText = gettext("React");
export const replyText = gettext("Reply");
export const editText = gettext("Edit");
export const removeText = gettext("Remove");
export const copyTextText = gettext("Copy text");
export const editingText = gettext("Editing your message");
export const removeAskText = gettext(
  "What it says will be gone for everybody in this conversation. This cannot be undone.",
);
export const tooFarText = gettext("That message is too far back.");

export const replyingText = (person) =>
  filled(gettext("Replying to %(name)s"), { name: isolated(person.name) });

export const mentionText = (event) =>
  filled(gettext("%(name)s mentioned you: %(text)s"), {
    name: isolated(event.actor.name),
    text: isolated(gistOf(event)),
  });

export const mentionedLabel = (count) =>
  filled(ngettext("%(count)s message mentions you", "%(count)s messages mention you", count), {
    count: number(count),
  });

// `others` are so many more people than those whose names are known.
export const reactionText = (emoji, people, others) => {
  const more = filled(ngettext("%(count)s other", "%(count)s others", others), {
    count: number(others),
  });
  const all = [...people.map(isolated), ...(others > 0 ? [more] : [])];
  return filled(gettext("%(emoji)s: %(names)s"), { emoji, names: names.format(all) });
};

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
  mention: gettext("Mention"),
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
      "All messages and files of this conversation with %(name)s will be deleted, for both of " +
        "you. This cannot be undone.",
    ),
    { name: isolated(name) },
  );

export const deleteGroupText = (title, members) =>
  filled(
    ngettext(
      "The group %(title)s with all of its messages and files will be deleted, for %(count)s " +
        "member. This cannot be undone.",
      "The group %(title)s with all of its messages and files will be deleted, for all " +
        "%(count)s members. This cannot be undone.",
      members,
    ),
    { title: isolated(title), count: number(members) },
  );

export const deletedText = (title) =>
  filled(gettext("%(title)s was deleted."), { title: isolated(title) });

export const notDeletedText = (title, error) =>
  sentences(
    filled(gettext("%(title)s could not be deleted."), { title: isolated(title) }),
    errorText(error),
  );

export const goneText = (title, by) =>
  by
    ? filled(gettext("%(name)s deleted %(title)s."), {
        name: isolated(by.name),
        title: isolated(title),
      })
    : filled(gettext("%(title)s is no longer there."), { title: isolated(title) });

const units = ["byte", "kilobyte", "megabyte", "gigabyte"].map(
  (unit) =>
    new Intl.NumberFormat(language, {
      style: "unit",
      unit,
      unitDisplay: unit === "byte" ? "long" : "short",
      maximumSignificantDigits: 3,
    }),
);

export const sizeText = (bytes) => {
  const power = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)), 3);
  return units[power].format(bytes / 1024 ** power);
};

export const pictureText = ({ name }) =>
  filled(gettext("Picture %(name)s"), { name: isolated(name) });

export const downloadText = ({ name }) =>
  filled(gettext("Download %(name)s"), { name: isolated(name) });

const gistOfFile = ({ name, width }) =>
  width ? gettext("Picture") : filled(gettext("File: %(name)s"), { name: isolated(name) });

// A message by its text or, if it has none, by its files.
export const gistOf = ({ text, removed, files = [] }) => {
  if (removed || text || !files.length) return text;
  if (files.length === 1) return gistOfFile(files[0]);
  return filled(ngettext("%(count)s file", "%(count)s files", files.length), {
    count: number(files.length),
  });
};

export const cancelUploadText = (name) =>
  filled(gettext("Remove %(name)s"), { name: isolated(name) });

export const retryUploadText = (name) =>
  filled(gettext("Upload %(name)s again"), { name: isolated(name) });

export const uploadingText = (name, percent) =>
  filled(gettext("Uploading %(name)s: %(percent)s"), {
    name: isolated(name),
    percent: percents.format(percent),
  });

export const uploadedText = (name) =>
  filled(gettext("%(name)s is ready to be sent."), { name: isolated(name) });

export const notUploadedText = (name, error) =>
  `${filled(gettext("%(name)s was not uploaded."), { name: isolated(name) })} ${errorText(error)}`;

export const fileTooLargeText = (name, limit) =>
  filled(gettext("%(name)s is too large: a file may have at most %(limit)s."), {
    name: isolated(name),
    limit: sizeText(limit),
  });

export const emptyFileText = (name) =>
  filled(gettext("%(name)s is empty."), { name: isolated(name) });

export const tooManyFilesText = (most) =>
  filled(
    ngettext(
      "A message may have at most %(count)s file.",
      "A message may have at most %(count)s files.",
      most,
    ),
    { count: number(most) },
  );

export const stillUploadingText = gettext("Please wait until the files are uploaded.");
export const unfinishedUploadText = gettext("Upload the files again, or remove them, to send.");

export const foundText = (count) =>
  count
    ? filled(ngettext("%(count)s result", "%(count)s results", count), { count: number(count) })
    : gettext("Nothing was found.");

// What the API's codes mean to somebody who reads no API.
const refusals = {
  [ErrorCode.FORBIDDEN]: gettext("You may not do that."),
  [ErrorCode.NOT_A_MEMBER]: gettext("You are not in this conversation any more."),
  [ErrorCode.BLOCKED]: gettext("You have blocked this person. Unblock them first."),
  [ErrorCode.NOT_FOUND]: gettext("It is not there any more."),
  [ErrorCode.TOO_LONG]: gettext("That is too long."),
  [ErrorCode.TOO_MANY]: gettext("There are too many of them already."),
  [ErrorCode.FILE_TOO_LARGE]: gettext("The file is too large."),
  [ErrorCode.FILE_TYPE]: gettext(
    "Files of this type are not taken, or the file is not what its name says.",
  ),
  [ErrorCode.DAILY_LIMIT]: gettext("You have uploaded as much as you may in one day."),
  [ErrorCode.NO_ROOM]: gettext("The server has no room left for files."),
  [ErrorCode.INVALID]: gettext("Something about it is not valid."),
  [ErrorCode.BLANK]: gettext("There is nothing to read in it."),
  [ErrorCode.CONTROL_CHARACTERS]: gettext("It holds invisible control characters."),
  [ErrorCode.TEXT_DIRECTION]: gettext(
    "It holds invisible characters that turn the reading direction round.",
  ),
  [ErrorCode.TOO_MANY_MARKS]: gettext("A character in it has too many marks."),
  [ErrorCode.UNAVAILABLE]: gettext("The server is busy. Please try again."),
};

export const refusalText = (code) =>
  refusals[code] ?? gettext("That did not work. Please try again.");

// `error` is what a request of http.js failed with; without a status nothing was reached.
export const errorText = ({ status, code }) => {
  if (!status) return gettext("The server cannot be reached. Please try again.");
  return refusalText(code);
};

export const unsentText = gettext("What you were writing there was not sent.");

// What happened to a group, as a small line among its messages.
export const noticeText = (event) => {
  const name = isolated(event.actor.name);
  const person = isolated(event.person?.name ?? "");
  switch (event.type) {
    case ServerFrame.RENAMED:
      return filled(gettext("%(name)s renamed the group to %(title)s"), {
        name,
        title: isolated(event.title),
      });
    case ServerFrame.JOINED:
      return filled(gettext("%(name)s added %(person)s"), { name, person });
    case ServerFrame.LEFT:
      return event.actor.id === event.person.id
        ? filled(gettext("%(person)s left the group"), { person })
        : filled(gettext("%(name)s removed %(person)s from the group"), { name, person });
    default:
      return filled(gettext("The group is now owned by %(person)s"), { person });
  }
};

export const removedFromText = (title, by) =>
  filled(gettext("%(name)s removed you from %(title)s."), {
    name: isolated(by.name),
    title: isolated(title),
  });

export const addText = gettext("Add people");
export const startText = gettext("Start");
export const newConversationText = gettext("New conversation");
export const renameText = gettext("Rename");
export const saveText = gettext("Save");
export const makeOwnerText = gettext("Make owner");
export const makeOwnerLabel = (person) =>
  filled(gettext("Make %(name)s the owner"), { name: isolated(person.name) });
export const removeMemberText = gettext("Remove");
export const removeLabel = (person) =>
  filled(gettext("Remove %(name)s from the group"), { name: isolated(person.name) });

export const confirmRemoveText = (person, title) =>
  filled(
    gettext("%(name)s will no longer see the group %(title)s. Their messages stay for the others."),
    { name: isolated(person.name), title: isolated(title) },
  );

export const confirmOwnerText = (person, title) =>
  filled(
    gettext(
      "%(name)s will own the group %(title)s: they alone can then remove people, hand it over " +
        "and delete it.",
    ),
    { name: isolated(person.name), title: isolated(title) },
  );

export const leaveText = gettext("Leave the group");

// An owner leaves the group to whoever has been in it longest.
export const confirmLeaveText = (title, { heir, isLast }) => {
  const values = { title: isolated(title), name: isolated(heir?.name ?? "") };
  if (isLast) {
    return filled(
      gettext(
        "Nobody else is in the group %(title)s: it will be deleted with all of its messages and " +
          "files. This cannot be undone.",
      ),
      values,
    );
  }
  return sentences(
    filled(gettext("You will no longer see the group %(title)s. Your messages stay."), values),
    heir ? filled(gettext("It will be owned by %(name)s."), values) : "",
  );
};

export const leftText = (title) =>
  filled(gettext("You left %(title)s."), { title: isolated(title) });

export const clearText = gettext("Clear for me");

export const confirmClearText = (title) =>
  filled(
    gettext(
      "All messages in %(title)s will disappear for you, on all of your devices. The others keep " +
        "them. This cannot be undone.",
    ),
    { title: isolated(title) },
  );

export const clearedText = (title) =>
  filled(gettext("%(title)s was cleared for you."), { title: isolated(title) });

export const blockText = gettext("Block");
export const unblockText = gettext("Unblock");

export const confirmBlockText = (person) =>
  filled(
    gettext(
      "%(name)s can no longer write to you directly, and neither of you sees whether the other " +
        "is here or typing. They are not told. In groups you still see each other’s messages.",
    ),
    { name: isolated(person.name) },
  );

export const blockedToast = (person) =>
  filled(gettext("You have blocked %(name)s."), { name: isolated(person.name) });

export const unblockedToast = (person) =>
  filled(gettext("You no longer block %(name)s."), { name: isolated(person.name) });

export const blockedNote = (person) =>
  filled(gettext("You have blocked %(name)s. Nothing they write reaches you."), {
    name: isolated(person.name),
  });

export const isBlockedText = gettext("Blocked by you");
export const nobodyBlockedText = gettext("You block nobody.");

export const deviceText = ({ browser, system }) => {
  const values = { browser: isolated(browser), system: isolated(system) };
  if (browser && system) return filled(gettext("%(browser)s on %(system)s"), values);
  return browser || system || gettext("Unknown device");
};

export const deviceTimes = ({ signed_in: since, last_used: used, current }) =>
  filled(
    current
      ? gettext("This device, signed in on %(since)s")
      : gettext("Last used %(used)s, signed in on %(since)s"),
    { since: date.format(since), used: moment.format(used) },
  );

export const endText = gettext("Sign out");
export const endLabel = (device) =>
  filled(gettext("Sign out on %(device)s"), { device: isolated(deviceText(device)) });
export const endedText = (device) =>
  filled(gettext("Signed out on %(device)s."), { device: isolated(deviceText(device)) });
export const othersEndedText = gettext("You are signed out everywhere else.");

export const profileSavedText = gettext("Your profile is saved.");
export const passwordsDifferText = gettext("The two new passwords differ.");
export const passwordChangedText = gettext(
  "Your password is changed. You are signed out everywhere else.",
);
