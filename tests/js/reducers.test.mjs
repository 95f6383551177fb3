// What happens to the state: messages, markers, what is loaded and what is on its way.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as change from "../../reference_app/web/static/web/js/reducers.js";

const ME = { id: 1, name: "Me" };
const ANN = { id: 2, name: "Ann" };

const event = (type, seq, actor, more = {}) => ({
  type,
  conversation: 7,
  epoch: 1,
  seq,
  at: seq,
  actor,
  ...more,
});
const message = (seq, actor = ANN, more = {}) =>
  event("message", seq, actor, { id: seq, client_id: `c${seq}`, text: `text ${seq}`, ...more });
const read = (seq, actor, upto) => event("read", seq, actor, { upto });

const conversation = (more = {}) => ({
  id: 7,
  epoch: 1,
  seq: 0,
  kind: "group",
  members: [ME, ANN],
  last_message: null,
  read: 0,
  read_by: {},
  unread: 0,
  ...more,
});
const stateWith = (more = {}) => ({
  ...change.emptyState(ME.id),
  conversations: { 7: conversation(more) },
});
const after = (state, ...events) => events.reduce(change.applyEvent, state);
const seqs = (state) => state.messages[7].items.map((one) => one.seq);

test("the markers of others move on, and one's own is no marker of others", () => {
  const state = after(stateWith(), message(1), read(2, ANN, 1), message(3), read(4, ME, 3));
  assert.deepEqual(state.conversations[7].read_by, { 2: 1 });
  assert.equal(state.conversations[7].read, 3);
});

test("what came after one's marker is still unread", () => {
  let state = change.load(stateWith(), 7);
  state = change.applyHistory(state, 7, null, { messages: [], notices: [], more: false });
  state = after(state, message(1), message(2), message(3, ME), message(4), read(5, ME, 2));
  assert.equal(state.conversations[7].unread, 1);
});

test("what happens while a conversation is being loaded is not lost", () => {
  let state = change.load(stateWith({ seq: 2 }), 7);
  state = after(state, message(3));
  state = change.applyHistory(state, 7, null, { messages: [message(1), message(2)], notices: [], more: false });
  assert.deepEqual(seqs(state), [1, 2, 3]);
  state = change.load(state, 7);
  assert.equal(state.messages[7].loading, "loading");
});

test("a message that both the history and an event bring is there once", () => {
  let state = change.load(stateWith({ seq: 2 }), 7);
  state = after(state, message(3));
  const history = { messages: [message(1), message(2), message(3)], notices: [], more: false };
  assert.deepEqual(seqs(change.applyHistory(state, 7, null, history)), [1, 2, 3]);
});

test("older messages that belong to what was loaded before a reset leave no gap", () => {
  let state = change.load(stateWith({ seq: 90 }), 7);
  state = change.applyHistory(state, 7, null, { messages: [message(90)], notices: [], more: true });
  const fresh = conversation({ seq: 300 });
  state = change.applyChanges(state, { reset: [fresh], gone: [], events: [] });
  const older = { messages: [message(89)], notices: [], more: true };
  assert.equal(change.applyHistory(state, 7, 90, older).messages[7], undefined);
  const again = change.load(state, 7);
  assert.deepEqual(seqs(change.applyHistory(again, 7, 90, older)), []);
});

test("one's own message replaces what waited, and nobody else's does", () => {
  const waiting = { client_id: "c1", conversation: 7, text: "hi", at: 0 };
  const state = change.compose(stateWith(), waiting);
  assert.equal(after(state, message(1, ANN)).outbox.length, 1);
  assert.equal(after(state, message(1, ME)).outbox.length, 0);
  const loading = change.load(state, 7);
  const history = (actor) => ({ messages: [message(1, actor)], notices: [], more: false });
  assert.equal(change.applyHistory(loading, 7, null, history(ANN)).outbox.length, 1);
  assert.equal(change.applyHistory(loading, 7, null, history(ME)).outbox.length, 0);
});

test("a message that failed says why, and can be taken back", () => {
  const waiting = { client_id: "c1", conversation: 7, text: "hi", at: 0 };
  const state = change.mark(change.compose(stateWith(), waiting), "c1", "failed", "blank");
  assert.deepEqual(
    [state.outbox[0].status, state.outbox[0].code],
    ["failed", "blank"],
  );
  assert.deepEqual(change.takeBack(state, "c1").outbox, []);
});

test("what was to be sent to a conversation that is gone is dropped", () => {
  const waiting = { client_id: "c1", conversation: 7, text: "hi", at: 0 };
  const state = change.restore(stateWith(), [waiting]);
  assert.equal(state.outbox[0].status, "sending");
  const gone = change.applyChanges(state, { reset: [], gone: [7], events: [] });
  assert.deepEqual(gone.outbox, []);
});
