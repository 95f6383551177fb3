// What edits, removals and reactions do to a state. Pure, like reducers.js, which calls it.

import { MAX_EXCERPT, ServerFrame } from "./protocol.js";

// By characters as the server counts them, not by UTF-16 units.
const excerpt = (text) => [...text].slice(0, MAX_EXCERPT).join("");

export const quoteOf = ({ id, seq, actor, text, removed, files = [] }) => ({
  id,
  seq,
  person: actor,
  text: excerpt(text),
  removed,
  files,
});

const REMOVED = Object.freeze({
  text: "",
  removed: true,
  edited_at: null,
  reply_to: null,
  mentions: [],
  reactions: [],
  files: [],
});

// What becomes of the message that an event is about.
const ACTS = {
  [ServerFrame.EDITED]: (_message, { text, mentions, at }) => ({ text, mentions, edited_at: at }),
  [ServerFrame.REMOVED]: () => REMOVED,
  [ServerFrame.REACTED]: (message, event, me) => ({ reactions: reactionsAfter(message, event, me) }),
};

// What becomes of its quotes in the messages that answer it.
const QUOTES = {
  [ServerFrame.EDITED]: ({ text }) => ({ text: excerpt(text) }),
  [ServerFrame.REMOVED]: () => ({ text: "", removed: true, files: [] }),
};

// Of many people only the first are named. The reader is where they were, unless it is they
// who act: nobody else can take their reaction off.
const reactionsAfter = (message, { actor, reactions }, me) => {
  if (actor.id === me) return reactions;
  const mine = new Set(
    message.reactions.filter(({ people }) => people.includes(me)).map(({ emoji }) => emoji),
  );
  return reactions.map((reaction) =>
    mine.has(reaction.emoji) && !reaction.people.includes(me)
      ? { ...reaction, people: [...reaction.people, me] }
      : reaction,
  );
};

const acted = (message, event, me) => {
  if (message.id === event.message) return { ...message, ...ACTS[event.type](message, event, me) };
  const requote = message.reply_to?.id === event.message ? QUOTES[event.type] : null;
  return requote ? { ...message, reply_to: { ...message.reply_to, ...requote(event) } } : message;
};

// The unread messages that mention the reader, by their seq, after an event.
export const mentionedAfter = ({ mentioned = [], read }, event, me) => {
  if (event.type === ServerFrame.READ) {
    return event.actor.id === me ? mentioned.filter((seq) => seq > event.upto) : mentioned;
  }
  if (event.type === ServerFrame.REACTED) return mentioned;
  const seq = event.message_seq ?? event.seq;
  const others = mentioned.filter((one) => one !== seq);
  if (!event.mentions?.includes(me) || seq <= read) return others;
  return [...others, seq].sort((a, b) => a - b);
};

// The state after an edit, a removal or a reaction; its conversation has moved on already.
export const applyAct = (state, event) => {
  if (!(event.type in ACTS)) return state;
  const { me } = state;
  const seen = state.conversations[event.conversation];
  const counted = event.type === ServerFrame.REMOVED && event.actor.id !== me;
  const isUnread = counted && event.message_seq > seen.read;
  const moved = {
    ...seen,
    last_message: seen.last_message && acted(seen.last_message, event, me),
    unread: Math.max(0, seen.unread - (isUnread ? 1 : 0)),
  };
  const loaded = state.messages[seen.id];
  const next = { ...state, conversations: { ...state.conversations, [seen.id]: moved } };
  if (loaded) {
    const items = loaded.items.map((message) => acted(message, event, me));
    next.messages = { ...state.messages, [seen.id]: { ...loaded, items } };
  }
  return next;
};
