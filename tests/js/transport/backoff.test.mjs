// Tests the delay before a retry.

import assert from "node:assert/strict";
import { test } from "node:test";

import { backoff, retryAfter } from "../../../reference_app/web/static/web/js/transport/backoff.js";

test("a delay is between 100 ms and twice the maximum before, up to a cap", () => {
  assert.equal(backoff(0, () => 0), 100);
  assert.equal(backoff(0, () => 1), 600);
  assert.equal(backoff(1, () => 1), 1100);
  assert.equal(backoff(50, () => 1), 20_100);
  assert.equal(backoff(50, () => 1, 60_000), 60_100);
});

test("only a valid delay of the server is used", () => {
  assert.equal(retryAfter("retry:1500"), 1500);
  for (const reason of ["", "retry:", "retry:soon", "retry:-1"]) {
    assert.equal(retryAfter(reason), null);
  }
});
