// Builds the rows of the list of messages, in order: messages, days, the beginning of the unread
// messages, and the row at the top. A message that has not changed keeps the same row object, so
// that a list of thousands can be compared by identity.

import { estimateHeight } from "./attachment-sizes.js";
import { isNotice } from "./notices.js";

// Messages of one sender, each within this time of the one before, form a series with one name.
const SERIES_WITHIN_MS = 5 * 60 * 1000;
// How many characters a line has, in the estimate of a height.
const LINE_CHARACTERS = 60;

const dayOf = (at) => new Date(at).setHours(0, 0, 0, 0);

// Returns the key of a row. Two senders may choose the same id, one sender does not. Notices have
// no id.
export const keyOf = (message, me) =>
  isNotice(message)
    ? `notice.${message.epoch}.${message.seq}`
    : `${message.actor?.id ?? me}.${message.client_id}`;

const linesOf = (text) => {
  let lines = 0;
  for (const line of text.split("\n")) {
    lines += Math.max(1, Math.ceil(line.length / LINE_CHARACTERS));
  }
  return lines;
};

// Estimates the height in pixels of a row that has never been shown.
export const guessHeight = (row) => {
  if (row.kind !== "message") return 56;
  return (row.startsSeries ? 48 : 20) + 24 * row.lines + estimateHeight(row.message.files);
};

export class Rows {
  #made = new WeakMap();
  #top = null;

  constructor(me) {
    this.me = me;
  }

  // Returns the rows. `waiting`: the messages in the outbox. `more`: there are older messages.
  // `unreadAfter`: messages of other people after this seq are unread, if it is not null.
  of({ messages, waiting = [], more = false, loading = "", unreadAfter = null }) {
    const isEmpty = !messages.length && !waiting.length;
    const rows = [this.#topOf({ kind: more ? "older" : "start", loading, isEmpty })];
    // If older messages are not loaded, the unread messages may begin among those.
    let isNew = unreadAfter === null || (more && !(messages[0]?.seq <= unreadAfter));
    let before = null;
    for (const message of messages) {
      const begins = !isNew && message.seq > unreadAfter && this.#isOthers(message);
      isNew ||= begins;
      this.#add(rows, message, before, begins);
      before = message;
    }
    for (const message of waiting) {
      this.#add(rows, message, before, false);
      before = message;
    }
    return rows;
  }

  #topOf({ kind, loading, isEmpty }) {
    const top = this.#top;
    if (top?.kind !== kind || top.loading !== loading || top.isEmpty !== isEmpty) {
      this.#top = { key: "top", kind, loading, isEmpty, isAnchor: false };
    }
    return this.#top;
  }

  #add(rows, message, before, begins) {
    let made = this.#made.get(message);
    if (made?.before !== before || made.begins !== begins) {
      made = { before, begins, rows: this.#rowsOf(message, before, begins) };
      this.#made.set(message, made);
    }
    rows.push(...made.rows);
  }

  #rowsOf(message, before, begins) {
    const key = keyOf(message, this.me);
    const isNewDay = !before || dayOf(before.at) !== dayOf(message.at);
    const rows = [];
    if (isNewDay) rows.push({ key: `day.${key}`, kind: "day", at: message.at, isAnchor: false });
    if (begins) rows.push({ key: "unread", kind: "unread", isAnchor: false });
    if (isNotice(message)) {
      rows.push({ key, kind: "notice", isAnchor: true, message });
      return rows;
    }
    rows.push({
      key,
      kind: "message",
      isAnchor: true,
      message,
      mine: (message.actor?.id ?? this.me) === this.me,
      startsSeries: isNewDay || begins || !this.#continues(message, before),
      lines: linesOf(message.text),
    });
    return rows;
  }

  #isOthers(message) {
    return message.actor.id !== this.me && !isNotice(message);
  }

  // Returns whether a message continues the series of the one before it.
  #continues(message, before) {
    const sameSender = (message.actor?.id ?? this.me) === (before.actor?.id ?? this.me);
    return sameSender && !isNotice(before) && message.at - before.at < SERIES_WITHIN_MS;
  }
}
