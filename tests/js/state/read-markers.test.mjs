// Tests who has seen a message.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  readersOf,
  seenCount,
} from "../../../reference_app/web/static/web/js/state/read-markers.js";

const members = [1, 2, 3].map((id) => ({ id, name: `Person ${id}` }));

test("a person has seen a message when their marker has reached it", () => {
  const readBy = { 1: 5, 2: 7, 3: 9 };
  assert.deepEqual(
    [1, 5, 6, 7, 8, 9, 10].map((seq) => seenCount(readBy, seq)),
    [3, 3, 2, 2, 1, 1, 0],
  );
  assert.deepEqual(
    readersOf({ members, read_by: readBy }, 7).map((person) => person.id),
    [2, 3],
  );
});

test("without markers nobody has seen anything", () => {
  assert.equal(seenCount({}, 1), 0);
  assert.deepEqual(readersOf({ members, read_by: {} }, 1), []);
});
