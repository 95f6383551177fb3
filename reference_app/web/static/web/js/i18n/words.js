// Contains every text that JavaScript shows, in the page's language.
// The catalogue (words/LANGUAGE.js) is a script that the page loads before its modules.

import { ErrorCode, ServerFrame } from "../protocol.js";
import {
  dateOf,
  dateTimeOf,
  exactTimeOf,
  fill,
  isolate,
  joinSentences,
  listOf,
  number,
  percent,
  sizeText,
} from "./format.js";

const { gettext, ngettext } = globalThis.django;

// The first argument comes from `statusOf` in transport/states.js.
export const connectionText = ({ state, due, isBlocked }, now) => {
  const seconds = number(Math.max(0, Math.ceil(((due ?? now) - now) / 1000)));
  return {
    connecting: gettext("Connecting…"),
    live: gettext("Live (WebSocket)"),
    polling: isBlocked ? gettext("Polling (WebSocket blocked)") : gettext("Polling every 2–5 s"),
    waiting: fill(gettext("Reconnecting in %(seconds)s s"), { seconds }),
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
  fill(
    ngettext(
      "%(count)s new message: jump to the latest",
      "%(count)s new messages: jump to the latest",
      count,
    ),
    { count: number(count) },
  );

export const seenByText = (count) =>
  fill(ngettext("Seen by %(count)s", "Seen by %(count)s", count), { count: number(count) });

export const lengthText = (length, most) =>
  fill(gettext("%(length)s of %(most)s characters"), {
    length: number(length),
    most: number(most),
  });

export const tooLongText = (most) =>
  fill(
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
  const list = listOf(people.map((person) => isolate(person.name)));
  return people.length === 1
    ? fill(gettext("%(name)s is typing…"), { name: list })
    : fill(gettext("%(names)s are typing…"), { names: list });
};

export const titleOf = (conversation, me) =>
  conversation.title ||
  conversation.members.find((person) => person.id !== me)?.name ||
  gettext("Conversation");

// A group may have a thousand members, and its head is rendered with each message. So the text
// names the first of them only, and is cached for each list of people.
const MAX_NAMES = 20;
const cachedNames = new WeakMap();

const makeNamesText = (people) => {
  const list = listOf(people.slice(0, MAX_NAMES).map((person) => isolate(person.name)));
  const more = people.length - MAX_NAMES;
  if (more <= 0) return list;
  return fill(ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more), {
    names: list,
    count: number(more),
  });
};

export const namesText = (people) => {
  if (!cachedNames.has(people)) cachedNames.set(people, makeNamesText(people));
  return cachedNames.get(people);
};

export const membersText = (conversation, me) =>
  conversation.kind === "direct"
    ? `@${conversation.members.find((person) => person.id !== me)?.username ?? ""}`
    : namesText(conversation.members);

export const unreadLabel = (count) =>
  fill(ngettext("%(count)s unread message", "%(count)s unread messages", count), {
    count: number(count),
  });

export const announcement = (event) =>
  fill(gettext("%(name)s: %(text)s"), {
    name: isolate(event.actor.name),
    text: isolate(summaryOf(event)),
  });

// The name before the last message, in the list of conversations.
export const speakerText = ({ id, name }, me) =>
  fill(gettext("%(name)s:"), { name: isolate(id === me ? youText : name) });

export const removedText = gettext("This message was removed.");
export const editedText = gettext("edited");
export const editedAtText = (at) => fill(gettext("Edited %(when)s"), { when: exactTimeOf(at) });
export const answersText = gettext("In reply to:");
export const messageActionsText = gettext("Actions for this message");
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
  fill(gettext("Replying to %(name)s"), { name: isolate(person.name) });

export const mentionText = (event) =>
  fill(gettext("%(name)s mentioned you: %(text)s"), {
    name: isolate(event.actor.name),
    text: isolate(summaryOf(event)),
  });

export const mentionedLabel = (count) =>
  fill(ngettext("%(count)s message mentions you", "%(count)s messages mention you", count), {
    count: number(count),
  });

// `others`: the number of people whose names the page does not know.
export const reactionText = (emoji, people, others) => {
  const more = fill(ngettext("%(count)s other", "%(count)s others", others), {
    count: number(others),
  });
  const all = [...people.map(isolate), ...(others > 0 ? [more] : [])];
  return fill(gettext("%(emoji)s: %(names)s"), { emoji, names: listOf(all) });
};

export const pageTitle = (title) =>
  title ? fill(gettext("%(title)s – Fawran"), { title }) : gettext("Fawran");

export const unreadPageTitle = (count, title) =>
  fill(gettext("(%(count)s) %(title)s"), { count: number(count), title });

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
  fill(gettext("Actions for %(name)s"), { name: isolate(person.name) });

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
  return fill(gettext("Last seen %(when)s"), { when: exactTimeOf(at) });
};

