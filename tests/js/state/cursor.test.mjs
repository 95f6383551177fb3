// Tests cursors, and whether a page is behind the heads.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cursorOf,
  isBehind,
  parseCursor,
} from "../../../reference_app/web/static/web/js/state/cursor.js";

const seen = { 7: { id: 7, epoch: 1, seq: 42 }, 9: { id: 9, epoch: 2, seq: 3 } };

test("a cursor lists the seen positions, and is read as it is written", () => {
  assert.equal(cursorOf(seen), "7.1.42,9.2.3");
  assert.deepEqual(parseCursor("7.1.42,9.2.3").get(9), { epoch: 2, seq: 3, version: 0 });
  assert.equal(parseCursor("").size, 0);
  assert.equal(cursorOf({}), "");
});

test("a page that has seen all is not behind", () => {
  assert.equal(isBehind(seen, "7.1.42,9.2.3"), false);
  assert.equal(isBehind(seen, "7.1.41,9.2.3"), false, "heads may be older than pushed events");
});

for (const [what, heads] of [
  ["an event", "7.1.43,9.2.3"],
  ["an epoch", "7.2.42,9.2.3"],
  ["a conversation", "7.1.42,9.2.3,11.1.0"],
  ["that a conversation is gone", "7.1.42"],
]) {
  test(`a page that lacks ${what} is behind`, () => assert.equal(isBehind(seen, heads), true));
}
