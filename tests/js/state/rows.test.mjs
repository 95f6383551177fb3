// Tests the rows of the list of messages: their order, and that unchanged rows are the same
// objects.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Rows, guessHeight } from "../../../reference_app/web/static/web/js/state/rows.js";

const NOON = new Date(2026, 5, 1, 12).getTime();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ME = 1;

const said = (seq, { by = 2, at = NOON + seq * 1000, text = "hello" } = {}) => ({
  seq,
  at,
  text,
  actor: { id: by, name: `Person ${by}` },
  client_id: `c${seq}`,
});
const kinds = (rows) => rows.map((row) => row.kind);
const opening = (rows) =>
  rows.filter((row) => row.kind === "message").map((row) => row.startsSeries);

test("messages follow their day", () => {
  const messages = [said(1), said(2), said(3, { at: NOON + DAY })];
  assert.deepEqual(kinds(new Rows(ME).of({ messages })), [
    "start",
    "day",
    "message",
    "message",
    "day",
    "message",
  ]);
});

test("a list with older messages to come begins with them", () => {
  const rows = new Rows(ME);
  assert.equal(rows.of({ messages: [said(9)], more: true })[0].kind, "older");
  assert.equal(rows.of({ messages: [] })[0].kind, "start");
});

test("a sender is named once for messages within five minutes", () => {
  const messages = [
    said(1),
    said(2),
    said(3, { by: 3 }),
    said(4, { by: 2 }),
    said(5, { by: 2, at: NOON + 6 * MINUTE }),
  ];
  assert.deepEqual(opening(new Rows(ME).of({ messages })), [true, false, true, true, true]);
});

test("the unread messages begin with the first message of another person", () => {
  const messages = [said(1), said(2, { by: ME }), said(4), said(5)];
  const rows = new Rows(ME).of({ messages, unreadAfter: 1 });
  assert.deepEqual(kinds(rows), [
    ...["start", "day", "message", "message"],
    ...["unread", "message", "message"],
  ]);
  assert.equal(rows[5].message.seq, 4);
  assert.equal(rows[5].startsSeries, true);
});

test("the beginning of the unread messages is not marked while it is not loaded", () => {
  const messages = [said(7), said(8)];
  const made = new Rows(ME);
  assert.ok(!kinds(made.of({ messages, more: true, unreadAfter: 3 })).includes("unread"));
  const all = [said(3), ...messages];
  assert.ok(kinds(made.of({ messages: all, more: true, unreadAfter: 3 })).includes("unread"));
});

test("a message keeps its key when it is stored", () => {
  const made = new Rows(ME);
  const waiting = [{ client_id: "c5", text: "hi", at: NOON, status: "sending" }];
  const before = made.of({ messages: [], waiting }).at(-1);
  const after = made.of({ messages: [said(5, { by: ME })] }).at(-1);
  assert.equal(before.key, after.key);
  assert.ok(before.mine && after.mine);
});

test("two senders may have chosen the same id", () => {
  const twins = [said(1, { by: 2 }), { ...said(2, { by: 3 }), client_id: "c1" }];
  const keys = new Rows(ME).of({ messages: twins }).map((row) => row.key);
  assert.equal(new Set(keys).size, keys.length);
});

test("rows that have not changed are the same objects", () => {
  const made = new Rows(ME);
  const messages = [said(1), said(2), said(3)];
  const first = made.of({ messages });
  const second = made.of({ messages: [...messages, said(4)] });
  assert.ok(first.every((row, index) => row === second[index]));
  const edited = [messages[0], { ...messages[1], text: "changed" }, messages[2]];
  const third = made.of({ messages: edited });
  assert.equal(third[2], first[2]);
  assert.notEqual(third[3], first[3]);
});

test("loading older messages does not change the rows of the others", () => {
  const made = new Rows(ME);
  const messages = [said(10), said(11), said(12)];
  const before = made.of({ messages, more: true });
  const after = made.of({ messages: [said(8), said(9), ...messages], more: true });
  assert.deepEqual(after.slice(-2), before.slice(-2));
  assert.ok(after.slice(-2).every((row, index) => row === before.slice(-2)[index]));
});

test("the estimated height of a longer text is larger", () => {
  const [short, long] = ["hi", "word ".repeat(100)].map((text) =>
    guessHeight(new Rows(ME).of({ messages: [said(1, { text })] }).at(-1)),
  );
  assert.ok(long > short);
});
