// Tests the deadline of the oldest unanswered request.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  AnswerDeadline,
} from "../../../reference_app/web/static/web/js/transport/answer-deadline.js";
import { ManualClock } from "../manual-clock.mjs";

const SHORT_MS = 10_000;
const LONG_MS = 30_000;

let clock, missed, deadline;

beforeEach(() => {
  clock = new ManualClock();
  missed = 0;
  deadline = new AnswerDeadline({ clock, missed: () => (missed += 1) });
});

test("a request without an answer in time is missed", () => {
  deadline.expect("a", SHORT_MS);
  clock.advance(SHORT_MS - 1);
  assert.equal(missed, 0);
  clock.advance(1);
  assert.equal(missed, 1);
});

test("an answered request is not missed, and no other answer counts for it", () => {
  deadline.expect("a", SHORT_MS);
  deadline.answered("another");
  deadline.answered("a");
  deadline.answered("a");
  clock.advance(LONG_MS);
  assert.equal(missed, 0);
});

test("a request has its whole time after the answer to the one before it", () => {
  deadline.expect("large", LONG_MS);
  deadline.expect("a", SHORT_MS);
  clock.advance(LONG_MS - 1);
  deadline.answered("large");
  clock.advance(SHORT_MS - 1);
  assert.equal(missed, 0);
  clock.advance(1);
  assert.equal(missed, 1);
});

test("answers to later requests do not hide a lost one", () => {
  deadline.expect("lost", SHORT_MS);
  for (let second = 1; second < SHORT_MS / 1000; second += 1) {
    deadline.expect(second, SHORT_MS);
    clock.advance(1000);
    deadline.answered(second);
  }
  clock.advance(1000);
  assert.equal(missed, 1);
});

test("a closed socket misses nothing", () => {
  deadline.expect("a", SHORT_MS);
  deadline.stop();
  clock.advance(LONG_MS);
  assert.equal(missed, 0);
});
