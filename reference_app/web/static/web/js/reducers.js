// Pure: a state and something that happened give the next state. No DOM, no clock, no network.

import { ServerFrame } from "./protocol.js";

export const emptyState = (me) => ({
  me,
  conversations: {},
  messages: {},
  outbox: [],
  open: null,
  online: new Set(),
});

// What an event's seq says about it, to a reader who stands at `seen`.
export const placeOf = (seen, event) => {
  if (!seen || seen.epoch !== event.epoch || event.seq > seen.seq + 1) return "gap";
  return event.seq === seen.seq + 1 ? "next" : "old";
};

export const applyEvent = (state, event) => {
  const seen = state.conversations[event.conversation];
  if (placeOf(seen, event) !== "next") return state;
  const moved = { ...seen, seq: event.seq };
  const conversations = { ...state.conversations, [seen.id]: moved };
  if (event.type === ServerFrame.READ) {
    if (event.actor.id === state.me) Object.assign(moved, { read: event.upto, unread: 0 });
    return { ...state, conversations };
  }
  const mine = event.actor.id === state.me;
  Object.assign(moved, { last_message: event, unread: moved.unread + (mine ? 0 : 1) });
  const loaded = state.messages[seen.id];
  return {
    ...state,
    conversations,
    outbox: state.outbox.filter((waiting) => waiting.client_id !== event.client_id),
    messages: loaded
      ? { ...state.messages, [seen.id]: { ...loaded, items: [...loaded.items, event] } }
      : state.messages,
  };
};

// Conversations that are reset lose what was loaded of them: it is loaded afresh when shown.
export const applyChanges = (state, changes) => {
  const conversations = { ...state.conversations };
  const messages = { ...state.messages };
  for (const fresh of changes.reset) {
    conversations[fresh.id] = fresh;
    delete messages[fresh.id];
  }
  for (const id of changes.gone) {
    delete conversations[id];
    delete messages[id];
  }
  const open = state.open in conversations ? state.open : null;
  return changes.events.reduce(applyEvent, { ...state, conversations, messages, open });
};

export const applyHistory = (state, id, history) => {
  const loaded = state.messages[id]?.items ?? [];
  const first = loaded[0]?.seq ?? Infinity;
  const older = history.messages.filter((message) => message.seq < first);
  const entry = { items: [...older, ...loaded], more: history.more };
  const stored = new Set(history.messages.map((message) => message.client_id));
  return {
    ...state,
    messages: { ...state.messages, [id]: entry },
    outbox: state.outbox.filter((waiting) => !stored.has(waiting.client_id)),
  };
};

export const compose = (state, message) => ({
  ...state,
  outbox: [...state.outbox, { ...message, status: "sending" }],
});

export const mark = (state, clientId, status) => ({
  ...state,
  outbox: state.outbox.map((waiting) =>
    waiting.client_id === clientId ? { ...waiting, status } : waiting,
  ),
});

// A conversation that is no more takes with it what was still to be sent there.
export const remove = (state, id) => {
  const { [id]: _gone, ...conversations } = state.conversations;
  const { [id]: _unloaded, ...messages } = state.messages;
  return {
    ...state,
    conversations,
    messages,
    outbox: state.outbox.filter((waiting) => waiting.conversation !== id),
    open: state.open === id ? null : state.open,
  };
};

export const applyPresence = (state, online) => ({ ...state, online: new Set(online) });

export const personOf = (state, id) => {
  for (const conversation of Object.values(state.conversations)) {
    const found = conversation.members.find((person) => person.id === id);
    if (found) return found;
  }
  return null;
};

export const open = (state, id) => ({ ...state, open: id });

export const addConversation = (state, fresh) => ({
  ...state,
  conversations: { [fresh.id]: fresh, ...state.conversations },
});

// A conversation that is shown afresh brings no events: its last message is what is new of it.
export const newsOf = (conversations, reset) =>
  reset
    .filter(({ id, unread, last_message: last }) => unread && last?.seq > (conversations[id]?.seq ?? 0))
    .map(({ last_message: last }) => last);
