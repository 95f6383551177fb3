// Tests conversations whose history was discarded, as after a restore of the database.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cursorOf,
  isAhead,
  isNewHistory,
} from "../../../reference_app/web/static/web/js/state/cursor.js";
import * as change from "../../../reference_app/web/static/web/js/state/reducers.js";
import { keyOf } from "../../../reference_app/web/static/web/js/state/rows.js";

const ME = { id: 1, name: "Me" };
const ANN = { id: 2, name: "Ann" };
const EPOCH = 28_000_000;

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
  mentioned: [],
  version: 0,
  ...more,
});
const message = (seq, actor = ANN, epoch = 1) => ({
  type: "message",
  conversation: 7,
  epoch,
  seq,
  id: seq,
  at: seq,
  actor,
  client_id: `c${epoch}.${seq}`,
  text: `text ${seq}`,
  mentions: [],
});
const changes = (more) => ({ reset: [], events: [], gone: [], typing: [], ...more });

const ahead = () => {
  const asked = {};
  let state = { ...change.emptyState(ME.id), conversations: { 7: conversation() }, open: 7 };
  state = change.load(state, 7, asked);
  state = change.applyHistory(state, 7, asked, { messages: [], notices: [], more: false });
  for (let seq = 1; seq <= 40; seq += 1) state = change.applyEvent(state, message(seq));
  return state;
};

for (const [what, epoch] of [
  ["another epoch", EPOCH],
  ["the same epoch", 1],
]) {
  test(`a reset to a lower seq under ${what} drops the loaded messages, events continue`, () => {
    const fresh = conversation({ epoch, seq: 35, read: 30, unread: 2 });
    let state = change.applyChanges(ahead(), changes({ reset: [fresh] }));
    assert.equal(cursorOf(state.conversations), `7.${epoch}.35`);
    assert.equal(state.messages[7], undefined, "it is loaded again");
    assert.equal(state.conversations[7].unread, 2);
    state = change.applyEvent(state, message(36, ANN, epoch));
    assert.deepEqual([state.conversations[7].seq, state.conversations[7].unread], [36, 3]);
  });
}

test("an answer from before the reset is ignored", () => {
  const asked = {};
  const asking = change.load(ahead(), 7, asked);
  const reset = [conversation({ epoch: EPOCH, seq: 35 })];
  const state = change.applyChanges(asking, changes({ reset }));
  const history = { messages: [message(40)], notices: [], more: false };
  const late = change.applyHistory(state, 7, asked, history);
  assert.equal(late.messages[7], undefined);
});

test("a message whose acknowledgement was of the discarded history is sent again", () => {
  const waiting = { client_id: "mine", conversation: 7, text: "again", files: [], at: 1 };
  let state = change.compose(ahead(), waiting);
  state = change.acknowledge(state, { client_id: "mine", epoch: 1, seq: 41 });
  const { reset } = changes({ reset: [conversation({ epoch: EPOCH, seq: 50 })] });
  assert.deepEqual(change.discardedIds(state.outbox, reset), ["mine"]);
  state = change.applyChanges(state, changes({ reset }));
  assert.equal(state.outbox[0].status, "sending");
  assert.equal(state.outbox[0].stored, undefined);
  // It was stored after all, in the history that is kept: the repeat is acknowledged.
  state = change.acknowledge(state, { client_id: "mine", epoch: EPOCH, seq: 33 });
  assert.deepEqual(state.outbox, []);
});

test("a message that the server lost in a power cut is sent again", () => {
  const waiting = { client_id: "mine", conversation: 7, text: "again", files: [], at: 1 };
  let state = change.compose(ahead(), waiting);
  state = change.acknowledge(state, { client_id: "mine", epoch: 1, seq: 41 });
  const { reset } = changes({ reset: [conversation({ seq: 35 })] });
  assert.deepEqual(change.discardedIds(state.outbox, reset), ["mine"]);
});

test("an acknowledgement that arrives before its reset is kept", () => {
  const waiting = { client_id: "mine", conversation: 7, text: "new", files: [], at: 1 };
  let state = change.compose(ahead(), waiting);
  state = change.acknowledge(state, { client_id: "mine", epoch: EPOCH, seq: 36 });
  const { reset } = changes({ reset: [conversation({ epoch: EPOCH, seq: 36 })] });
  assert.deepEqual(change.discardedIds(state.outbox, reset), []);
  assert.deepEqual(change.applyChanges(state, changes({ reset })).outbox, []);
});

test("a conversation that the restore has lost is dropped with its unsent messages", () => {
  const waiting = { client_id: "mine", conversation: 7, text: "lost", files: [], at: 1 };
  const state = change.applyChanges(change.compose(ahead(), waiting), changes({ gone: [7] }));
  assert.deepEqual([state.outbox, state.conversations, state.open], [[], {}, null]);
});

test("another epoch or a lower seq is a new history, another version is not", () => {
  const seen = conversation({ seq: 40 });
  assert.equal(isNewHistory(seen, conversation({ epoch: EPOCH, seq: 41 })), true);
  assert.equal(isNewHistory(seen, conversation({ seq: 39 })), true);
  assert.equal(isNewHistory(seen, conversation({ seq: 300 })), false);
  assert.equal(isNewHistory(seen, conversation({ seq: 40, version: 1 })), false);
  assert.equal(isNewHistory(undefined, conversation({ seq: 40 })), false);
});

test("a page is ahead of heads that are behind its state at the previous heads", () => {
  const before = { 7: conversation({ seq: 40 }) };
  assert.equal(isAhead(before, "7.1.39"), true);
  assert.equal(isAhead(before, "7.1.40"), false);
  assert.equal(isAhead(before, "7.2.39"), false, "another epoch is behind, not ahead");
  assert.equal(isAhead(before, "7.1.39.1"), false, "so is another version");
  assert.equal(isAhead({}, "7.1.39"), false);
});

test("notices of two histories with the same seq are two rows", () => {
  const notice = { type: "renamed", conversation: 7, seq: 3, title: "A", actor: ANN };
  assert.notEqual(keyOf({ ...notice, epoch: 1 }, 1), keyOf({ ...notice, epoch: EPOCH }, 1));
});
