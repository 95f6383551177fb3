// Tests the requests of polls.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  pollDelay,
  pollRequest,
} from "../../../reference_app/web/static/web/js/transport/poll-requests.js";

const asked = { isLong: false, typists: [], cursor: "7.1.42", watching: null };

test("a short poll has the cursor, and the open conversation if there is one", () => {
  assert.deepEqual(pollRequest(asked), { path: "/sync", query: { cursor: "7.1.42" } });
  assert.deepEqual(pollRequest({ ...asked, watching: 7 }).query, { cursor: "7.1.42", watching: 7 });
});

test("a long poll waits as long as possible, but less than typing is remembered", () => {
  const long = { ...asked, isLong: true };
  assert.equal(pollRequest(long).path, "/sync/wait");
  assert.equal(pollRequest(long).query.seconds, 25);
  assert.ok(pollRequest({ ...long, typists: [3] }).query.seconds < 6);
});

test("a long poll names the shown typists, unless they are too many for a URL", () => {
  const long = { ...asked, isLong: true };
  assert.equal(pollRequest(long).query.typing, "");
  assert.equal(pollRequest({ ...long, typists: [3, 5] }).query.typing, "3,5");
  assert.ok(!("typing" in pollRequest({ ...long, typists: Array(101).fill(7) }).query));
});

test("short polls are 2 to 5 s apart, long ones follow each other", () => {
  assert.equal(pollDelay({ isLong: false }, () => 0), 2000);
  assert.equal(pollDelay({ isLong: false }, () => 1), 5000);
  assert.ok(pollDelay({ isLong: true }) < 1000);
});
