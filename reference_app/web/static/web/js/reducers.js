// Pure: a state and something that happened give the next state. No DOM, no clock, no network.

import { applyAct, mentionedAfter } from "./acts.js";
import { isNotice, known, noticed, page } from "./notices.js";
import { ServerFrame } from "./protocol.js";

export const emptyState = (me) => ({
  me,
  conversations: {},
  messages: {},
  outbox: [],
  open: null,
  online: new Set(),
  blocked: new Set(),
});

// What an event's seq says about it, to a reader who stands at `seen`.
export const placeOf = (seen, event) => {
  if (!seen || seen.epoch !== event.epoch || event.seq > seen.seq + 1) return "gap";
  return event.seq === seen.seq + 1 ? "next" : "old";
};

export const applyEvent = (state, event) => {
  const seen = state.conversations[event.conversation];
  if (placeOf(seen, event) !== "next") return state;
  const mentioned = mentionedAfter(seen, event, state.me);
  const members = known(seen.members, event.actor);
  const moved = { ...seen, seq: event.seq, mentioned, members };
  const next = { ...state, conversations: { ...state.conversations, [seen.id]: moved } };
  const mine = event.actor.id === state.me;
  if (event.type === ServerFrame.READ) {
    if (mine) {
      moved.read = event.upto;
      moved.unread = unreadAfter(state, seen.id, event.upto);
    } else {
      moved.read_by = { ...seen.read_by, [event.actor.id]: event.upto };
    }
    return next;
  }
  if (event.type === ServerFrame.MESSAGE) {
    Object.assign(moved, { last_message: event, unread: moved.unread + (mine ? 0 : 1) });
  } else if (isNotice(event)) Object.assign(moved, noticed(moved, event));
  else return applyAct(next, event);
  const loaded = state.messages[seen.id];
  // A history that was loaded meanwhile may have it already.
  if (loaded && !(loaded.items.at(-1)?.seq >= event.seq)) {
    const items = [...loaded.items, event];
    next.messages = { ...state.messages, [seen.id]: { ...loaded, items } };
  }
  // Others may choose the same id: it is one's own message that has arrived, or none.
  if (mine) next.outbox = without(state.outbox, [event.client_id]);
  return next;
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
  const unstored = new Set(discarded(state.outbox, changes.reset));
  const outbox = state.outbox
    .filter((waiting) => !changes.gone.includes(waiting.conversation))
    .map((waiting) =>
      unstored.has(waiting.client_id)
        ? { ...waiting, status: "sending", stored: undefined }
        : waiting,
    );
  const next = { ...state, conversations, messages, outbox, open };
  return settled(changes.events.reduce(applyEvent, next));
};

// The ids of messages that were stored in a history which was discarded since, or beyond the end
// of what is left of it: they have to be sent again. Where they are stored after all, the server
// says so.
export const discarded = (outbox, reset) => {
  const resets = new Map(reset.map((fresh) => [fresh.id, fresh]));
  return outbox
    .filter(({ conversation, stored }) => {
      const fresh = resets.get(conversation);
      return stored && fresh && (stored.epoch !== fresh.epoch || stored.seq > fresh.seq);
    })
    .map((waiting) => waiting.client_id);
};

// What is loaded of a conversation has a place before the first of it arrives: what happens
// meanwhile is not lost. `asked` is an object of its own for each question.
export const load = (state, id, asked) => {
  const loaded = state.messages[id] ?? { items: [], more: true };
  const loading = { ...loaded, loading: "loading", asked };
  return { ...state, messages: { ...state.messages, [id]: loading } };
};

export const loadFailed = (state, id, asked) => {
  const loaded = state.messages[id];
  if (loaded?.asked !== asked) return state;
  return { ...state, messages: { ...state.messages, [id]: { ...loaded, loading: "failed" } } };
};

// The answer to a question from before the conversation was reset no longer fits: it would
// leave a gap, or bring back what was cleared.
export const applyHistory = (state, id, asked, history) => {
  const loaded = state.messages[id];
  if (loaded?.asked !== asked) return state;
  const first = loaded.items[0]?.seq ?? Infinity;
  const older = page(history).filter((one) => one.seq < first);
  const entry = { items: [...older, ...loaded.items], more: history.more, loading: "" };
  const own = history.messages.filter((message) => message.actor.id === state.me);
  return {
    ...state,
    messages: { ...state.messages, [id]: entry },
    outbox: without(
      state.outbox,
      own.map((message) => message.client_id),
    ),
  };
};

export const compose = (state, message) => ({
  ...state,
  outbox: [...state.outbox, { ...message, status: "sending" }],
});

// A message is stored, where the acknowledgement says. It is one of the conversation's only
// when its event or a history brings it.
export const acknowledge = (state, { client_id: clientId, epoch, seq }) =>
  settled({
    ...state,
    outbox: state.outbox.map((waiting) =>
      waiting.client_id === clientId
        ? { ...waiting, status: "sent", code: "", stored: { epoch, seq } }
        : waiting,
    ),
  });

// `code` says why it failed, in one of the protocol's error codes.
export const mark = (state, clientId, status, code = "") => ({
  ...state,
  outbox: state.outbox.map((waiting) =>
    waiting.client_id === clientId ? { ...waiting, status, code } : waiting,
  ),
});

export const takeBack = (state, clientId) => ({
  ...state,
  outbox: without(state.outbox, [clientId]),
});

// What a page before this one had still to send.
export const restore = (state, waiting) => waiting.reduce(compose, state);

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

export const applyPresence = (state, { online, blocked }) => ({
  ...state,
  online: new Set(online),
  blocked: new Set(blocked),
});

export const block = (state, person, on) => {
  const blocked = new Set(state.blocked);
  if (on) blocked.add(person);
  else blocked.delete(person);
  return { ...state, blocked };
};

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

// A stored message waits until its conversation is known up to it. By then it is among those
// that are loaded, or was cleared and no event will ever bring it.
const settled = (state) => {
  const outbox = state.outbox.filter(({ conversation, stored }) => {
    const seen = state.conversations[conversation];
    return !(stored && seen?.epoch === stored.epoch && seen.seq >= stored.seq);
  });
  return outbox.length === state.outbox.length ? state : { ...state, outbox };
};

const without = (outbox, clientIds) => {
  const gone = new Set(clientIds);
  return outbox.some((waiting) => gone.has(waiting.client_id))
    ? outbox.filter((waiting) => !gone.has(waiting.client_id))
    : outbox;
};

// How many of the loaded messages are others' and later than a seq.
const unreadAfter = (state, id, seq) => {
  const items = state.messages[id]?.items ?? [];
  let unread = 0;
  for (let index = items.length - 1; items[index]?.seq > seq; index -= 1) {
    const { actor, removed } = items[index];
    if (actor.id !== state.me && !removed && !isNotice(items[index])) unread += 1;
  }
  return unread;
};
