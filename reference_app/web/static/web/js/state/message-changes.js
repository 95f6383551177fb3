// Applies edits, removals and reactions to a state. Pure, like reducers.js, which calls it.

import { MAX_EXCERPT, ServerFrame } from "../protocol.js";

// Cuts between characters, as the server counts them, and not between UTF-16 units.
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

// For each type of event, the fields that change in its message.
const CHANGES = {
  [ServerFrame.EDITED]: (_message, { text, mentions, at }) => ({ text, mentions, edited_at: at }),
  [ServerFrame.REMOVED]: () => REMOVED,
  [ServerFrame.REACTED]: (message, event, me) => ({
    reactions: reactionsAfter(message, event, me),
  }),
};

// For each type of event, the fields that change in the quotes of its message.
const QUOTE_CHANGES = {
  [ServerFrame.EDITED]: ({ text }) => ({ text: excerpt(text) }),
  [ServerFrame.REMOVED]: () => ({ text: "", removed: true, files: [] }),
};

// An event lists only the first of many people. The user stays in the reactions that they gave,
// unless the event is the user's own: nobody else can remove the user's reaction.
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

const changed = (message, event, me) => {
  if (message.id === event.message) {
    return { ...message, ...CHANGES[event.type](message, event, me) };
  }
  const change = message.reply_to?.id === event.message ? QUOTE_CHANGES[event.type] : null;
  return change ? { ...message, reply_to: { ...message.reply_to, ...change(event) } } : message;
};

// Returns the seqs of the unread messages that mention the user, after an event.
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

// Returns the state after an edit, a removal or a reaction. The caller has already set the
// conversation's seq.
export const applyMessageChange = (state, event) => {
  if (!(event.type in CHANGES)) return state;
  const { me } = state;
  const seen = state.conversations[event.conversation];
  const counted = event.type === ServerFrame.REMOVED && event.actor.id !== me;
  const isUnread = counted && event.message_seq > seen.read;
  const moved = {
    ...seen,
    last_message: seen.last_message && changed(seen.last_message, event, me),
    unread: Math.max(0, seen.unread - (isUnread ? 1 : 0)),
  };
  const loaded = state.messages[seen.id];
  const next = { ...state, conversations: { ...state.conversations, [seen.id]: moved } };
  if (loaded) {
    const items = loaded.items.map((message) => changed(message, event, me));
    next.messages = { ...state.messages, [seen.id]: { ...loaded, items } };
  }
  return next;
};