export const detailsOf = ({ person, about }) =>
  [person.name, `@${person.username}`, about].filter(Boolean).join("\n");

export const deleteText = gettext("Delete for good");

export const deleteDirectText = (name) =>
  fill(
    gettext(
      "All messages and files of this conversation with %(name)s will be deleted, for both of " +
        "you. This cannot be undone.",
    ),
    { name: isolate(name) },
  );

export const deleteGroupText = (title, members) =>
  fill(
    ngettext(
      "The group %(title)s with all of its messages and files will be deleted, for %(count)s " +
        "member. This cannot be undone.",
      "The group %(title)s with all of its messages and files will be deleted, for all " +
        "%(count)s members. This cannot be undone.",
      members,
    ),
    { title: isolate(title), count: number(members) },
  );

export const deletedText = (title) =>
  fill(gettext("%(title)s was deleted."), { title: isolate(title) });

export const notDeletedText = (title, error) =>
  joinSentences(
    fill(gettext("%(title)s could not be deleted."), { title: isolate(title) }),
    errorText(error),
  );

export const goneText = (title, by) =>
  by
    ? fill(gettext("%(name)s deleted %(title)s."), {
        name: isolate(by.name),
        title: isolate(title),
      })
    : fill(gettext("%(title)s is no longer there."), { title: isolate(title) });

export const pictureText = ({ name }) =>
  fill(gettext("Picture %(name)s"), { name: isolate(name) });

export const downloadText = ({ name }) =>
  fill(gettext("Download %(name)s"), { name: isolate(name) });

const summaryOfFile = ({ name, width }) =>
  width ? gettext("Picture") : fill(gettext("File: %(name)s"), { name: isolate(name) });

// Returns the text of a message or, if it has none, a description of its files.
export const summaryOf = ({ text, removed, files = [] }) => {
  if (removed || text || !files.length) return text;
  if (files.length === 1) return summaryOfFile(files[0]);
  return fill(ngettext("%(count)s file", "%(count)s files", files.length), {
    count: number(files.length),
  });
};

export const cancelUploadText = (name) =>
  fill(gettext("Remove %(name)s"), { name: isolate(name) });

export const retryUploadText = (name) =>
  fill(gettext("Upload %(name)s again"), { name: isolate(name) });

export const uploadingText = (name, progress) =>
  fill(gettext("Uploading %(name)s: %(percent)s"), {
    name: isolate(name),
    percent: percent(progress),
  });

export const uploadedText = (name) =>
  fill(gettext("%(name)s is ready to be sent."), { name: isolate(name) });

export const notUploadedText = (name, error) =>
  `${fill(gettext("%(name)s was not uploaded."), { name: isolate(name) })} ${errorText(error)}`;

export const fileTooLargeText = (name, limit) =>
  fill(gettext("%(name)s is too large: a file may have at most %(limit)s."), {
    name: isolate(name),
    limit: sizeText(limit),
  });

export const emptyFileText = (name) =>
  fill(gettext("%(name)s is empty."), { name: isolate(name) });

