// Tests that the unsent text of each conversation and user is stored, and is the same in all tabs.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Drafts } from "../../../reference_app/web/static/web/js/state/drafts.js";
import { MemoryStorage } from "../memory-storage.mjs";

let storage;
let events;
const drafts = (me = 1) => new Drafts({ me, storage, events });

beforeEach(() => {
  storage = new MemoryStorage();
  events = new EventTarget();
});

const changedElsewhere = (key, newValue) =>
  events.dispatchEvent(Object.assign(new Event("storage"), { key, newValue }));

test("a draft belongs to one conversation and one user", () => {
  drafts().save(7, "hello");
  assert.equal(drafts().of(7), "hello");
  assert.equal(drafts().of(8), "");
  assert.equal(drafts(2).of(7), "");
});

test("a discarded draft leaves nothing in the storage", () => {
  const kept = drafts();
  kept.save(7, "hello");
  kept.discard(7);
  assert.equal(kept.of(7), "");
  assert.equal(storage.length, 0);
});

test("a draft that another tab changes is received", () => {
  const kept = drafts();
  const received = [];
  kept.watch((conversation, text) => received.push([conversation, text]));
  changedElsewhere("fawran.draft.1.7", "from there");
  changedElsewhere("fawran.draft.1.7", null);
  changedElsewhere("fawran.draft.2.7", "somebody else's");
  changedElsewhere(null, null);
  assert.deepEqual(received, [
    [7, "from there"],
    [7, ""],
  ]);
  assert.equal(kept.of(7), "");
});

test("a draft is kept in memory if the storage refuses it", () => {
  storage.setItem = () => {
    throw new Error("full");
  };
  const kept = drafts();
  kept.save(7, "hello");
  assert.equal(kept.of(7), "hello");
});
