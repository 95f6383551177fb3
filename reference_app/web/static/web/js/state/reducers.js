// Computes the next state from a state and an event or a change. Pure: no DOM, clock or network.

import { ServerFrame } from "../protocol.js";
import { applyMessageChange, mentionedAfter } from "./message-changes.js";
import { applyNotice, isNotice, mergeHistory, withCurrentName } from "./notices.js";

export const emptyState = (me) => ({
  me,
  conversations: {},
  messages: {},
  outbox: [],
  open: null,
  online: new Set(),
  blocked: new Set(),
});

// Compares an event with the conversation as the page knows it: "next", "old" or "gap".
export const classifyEvent = (seen, event) => {
  if (!seen || seen.epoch !== event.epoch || event.seq > seen.seq + 1) return "gap";
  return event.seq === seen.seq + 1 ? "next" : "old";
};

export const applyEvent = (state, event) => {
  const seen = state.conversations[event.conversation];
  if (classifyEvent(seen, event) !== "next") return state;
  const mentioned = mentionedAfter(seen, event, state.me);
  const members = withCurrentName(seen.members, event.actor);
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
  } else if (isNotice(event)) Object.assign(moved, applyNotice(moved, event));
  else return applyMessageChange(next, event);
  const loaded = state.messages[seen.id];
  // A history that was loaded in the meantime may already contain the event.
  if (loaded && !(loaded.items.at(-1)?.seq >= event.seq)) {
    const items = [...loaded.items, event];
    next.messages = { ...state.messages, [seen.id]: { ...loaded, items } };
  }
  // Another sender may have chosen the same id, so only the user's own message leaves the outbox.
  if (mine) next.outbox = without(state.outbox, [event.client_id]);
  return next;
};

// Applies the answer to a sync. A conversation that is reset loses its loaded messages: they are
// loaded again when it is shown.
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
  const unstored = new Set(discardedIds(state.outbox, changes.reset));
  const outbox = state.outbox
    .filter((waiting) => !changes.gone.includes(waiting.conversation))
    .map((waiting) =>
      unstored.has(waiting.client_id)
        ? { ...waiting, status: "sending", stored: undefined }
        : waiting,
    );
  const next = { ...state, conversations, messages, outbox, open };
  return withoutSettled(changes.events.reduce(applyEvent, next));
};

// Returns the ids of messages that were stored in a discarded history, or after the end of what
// remains of it. They must be sent again. If one is stored after all, the server answers with its
// acknowledgement.
export const discardedIds = (outbox, reset) => {
  const resets = new Map(reset.map((fresh) => [fresh.id, fresh]));
  return outbox
    .filter(({ conversation, stored }) => {
      const fresh = resets.get(conversation);
      return stored && fresh && (stored.epoch !== fresh.epoch || stored.seq > fresh.seq);
    })
    .map((waiting) => waiting.client_id);
};

// Marks a conversation as loading. Its entry exists before the answer arrives, so that events in
// the meantime are not lost. `request` identifies the request: a new object for each one.
export const load = (state, id, request) => {
  const loaded = state.messages[id] ?? { items: [], more: true };
  const loading = { ...loaded, loading: "loading", request };
  return { ...state, messages: { ...state.messages, [id]: loading } };
};

export const loadFailed = (state, id, request) => {
  const loaded = state.messages[id];
  if (loaded?.request !== request) return state;
  return { ...state, messages: { ...state.messages, [id]: { ...loaded, loading: "failed" } } };
};

// Adds older messages. The answer to a request from before a reset is ignored: it would leave a
// gap, or bring back messages that were cleared.
export const applyHistory = (state, id, request, history) => {
  const loaded = state.messages[id];
  if (loaded?.request !== request) return state;
  const first = loaded.items[0]?.seq ?? Infinity;
  const older = mergeHistory(history).filter((one) => one.seq < first);
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

// Records that a message is stored, and where. It joins the conversation's messages only when its
// event or a history brings it.
export const acknowledge = (state, { client_id: clientId, epoch, seq }) =>
  withoutSettled({
    ...state,
    outbox: state.outbox.map((waiting) =>
      waiting.client_id === clientId
        ? { ...waiting, status: "sent", code: "", stored: { epoch, seq } }
        : waiting,
    ),
  });

// Sets the status of a waiting message. `code` is the error code of the protocol if it failed.
export const setStatus = (state, clientId, status, code = "") => ({
  ...state,
  outbox: state.outbox.map((waiting) =>
    waiting.client_id === clientId ? { ...waiting, status, code } : waiting,
  ),
});

export const takeBack = (state, clientId) => ({
  ...state,
  outbox: without(state.outbox, [clientId]),
});

// Adds the unsent messages of an earlier page.
export const restore = (state, waiting) => waiting.reduce(compose, state);

// Removes a conversation, and the messages that were still to be sent to it.
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

// Returns the last messages of the reset conversations that are unread and new. A reset brings no
// events, so the last message is all that the page can announce.
export const newLastMessages = (conversations, reset) =>
  reset
    .filter(
      ({ id, unread, last_message: last }) =>
        unread && last?.seq > (conversations[id]?.seq ?? 0),
    )
    .map(({ last_message: last }) => last);

// Removes the stored messages from the outbox whose conversation has reached their seq. By then
// such a message is among the loaded ones, or it was cleared and no event will bring it.
const withoutSettled = (state) => {
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

// Counts the loaded messages of other people after a seq.
const unreadAfter = (state, id, seq) => {
  const items = state.messages[id]?.items ?? [];
  let unread = 0;
  for (let index = items.length - 1; items[index]?.seq > seq; index -= 1) {
    const { actor, removed } = items[index];
    if (actor.id !== state.me && !removed && !isNotice(items[index])) unread += 1;
  }
  return unread;
};
