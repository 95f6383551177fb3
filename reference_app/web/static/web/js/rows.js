// What the list of messages shows, in order: messages, days, where unread begins, and what
// lies at the top. A message that has not changed keeps its very row, so that a list of
// thousands is compared by identity.

import { isNotice } from "./notices.js";
import { heightOf } from "./pictures.js";

const TOGETHER = 5 * 60 * 1000;
const LINE = 60;

const dayOf = (at) => new Date(at).setHours(0, 0, 0, 0);

// Ids that senders choose may be chosen twice, but not by one sender. Notices have none.
export const keyOf = (message, me) =>
  isNotice(message) ? `notice.${message.epoch}.${message.seq}` : `${message.actor?.id ?? me}.${message.client_id}`;

const linesOf = (text) => {
  let lines = 0;
  for (const line of text.split("\n")) lines += Math.max(1, Math.ceil(line.length / LINE));
  return lines;
};

// A guess in pixels for what has never been shown.
export const guessHeight = (row) => {
  if (row.kind !== "message") return 56;
  return (row.opens ? 48 : 20) + 24 * row.lines + heightOf(row.message.files);
};

export class Rows {
  #made = new WeakMap();
  #top = null;

  constructor(me) {
    this.me = me;
  }

  // `waiting` are messages on their way; `more` says that there are older ones; messages of
  // others after the seq `unreadAfter` are new to the reader, if it is not null.
  of({ messages, waiting = [], more = false, loading = "", unreadAfter = null }) {
    const isEmpty = !messages.length && !waiting.length;
    const rows = [this.#topOf({ kind: more ? "older" : "start", loading, isEmpty })];
    // With older messages missing, what is new may begin among those.
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
      this.#top = { key: "top", kind, loading, isEmpty, holds: false };
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
    if (isNewDay) rows.push({ key: `day.${key}`, kind: "day", at: message.at, holds: false });
    if (begins) rows.push({ key: "unread", kind: "unread", holds: false });
    if (isNotice(message)) {
      rows.push({ key, kind: "notice", holds: true, message });
      return rows;
    }
    rows.push({
      key,
      kind: "message",
      holds: true,
      message,
      mine: (message.actor?.id ?? this.me) === this.me,
      opens: isNewDay || begins || !this.#continues(message, before),
      lines: linesOf(message.text),
    });
    return rows;
  }

  #isOthers(message) {
    return message.actor.id !== this.me && !isNotice(message);
  }

  // Whether a message goes on where the one before it ended.
  #continues(message, before) {
    const sameSender = (message.actor?.id ?? this.me) === (before.actor?.id ?? this.me);
    return sameSender && !isNotice(before) && message.at - before.at < TOGETHER;
  }
}
