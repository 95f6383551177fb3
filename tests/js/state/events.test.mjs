// Tests that each event changes the state once and in order.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as change from "../../../reference_app/web/static/web/js/state/reducers.js";

const ME = 1;
const me = { id: ME, name: "Me" };
const other = { id: 2, name: "Other" };
const conversation = {
  id: 7,
  kind: "direct",
  members: [me, other],
  epoch: 1,
  seq: 10,
  unread: 0,
  read: 0,
  last_message: null,
};
const state = change.addConversation(change.emptyState(ME), conversation);
const message = (seq, more = {}) => ({
  type: "message",
  conversation: 7,
  epoch: 1,
  seq,
  actor: other,
  text: `text ${seq}`,
  client_id: `id ${seq}`,
  at: 1000 + seq,
  ...more,
});

test("the next event is shown, an older one is dropped, anything else is a gap", () => {
  assert.equal(change.classifyEvent(conversation, message(11)), "next");
  assert.equal(change.classifyEvent(conversation, message(10)), "old");
  assert.equal(change.classifyEvent(conversation, message(12)), "gap");
  assert.equal(change.classifyEvent(conversation, message(11, { epoch: 2 })), "gap");
  assert.equal(change.classifyEvent(undefined, message(11)), "gap");
});

test("a message moves the position, counts as unread, and is the last one", () => {
  const { conversations } = change.applyEvent(state, message(11));
  assert.equal(conversations[7].seq, 11);
  assert.equal(conversations[7].unread, 1);
  assert.equal(conversations[7].last_message.text, "text 11");
});

test("an event that was applied before changes nothing", () => {
  const once = change.applyEvent(state, message(11));
  assert.equal(change.applyEvent(once, message(11)), once);
});

test("the user's own message is not unread, and leaves the outbox", () => {
  const composed = change.compose(state, { client_id: "mine", conversation: 7, text: "hi", at: 1 });
  const stored = change.applyEvent(composed, message(11, { actor: me, client_id: "mine" }));
  assert.deepEqual(stored.outbox, []);
  assert.equal(stored.conversations[7].unread, 0);
});

test("a read marker from another tab applies in this one", () => {
  const unread = change.applyEvent(state, message(11));
  const read = { type: "read", conversation: 7, epoch: 1, seq: 12, actor: me, upto: 11 };
  assert.equal(change.applyEvent(unread, read).conversations[7].unread, 0);
});

test("a removed conversation is closed, by a request or by sync", () => {
  const opened = change.open(state, 7);
  assert.equal(change.remove(opened, 7).open, null);
  const changes = { events: [], reset: [], gone: [7] };
  const synced = change.applyChanges(opened, changes);
  assert.equal(synced.open, null);
  assert.deepEqual(synced.conversations, {});
});

test("an unacknowledged message stays in the outbox, and its status can be set", () => {
  const composed = change.compose(state, { client_id: "mine", conversation: 7, text: "hi", at: 1 });
  assert.equal(composed.outbox[0].status, "sending");
  assert.equal(change.setStatus(composed, "mine", "failed").outbox[0].status, "failed");
});

test("the last message of a reset conversation counts if it is unread and new", () => {
  const fresh = { ...conversation, unread: 1, seq: 12, last_message: message(12) };
  const news = (more, known = {}) => change.newLastMessages(known, [{ ...fresh, ...more }]).length;
  assert.equal(news({}), 1);
  assert.equal(news({}, { 7: conversation }), 1);
  assert.equal(news({}, { 7: { ...conversation, seq: 12 } }), 0);
  assert.equal(news({ unread: 0 }), 0);
  assert.equal(news({ last_message: null }), 0);
});
