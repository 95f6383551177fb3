// Tests how notices change a group.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cursorOf, isBehind } from "../../../reference_app/web/static/web/js/state/cursor.js";
import { isOwnDeparture } from "../../../reference_app/web/static/web/js/state/notices.js";
import {
  addConversation,
  applyEvent,
  applyHistory,
  emptyState,
  load,
} from "../../../reference_app/web/static/web/js/state/reducers.js";

const ann = { id: 1, username: "ann", name: "Ann" };
const bob = { id: 2, username: "bob", name: "Bob" };
const carol = { id: 3, username: "carol", name: "Carol" };

const group = (more = {}) => ({
  id: 7,
  epoch: 1,
  seq: 0,
  version: 0,
  kind: "group",
  title: "Room",
  members: [ann, bob],
  last_message: null,
  owner: 1,
  read: 0,
  unread: 0,
  mentioned: [],
  ...more,
});

const state = (more) => addConversation(emptyState(1), group(more));
const event = (type, seq, more) => ({
  type,
  conversation: 7,
  epoch: 1,
  seq,
  at: 0,
  actor: bob,
  ...more,
});
const after = (before, ...events) => events.reduce(applyEvent, before).conversations[7];

test("a group is renamed, grows, shrinks and is handed over, and nothing of it is unread", () => {
  const seen = after(
    state(),
    event("renamed", 1, { title: "Plans" }),
    event("joined", 2, { person: carol }),
    event("left", 3, { person: ann }),
    event("owner", 4, { person: carol }),
  );
  assert.equal(seen.title, "Plans");
  assert.deepEqual(seen.members, [bob, carol]);
  assert.equal(seen.owner, 3);
  assert.equal(seen.unread, 0);
  assert.equal(seen.last_message, null);
});

test("a person who joins twice is a member once", () => {
  const seen = after(state(), event("joined", 1, { person: bob }));
  assert.deepEqual(seen.members, [ann, bob]);
});

test("an event updates the name of its actor", () => {
  const named = { ...bob, name: "Robert" };
  const seen = after(state(), event("read", 1, { actor: named, upto: 0 }));
  assert.deepEqual(seen.members, [ann, named]);
});

test("a notice is added to the loaded messages", () => {
  const messages = [event("message", 1), event("message", 4)];
  const notices = [event("left", 3, { person: carol })];
  const history = { messages, notices, more: false };
  const asked = {};
  const loaded = applyHistory(load(state({ seq: 4 }), 7, asked), 7, asked, history);
  assert.deepEqual(loaded.messages[7].items.map(({ seq }) => seq), [1, 3, 4]);
  const more = applyEvent(loaded, event("renamed", 5, { title: "Plans" }));
  assert.deepEqual(more.messages[7].items.map(({ seq }) => seq), [1, 3, 4, 5]);
});

test("only the user's own departure counts as one", () => {
  assert.equal(isOwnDeparture(event("left", 1, { person: ann }), 1), true);
  assert.equal(isOwnDeparture(event("left", 1, { person: carol }), 1), false);
  assert.equal(isOwnDeparture(event("joined", 1, { person: ann }), 1), false);
});

test("another version of the user's view is behind, and a cursor contains the version", () => {
  const seen = { 7: group({ seq: 4 }) };
  assert.equal(isBehind(seen, "7.1.4"), false);
  assert.equal(isBehind(seen, "7.1.4.1"), true);
  assert.equal(cursorOf(seen), "7.1.4");
  assert.equal(cursorOf({ 7: group({ seq: 4, version: 2 }) }), "7.1.4.2");
});
