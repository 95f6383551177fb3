// Shows the messages of the open conversation, sent and unsent, and tracks how far the user has
// read.

import { $ } from "../../browser/dom.js";
import { isNewHistory } from "../../state/cursor.js";
import { isNotice } from "../../state/notices.js";
import { readersOf, seenCount } from "../../state/read-markers.js";
import { Rows, guessHeight, keyOf } from "../../state/rows.js";
import { Bubble } from "./bubble.js";
import { GroupNotice } from "./group-notice.js";
import { LatestButton } from "./latest-button.js";
import { Scroller } from "./scroller.js";
import { SeenTooltip } from "./seen-tooltip.js";
import { DaySeparator, TopRow, UnreadSeparator } from "./separators.js";

// Older messages are loaded when the user is this close to the first loaded one.
const LOAD_AHEAD_PX = 1200;

const VIEWS = {
  message: Bubble,
  notice: GroupNotice,
  day: DaySeparator,
  unread: UnreadSeparator,
  start: TopRow,
  older: TopRow,
};

export class MessagesView {
  #rows;
  #conversation = null;
  #loaded = null;
  #waiting = [];
  // The user's read marker when the first unread message arrived; null while nothing is unread.
  #unreadAfter = null;
  #wasRead = true;
  // Whether no message of the conversation has been loaded yet.
  #isNothingLoaded = true;
  // The seq of the newest message when the end of the list was last visible.
  #lastAtEnd = 0;

  // `actions` are those of a message: retry, edit, showProfile and others. `loadOlder` loads older
  // messages. `markSeen` receives the seq up to which the user has seen the conversation.
  constructor({ me, actions, loadOlder, markSeen }) {
    Object.assign(this, { me, actions, loadOlder, markSeen });
    this.#rows = new Rows(me);
    const pane = $("messages");
    this.scroller = new Scroller({
      pane,
      list: $("message-list"),
      spacers: { above: $("room-above"), below: $("room-below") },
      build: (row) => new VIEWS[row.kind](row, this.#page),
      guess: guessHeight,
      onMoved: () => this.#handleMove(),
    });
    this.latest = new LatestButton(() => this.scroller.scrollToEnd());
    this.seenTooltip = new SeenTooltip(pane, (seq) => readersOf(this.#conversation, seq));
    document.addEventListener("visibilitychange", () => this.#handleHidden());
  }

  show(state) {
    const conversation = state.conversations[state.open] ?? null;
    const before = this.#conversation;
    const isOther =
      before?.id !== conversation?.id || (conversation && isNewHistory(before, conversation));
    const loaded = state.messages[state.open] ?? null;
    const waiting = state.outbox.filter((message) => message.conversation === state.open);
    const isSame = !isOther && this.#loaded === loaded && areSame(this.#waiting, waiting);
    const sends = !isOther && waiting.length > this.#waiting.length;
    this.#conversation = conversation;
    this.#loaded = loaded;
    this.#waiting = waiting;
    if (isOther) this.#open();
    else if (conversation && !isSame) this.#update(sends);
    if (!isOther && !looksAlike(before, conversation)) this.#refresh();
  }

  // Scrolls to a message; returns its element, or null if it is not loaded.
  reveal(seq) {
    const message = this.#items.find((one) => one.seq === seq);
    if (!message || !this.scroller.reveal(keyOf(message, this.me))) return null;
    return $("message-list").querySelector(`[data-seq="${seq}"]`);
  }

  // The context and the actions for the rows. The conversation is read each time, because its
  // members and its name may change.
  get #page() {
    const current = () => this.#conversation;
    return {
      ...this.actions,
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

  #buildRows() {
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
    this.seenTooltip.hide();
    if (this.#conversation) this.#present();
    else this.scroller.open([]);
  }

  // Shows the list from the first unread message, or else from its end.
  #present() {
    this.#isNothingLoaded = !this.#items.length;
    this.#lastAtEnd = this.#items.at(-1)?.seq ?? 0;
    this.scroller.open(this.#buildRows(), { at: this.#unreadAfter === null ? null : "unread" });
  }

  #update(sends) {
    if (sends) this.#unreadAfter = null;
    this.#updateUnread();
    if (this.#isNothingLoaded && this.#items.length) {
      this.#present();
      return;
    }
    if (sends) this.scroller.scrollToEnd();
    this.scroller.show(this.#buildRows());
  }

  // Messages that arrive while the page is hidden, or while the user reads older ones, are unread.
  #updateUnread() {
    if (!this.#conversation.unread) this.#wasRead = true;
    else if (this.#wasRead && (document.hidden || !this.scroller.isAtEnd)) {
      this.#unreadAfter = this.#conversation.read;
      this.#wasRead = false;
    }
  }

  // Forgets the first unread message when the user hides the page after reading everything.
  #handleHidden() {
    if (document.hidden && this.#conversation && !this.#conversation.unread) {
      this.#unreadAfter = null;
    }
  }

  #refresh() {
    for (const view of this.scroller.views) view.refresh?.();
  }

  #handleMove() {
    if (!this.#conversation) return;
    if (this.scroller.isAtEnd) this.#lastAtEnd = this.#items.at(-1)?.seq ?? 0;
    this.latest.show({ isAtEnd: this.scroller.isAtEnd, fresh: this.#countNew() });
    const last = this.scroller.visibleRows.findLast((row) => row.message?.seq);
    if (last) this.markSeen(last.message.seq);
    const { more, loading } = this.#loaded ?? {};
    const isNearTop = this.scroller.above < LOAD_AHEAD_PX;
    if (more && !loading && isNearTop) this.loadOlder(this.#conversation.id);
  }

  // Counts the messages of other people since the end of the list was last visible.
  #countNew() {
    let count = 0;
    const items = this.#items;
    for (let index = items.length - 1; items[index]?.seq > this.#lastAtEnd; index -= 1) {
      const item = items[index];
      if (item.actor.id !== this.me && !isNotice(item)) count += 1;
    }
    return count;
  }
}

// Compares the fields of a conversation that its rows show, apart from the messages.
const looksAlike = (before, now) =>
  ["read_by", "title", "members"].every((part) => before?.[part] === now?.[part]);

const areSame = (a, b) => a.length === b.length && a.every((one, index) => one === b[index]);
