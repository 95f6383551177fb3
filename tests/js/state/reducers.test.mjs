// Tests the state: messages, read markers, loaded history and the outbox.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as change from "../../../reference_app/web/static/web/js/state/reducers.js";

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
// Identifies a request for the newest messages.
const NEWEST = {};
const seqs = (state) => state.messages[7].items.map((one) => one.seq);

test("the markers of others and the user's own are separate", () => {
  const state = after(stateWith(), message(1), read(2, ANN, 1), message(3), read(4, ME, 3));
  assert.deepEqual(state.conversations[7].read_by, { 2: 1 });
  assert.equal(state.conversations[7].read, 3);
});

test("messages after the user's marker are still unread", () => {
  let state = change.load(stateWith(), 7, NEWEST);
  state = change.applyHistory(state, 7, NEWEST, { messages: [], notices: [], more: false });
  state = after(state, message(1), message(2), message(3, ME), message(4), read(5, ME, 2));
  assert.equal(state.conversations[7].unread, 1);
});

test("an event during loading is not lost", () => {
  let state = change.load(stateWith({ seq: 2 }), 7, NEWEST);
  state = after(state, message(3));
  const history = { messages: [message(1), message(2)], notices: [], more: false };
  state = change.applyHistory(state, 7, NEWEST, history);
  assert.deepEqual(seqs(state), [1, 2, 3]);
  state = change.load(state, 7, NEWEST);
  assert.equal(state.messages[7].loading, "loading");
});

test("a message from both the history and an event appears once", () => {
  let state = change.load(stateWith({ seq: 2 }), 7, NEWEST);
  state = after(state, message(3));
  const history = { messages: [message(1), message(2), message(3)], notices: [], more: false };
  assert.deepEqual(seqs(change.applyHistory(state, 7, NEWEST, history)), [1, 2, 3]);
});

test("a message from a history before its event appears once", () => {
  let state = change.load(stateWith({ seq: 2 }), 7, NEWEST);
  const history = { messages: [message(1), message(2), message(3)], notices: [], more: false };
  state = change.applyHistory(state, 7, NEWEST, history);
  state = after(state, message(3), message(4));
  assert.deepEqual(seqs(state), [1, 2, 3, 4]);
  assert.equal(state.conversations[7].unread, 2);
});

test("an answer from before a reset neither leaves a gap nor brings back what was cleared", () => {
  const old = {};
  let state = change.load(stateWith({ seq: 90 }), 7, old);
  const fresh = conversation({ seq: 300 });
  state = change.applyChanges(state, { reset: [fresh], gone: [], events: [] });
  const stale = { messages: [message(89), message(90)], notices: [], more: true };
  assert.equal(change.applyHistory(state, 7, old, stale).messages[7], undefined);
  state = change.load(state, 7, NEWEST);
  assert.deepEqual(seqs(change.applyHistory(state, 7, old, stale)), []);
  assert.equal(change.loadFailed(state, 7, old).messages[7].loading, "loading");
  assert.equal(change.loadFailed(state, 7, NEWEST).messages[7].loading, "failed");
});

test("a stored message waits until its conversation has reached it, even if it was cleared", () => {
  const waiting = { client_id: "c3", conversation: 7, text: "hi", at: 0 };
  const ack = { client_id: "c3", epoch: 1, seq: 3 };
  const state = change.acknowledge(change.compose(stateWith({ seq: 2 }), waiting), ack);
  assert.equal(state.outbox[0].status, "sent");
  assert.equal(state.outbox[0].seq, undefined, "nothing can be done to it yet");
  const reset = (seq) =>
    change.applyChanges(state, { reset: [conversation({ seq })], gone: [], events: [] });
  assert.equal(reset(2).outbox.length, 1);
  assert.equal(reset(3).outbox.length, 0);
  // The same, where the acknowledgement is the last to arrive.
  const late = change.compose(stateWith({ seq: 3 }), waiting);
  assert.equal(change.acknowledge(late, ack).outbox.length, 0);
  assert.equal(change.acknowledge(late, { ...ack, epoch: 2 }).outbox.length, 1);
});

test("only the user's own message replaces the waiting one", () => {
  const waiting = { client_id: "c1", conversation: 7, text: "hi", at: 0 };
  const state = change.compose(stateWith(), waiting);
  assert.equal(after(state, message(1, ANN)).outbox.length, 1);
  assert.equal(after(state, message(1, ME)).outbox.length, 0);
  const loading = change.load(state, 7, NEWEST);
  const history = (actor) => ({ messages: [message(1, actor)], notices: [], more: false });
  assert.equal(change.applyHistory(loading, 7, NEWEST, history(ANN)).outbox.length, 1);
  assert.equal(change.applyHistory(loading, 7, NEWEST, history(ME)).outbox.length, 0);
});

test("a failed message has its error code, and can be taken back", () => {
  const waiting = { client_id: "c1", conversation: 7, text: "hi", at: 0 };
  const state = change.setStatus(change.compose(stateWith(), waiting), "c1", "failed", "blank");
  assert.deepEqual(
    [state.outbox[0].status, state.outbox[0].code],
    ["failed", "blank"],
  );
  assert.deepEqual(change.takeBack(state, "c1").outbox, []);
});

test("unsent messages of a removed conversation are dropped", () => {
  const waiting = { client_id: "c1", conversation: 7, text: "hi", at: 0 };
  const state = change.restore(stateWith(), [waiting]);
  assert.equal(state.outbox[0].status, "sending");
  const gone = change.applyChanges(state, { reset: [], gone: [7], events: [] });
  assert.deepEqual(gone.outbox, []);
});