export const tooManyFilesText = (most) =>
  fill(
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
    ? fill(ngettext("%(count)s result", "%(count)s results", count), { count: number(count) })
    : gettext("Nothing was found.");

// The texts of the API's error codes.
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

// Takes the error of a request of http.js. It has no status if the server was not reached.
export const errorText = ({ status, code }) => {
  if (!status) return gettext("The server cannot be reached. Please try again.");
  return refusalText(code);
};

export const unsentText = gettext("What you were writing there was not sent.");

// Returns the text of a group notice, a small line among the messages.
export const noticeText = (event) => {
  const name = isolate(event.actor.name);
  const person = isolate(event.person?.name ?? "");
  switch (event.type) {
    case ServerFrame.RENAMED:
      return fill(gettext("%(name)s renamed the group to %(title)s"), {
        name,
        title: isolate(event.title),
      });
    case ServerFrame.JOINED:
      return fill(gettext("%(name)s added %(person)s"), { name, person });
    case ServerFrame.LEFT:
      return event.actor.id === event.person.id
        ? fill(gettext("%(person)s left the group"), { person })
        : fill(gettext("%(name)s removed %(person)s from the group"), { name, person });
    default:
      return fill(gettext("The group is now owned by %(person)s"), { person });
  }
};

export const removedFromText = (title, by) =>
  fill(gettext("%(name)s removed you from %(title)s."), {
    name: isolate(by.name),
    title: isolate(title),
  });

export const addText = gettext("Add people");
export const startText = gettext("Start");
export const newConversationText = gettext("New conversation");
export const renameText = gettext("Rename");
export const saveText = gettext("Save");
export const makeOwnerText = gettext("Make owner");
export const makeOwnerLabel = (person) =>
  fill(gettext("Make %(name)s the owner"), { name: isolate(person.name) });
export const removeMemberText = gettext("Remove");
export const removeLabel = (person) =>
  fill(gettext("Remove %(name)s from the group"), { name: isolate(person.name) });

export const confirmRemoveText = (person, title) =>
  fill(
    gettext("%(name)s will no longer see the group %(title)s. Their messages stay for the others."),
    { name: isolate(person.name), title: isolate(title) },
  );

export const confirmOwnerText = (person, title) =>
  fill(
    gettext(
      "%(name)s will own the group %(title)s: they alone can then remove people, hand it over " +
        "and delete it.",
    ),
    { name: isolate(person.name), title: isolate(title) },
  );

export const leaveText = gettext("Leave the group");

// `heir`: the member who becomes the owner, because they have been in the group longest.
export const confirmLeaveText = (title, { heir, isLast }) => {
  const values = { title: isolate(title), name: isolate(heir?.name ?? "") };
  if (isLast) {
    return fill(
      gettext(
        "Nobody else is in the group %(title)s: it will be deleted with all of its messages and " +
          "files. This cannot be undone.",
      ),
      values,
    );
  }
  return joinSentences(
    fill(gettext("You will no longer see the group %(title)s. Your messages stay."), values),
    heir ? fill(gettext("It will be owned by %(name)s."), values) : "",
  );
};

export const leftText = (title) =>
  fill(gettext("You left %(title)s."), { title: isolate(title) });

export const clearText = gettext("Clear for me");

export const confirmClearText = (title) =>
  fill(
    gettext(
      "All messages in %(title)s will disappear for you, on all of your devices. The others keep " +
        "them. This cannot be undone.",
    ),
    { title: isolate(title) },
  );

export const clearedText = (title) =>
  fill(gettext("%(title)s was cleared for you."), { title: isolate(title) });

export const blockText = gettext("Block");
export const unblockText = gettext("Unblock");

export const confirmBlockText = (person) =>
  fill(
    gettext(
      "%(name)s can no longer write to you directly, and neither of you sees whether the other " +
        "is here or typing. They are not told. In groups you still see each other’s messages.",
    ),
    { name: isolate(person.name) },
  );

export const blockedToast = (person) =>
  fill(gettext("You have blocked %(name)s."), { name: isolate(person.name) });

export const unblockedToast = (person) =>
  fill(gettext("You no longer block %(name)s."), { name: isolate(person.name) });

export const blockedBannerText = (person) =>
  fill(gettext("You have blocked %(name)s. Nothing they write reaches you."), {
    name: isolate(person.name),
  });

export const isBlockedText = gettext("Blocked by you");
export const nobodyBlockedText = gettext("You block nobody.");

export const deviceText = ({ browser, system }) => {
  const values = { browser: isolate(browser), system: isolate(system) };
  if (browser && system) return fill(gettext("%(browser)s on %(system)s"), values);
  return browser || system || gettext("Unknown device");
};

export const deviceTimes = ({ signed_in: since, last_used: used, current }) =>
  fill(
    current
      ? gettext("This device, signed in on %(since)s")
      : gettext("Last used %(used)s, signed in on %(since)s"),
    { since: dateOf(since), used: dateTimeOf(used) },
  );

export const endText = gettext("Sign out");
export const endLabel = (device) =>
  fill(gettext("Sign out on %(device)s"), { device: isolate(deviceText(device)) });
export const endedText = (device) =>
  fill(gettext("Signed out on %(device)s."), { device: isolate(deviceText(device)) });
export const othersEndedText = gettext("You are signed out everywhere else.");

export const profileSavedText = gettext("Your profile is saved.");
export const passwordsDifferText = gettext("The two new passwords differ.");
export const passwordChangedText = gettext(
  "Your password is changed. You are signed out everywhere else.",
);
