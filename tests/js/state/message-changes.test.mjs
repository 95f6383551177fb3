// Tests how edits, removals, reactions and mentions change the state.

import assert from "node:assert/strict";
import { test } from "node:test";

import { quoteOf } from "../../../reference_app/web/static/web/js/state/message-changes.js";
import { applyEvent, emptyState } from "../../../reference_app/web/static/web/js/state/reducers.js";

const ME = 1;
const ANN = { id: 2, username: "ann", name: "Ann" };
const BOB = { id: 3, username: "bob", name: "Bob" };

const message = (seq, fields = {}) => ({
  type: "message",
  conversation: 7,
  epoch: 1,
  seq,
  at: seq * 1000,
  actor: ANN,
  id: 100 + seq,
  client_id: `c${seq}`,
  text: `text ${seq}`,
  edited_at: null,
  removed: false,
  reply_to: null,
  mentions: [],
  reactions: [],
  ...fields,
});

const changeOf = (type, seq, about, fields = {}) => ({
  type,
  conversation: 7,
  epoch: 1,
  seq,
  at: seq * 1000,
  actor: ANN,
  message: about.id,
  message_seq: about.seq,
  ...fields,
});

const after = (...events) => {
  const start = emptyState(ME);
  start.conversations = {
    7: {
      id: 7,
      epoch: 1,
      seq: 0,
      read: 0,
      unread: 0,
      mentioned: [],
      last_message: null,
      members: [],
    },
  };
  start.messages = { 7: { items: [], more: false } };
  return events.reduce(applyEvent, start);
};
const items = (state) => state.messages[7].items;
const reacted = (seq, about, actor, ...reactions) =>
  changeOf("reacted", seq, about, {
    actor,
    reactions: reactions.map(([emoji, count, people]) => ({ emoji, count, people })),
  });

test("an edit changes the message, the list's last line and no other message", () => {
  const [one, two] = [message(1), message(2)];
  const state = after(one, two, changeOf("edited", 3, two, { text: "new", mentions: [] }));
  assert.deepEqual(items(state), [one, { ...two, text: "new", edited_at: 3000 }]);
  assert.equal(items(state)[0], one, "an unchanged message is the same object");
  assert.equal(state.conversations[7].last_message.text, "new");
  assert.equal(state.conversations[7].seq, 3);
});

test("a removal deletes the text and the reactions, and lowers the unread count by one", () => {
  const one = message(1, { mentions: [ME], reactions: [{ emoji: "👍", count: 1, people: [3] }] });
  const state = after(one, message(2), changeOf("removed", 3, one));
  const [gone] = items(state);
  assert.deepEqual([gone.text, gone.removed, gone.mentions, gone.reactions], ["", true, [], []]);
  assert.equal(state.conversations[7].unread, 1);
  assert.deepEqual(state.conversations[7].mentioned, []);
});

test("removing a read message, or the user's own, does not change the unread count", () => {
  const [one, two, own] = [message(1), message(2), message(5, { actor: { ...BOB, id: ME } })];
  const read = { ...changeOf("read", 3, one), actor: { ...BOB, id: ME }, upto: 2 };
  const state = after(one, two, read, message(4), own, changeOf("removed", 6, one));
  assert.equal(state.conversations[7].unread, 1);
  const removed = applyEvent(state, { ...changeOf("removed", 7, own), actor: own.actor });
  assert.equal(removed.conversations[7].unread, 1);
});

test("quotes change with their message", () => {
  const one = message(1, { text: "x".repeat(500) });
  const answer = message(2, { reply_to: quoteOf(one) });
  assert.equal(answer.reply_to.text.length, 160);
  const edited = after(one, answer, changeOf("edited", 3, one, { text: "short", mentions: [] }));
  assert.equal(items(edited)[1].reply_to.text, "short");
  const removed = applyEvent(edited, changeOf("removed", 4, one));
  assert.deepEqual(
    [items(removed)[1].reply_to.text, items(removed)[1].reply_to.removed],
    ["", true],
  );
});

test("a quote of a message without text has its files, until they are removed", () => {
  const files = [{ id: 1, name: "minutes.pdf" }];
  const one = message(1, { text: "", files });
  const answer = message(2, { reply_to: quoteOf(one) });
  assert.deepEqual(answer.reply_to.files, files);
  const removed = after(one, answer, changeOf("removed", 3, one));
  assert.deepEqual(items(removed)[1].reply_to.files, []);
});

test("an excerpt is cut between characters", () => {
  assert.equal([...quoteOf(message(1, { text: "😀".repeat(200) })).text].length, 160);
});

test("reactions are those of the event, and keep the user among many people", () => {
  const one = message(1);
  const mine = after(one, reacted(2, one, { ...BOB, id: ME }, ["👍", 30, [4, 5, ME]]));
  const others = applyEvent(mine, reacted(3, one, BOB, ["👍", 31, [4, 5]], ["🎉", 1, [3]]));
  assert.deepEqual(items(others)[0].reactions, [
    { emoji: "👍", count: 31, people: [4, 5, ME] },
    { emoji: "🎉", count: 1, people: [3] },
  ]);
  const taken = applyEvent(others, reacted(4, one, { ...BOB, id: ME }, ["👍", 30, [4, 5]]));
  assert.deepEqual(items(taken)[0].reactions, [{ emoji: "👍", count: 30, people: [4, 5] }]);
});

test("messages and edits add mentions, and reading removes them", () => {
  const [one, two] = [message(1, { mentions: [ME] }), message(2)];
  let state = after(one, two);
  assert.deepEqual(state.conversations[7].mentioned, [1]);
  state = applyEvent(state, changeOf("edited", 3, two, { text: "@me", mentions: [ME] }));
  assert.deepEqual(state.conversations[7].mentioned, [1, 2]);
  state = applyEvent(state, changeOf("edited", 4, one, { text: "nobody", mentions: [] }));
  assert.deepEqual(state.conversations[7].mentioned, [2]);
  state = applyEvent(state, { ...changeOf("read", 5, two), actor: { ...BOB, id: ME }, upto: 2 });
  assert.deepEqual(state.conversations[7].mentioned, []);
});

test("an edit of a read message adds no mention", () => {
  const one = message(1);
  const read = { ...changeOf("read", 2, one), actor: { ...BOB, id: ME }, upto: 1 };
  const state = after(one, read, changeOf("edited", 3, one, { text: "@me", mentions: [ME] }));
  assert.deepEqual(state.conversations[7].mentioned, []);
});

test("a change of a message that is not loaded still advances the conversation", () => {
  const state = after(changeOf("edited", 1, message(9), { text: "new", mentions: [] }));
  assert.equal(state.conversations[7].seq, 1);
  assert.deepEqual(items(state), []);
});
