// The open conversation: what was said, what is on its way, and where the reader is in it.

import { beginsAfresh } from "../cursor.js";
import { $ } from "../dom.js";
import { isNotice } from "../notices.js";
import { readersOf, seenCount } from "../reads.js";
import { Rows, guessHeight, keyOf } from "../rows.js";
import { Bubble } from "./bubble.js";
import { LatestButton } from "./latest.js";
import { DayMark, TopMark, UnreadMark } from "./marks.js";
import { NoticeMark } from "./notice.js";
import { Scroller } from "./scroller.js";
import { SeenNames } from "./seen.js";

// Older messages are asked for before the reader comes to where they lack.
const AHEAD = 1200;

const VIEWS = {
  message: Bubble,
  notice: NoticeMark,
  day: DayMark,
  unread: UnreadMark,
  start: TopMark,
  older: TopMark,
};

export class MessagesView {
  #rows;
  #conversation = null;
  #loaded = null;
  #waiting = [];
  // Where the reader stood when what is new began to come; null while they have seen all.
  #unreadAfter = null;
  #wasRead = true;
  // Whether nothing of it has been loaded yet.
  #isFresh = true;
  // The newest message while the end was in view.
  #lastAtEnd = 0;

  // `acts` are what can be done with a message: retry, edit, showProfile; `loadOlder` asks for
  // more; `saw` is told of the seq up to which the reader has seen the conversation.
  constructor({ me, acts, loadOlder, saw }) {
    Object.assign(this, { me, acts, loadOlder, saw });
    this.#rows = new Rows(me);
    const pane = $("messages");
    this.scroller = new Scroller({
      pane,
      list: $("message-list"),
      room: { above: $("room-above"), below: $("room-below") },
      build: (row) => new VIEWS[row.kind](row, this.#page),
      guess: guessHeight,
      onMoved: () => this.#moved(),
    });
    this.latest = new LatestButton(() => this.scroller.toEnd());
    this.seenNames = new SeenNames(pane, (seq) => readersOf(this.#conversation, seq));
    document.addEventListener("visibilitychange", () => this.#left());
  }

  show(state) {
    const conversation = state.conversations[state.open] ?? null;
    const before = this.#conversation;
    const isOther =
      before?.id !== conversation?.id || (conversation && beginsAfresh(before, conversation));
    const loaded = state.messages[state.open] ?? null;
    const waiting = state.outbox.filter((message) => message.conversation === state.open);
    const isSame = !isOther && this.#loaded === loaded && areSame(this.#waiting, waiting);
    const sends = !isOther && waiting.length > this.#waiting.length;
    this.#conversation = conversation;
    this.#loaded = loaded;
    this.#waiting = waiting;
    if (isOther) this.#open();
    else if (conversation && !isSame) this.#change(sends);
    if (!isOther && !looksAlike(before, conversation)) this.#mark();
  }

  // Brings a message into view; returns its element, or null where it is not loaded.
  reveal(seq) {
    const message = this.#items.find((one) => one.seq === seq);
    if (!message || !this.scroller.reveal(keyOf(message, this.me))) return null;
    return $("message-list").querySelector(`[data-seq="${seq}"]`);
  }

  // What bubbles know of the page; who is in the conversation, and its name, may change.
  get #page() {
    const current = () => this.#conversation;
    return {
      ...this.acts,
      me: this.me,
      get conversation() {
        return current();
      },
      isGroup: this.#conversation.kind === "group",
      seenBy: (seq) => seenCount(this.#conversation.read_by, seq),
      loadOlder: () => this.loadOlder(this.#conversation.id),
    };
  }

  get #items() {
    return this.#loaded?.items ?? [];
  }

  #made() {
    return this.#rows.of({
      messages: this.#items,
      waiting: this.#waiting,
      more: this.#loaded?.more ?? true,
      loading: this.#loaded?.loading ?? "loading",
      unreadAfter: this.#unreadAfter,
    });
  }

  #open() {
    const { unread = 0, read = 0 } = this.#conversation ?? {};
    this.#unreadAfter = unread ? read : null;
    this.#wasRead = false;
    this.seenNames.hide();
    if (this.#conversation) this.#present();
    else this.scroller.open([]);
  }

  // From its end, or from where what is new begins.
  #present() {
    this.#isFresh = !this.#items.length;
    this.#lastAtEnd = this.#items.at(-1)?.seq ?? 0;
    this.scroller.open(this.#made(), { at: this.#unreadAfter === null ? null : "unread" });
  }

  #change(sends) {
    if (sends) this.#unreadAfter = null;
    this.#noteUnread();
    if (this.#isFresh && this.#items.length) {
      this.#present();
      return;
    }
    if (sends) this.scroller.toEnd();
    this.scroller.show(this.#made());
  }

  // What comes while nobody looks, or while older messages are read, is new to the reader.
  #noteUnread() {
    if (!this.#conversation.unread) this.#wasRead = true;
    else if (this.#wasRead && (document.hidden || !this.scroller.isAtEnd)) {
      this.#unreadAfter = this.#conversation.read;
      this.#wasRead = false;
    }
  }

  // Whoever leaves the page with all of it read begins anew when they come back.
  #left() {
    if (document.hidden && this.#conversation && !this.#conversation.unread) {
      this.#unreadAfter = null;
    }
  }

  #mark() {
    for (const view of this.scroller.views) view.mark?.();
  }

  #moved() {
    if (!this.#conversation) return;
    if (this.scroller.isAtEnd) this.#lastAtEnd = this.#items.at(-1)?.seq ?? 0;
    this.latest.show({ isAtEnd: this.scroller.isAtEnd, fresh: this.#fresh() });
    const last = this.scroller.seen.findLast((row) => row.message?.seq);
    if (last) this.saw(last.message.seq);
    const { more, loading } = this.#loaded ?? {};
    if (more && !loading && this.scroller.above < AHEAD) this.loadOlder(this.#conversation.id);
  }

  // How many messages of others have come since the end was in view.
  #fresh() {
    let fresh = 0;
    for (let index = this.#items.length - 1; this.#items[index]?.seq > this.#lastAtEnd; index -= 1) {
      const item = this.#items[index];
      if (item.actor.id !== this.me && !isNotice(item)) fresh += 1;
    }
    return fresh;
  }
}

// What of a conversation its rows show beside the messages.
const looksAlike = (before, now) =>
  ["read_by", "title", "members"].every((part) => before?.[part] === now?.[part]);

const areSame = (a, b) => a.length === b.length && a.every((one, index) => one === b[index]);
