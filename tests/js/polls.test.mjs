// Which question a poll asks.

import assert from "node:assert/strict";
import { test } from "node:test";

import { pollOf, waitAfter } from "../../reference_app/web/static/web/js/transport/polls.js";

const asked = { isLong: false, typists: [], cursor: "7.1.42", watching: null };

test("a short poll tells where one stands, and what one looks at if anything", () => {
  assert.deepEqual(pollOf(asked), { path: "/sync", query: { cursor: "7.1.42" } });
  assert.deepEqual(pollOf({ ...asked, watching: 7 }).query, { cursor: "7.1.42", watching: 7 });
});

test("a long poll waits as long as it may, but not longer than typing is remembered", () => {
  const long = { ...asked, isLong: true };
  assert.equal(pollOf(long).path, "/sync/wait");
  assert.equal(pollOf(long).query.seconds, 25);
  assert.ok(pollOf({ ...long, typists: [3] }).query.seconds < 6);
});

test("a long poll names who is shown to type, unless they are too many for an address", () => {
  const long = { ...asked, isLong: true };
  assert.equal(pollOf(long).query.typing, "");
  assert.equal(pollOf({ ...long, typists: [3, 5] }).query.typing, "3,5");
  assert.ok(!("typing" in pollOf({ ...long, typists: Array(101).fill(7) }).query));
});

test("short polls are 2 to 5 s apart, long ones follow each other", () => {
  assert.equal(waitAfter({ isLong: false }, () => 0), 2000);
  assert.equal(waitAfter({ isLong: false }, () => 1), 5000);
  assert.ok(waitAfter({ isLong: true }) < 1000);
});
