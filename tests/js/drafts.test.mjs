// What was typed is kept for each conversation and person, and all tabs agree.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Drafts } from "../../reference_app/web/static/web/js/drafts.js";
import { Outbox } from "../../reference_app/web/static/web/js/outbox.js";
import { MemoryStorage } from "./storage.mjs";

let storage;
let events;
const drafts = (me = 1) => new Drafts({ me, storage, events });
const outbox = (me = 1) => new Outbox({ me, storage });
const message = (id, more = {}) => ({
  client_id: id,
  conversation: 7,
  text: `text ${id}`,
  at: 1000,
  status: "sending",
  ...more,
});

beforeEach(() => {
  storage = new MemoryStorage();
  events = new EventTarget();
});

const changedElsewhere = (key, newValue) =>
  events.dispatchEvent(Object.assign(new Event("storage"), { key, newValue }));

test("a draft belongs to one conversation and one person", () => {
  drafts().keep(7, "hello");
  assert.equal(drafts().of(7), "hello");
  assert.equal(drafts().of(8), "");
  assert.equal(drafts(2).of(7), "");
});

test("a draft that was sent leaves nothing behind", () => {
  const kept = drafts();
  kept.keep(7, "hello");
  kept.drop(7);
  assert.equal(kept.of(7), "");
  assert.equal(storage.length, 0);
});

test("what another tab types is heard of", () => {
  const kept = drafts();
  const heard = [];
  kept.watch((conversation, text) => heard.push([conversation, text]));
  changedElsewhere("fawran.draft.1.7", "from there");
  changedElsewhere("fawran.draft.1.7", null);
  changedElsewhere("fawran.draft.2.7", "somebody else's");
  changedElsewhere(null, null);
  assert.deepEqual(heard, [
    [7, "from there"],
    [7, ""],
  ]);
  assert.equal(kept.of(7), "");
});

test("a storage that refuses costs the draft its long life only", () => {
  storage.setItem = () => {
    throw new Error("full");
  };
  const kept = drafts();
  kept.keep(7, "hello");
  assert.equal(kept.of(7), "hello");
});

test("what is on its way is there for the next page, in its order", () => {
  outbox().keep([message("b", { at: 2000 }), message("a", { at: 1000 }), message("c", { status: "sent" })]);
  assert.deepEqual(
    outbox().left().map((one) => one.text),
    ["text a", "text b"],
  );
  assert.deepEqual(outbox(2).left(), []);
});

test("what has arrived is kept no longer", () => {
  const kept = outbox();
  kept.keep([message("a"), message("b")]);
  kept.keep([message("b", { status: "failed" })]);
  assert.deepEqual(
    outbox().left().map((one) => one.client_id),
    ["b"],
  );
});

test("what is left from before is forgotten once it has arrived", () => {
  outbox().keep([message("a")]);
  const next = outbox();
  assert.equal(next.left().length, 1);
  next.keep([]);
  assert.equal(storage.length, 0);
});

test("what no page has stored is thrown away", () => {
  storage.setItem("fawran.outbox.1.x", "{");
  storage.setItem("fawran.outbox.1.y", '{"client_id": 5}');
  assert.deepEqual(outbox().left(), []);
  assert.equal(storage.length, 0);
});
