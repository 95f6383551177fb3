// Tests that unsent messages are stored until they have arrived.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Outbox } from "../../../reference_app/web/static/web/js/state/outbox.js";
import { MemoryStorage } from "../memory-storage.mjs";

let storage;
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
});

test("the next page loads the unsent messages, in order", () => {
  const sent = message("c", { status: "sent" });
  outbox().save([message("b", { at: 2000 }), message("a", { at: 1000 }), sent]);
  assert.deepEqual(
    outbox().load().map((one) => one.text),
    ["text a", "text b"],
  );
  assert.deepEqual(outbox(2).load(), []);
});

test("a message that has arrived is deleted", () => {
  const kept = outbox();
  kept.save([message("a"), message("b")]);
  kept.save([message("b", { status: "failed" })]);
  assert.deepEqual(
    outbox().load().map((one) => one.client_id),
    ["b"],
  );
});

test("a message of an earlier page is deleted when it has arrived", () => {
  outbox().save([message("a")]);
  const next = outbox();
  assert.equal(next.load().length, 1);
  next.save([]);
  assert.equal(storage.length, 0);
});

test("an entry that is not a message is deleted", () => {
  storage.setItem("fawran.outbox.1.x", "{");
  storage.setItem("fawran.outbox.1.y", '{"client_id": 5}');
  assert.deepEqual(outbox().load(), []);
  assert.equal(storage.length, 0);
});
