// Tests which messages wait for their announcement, and which another tab has announced.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Announcements,
  WAIT_LIMIT_MS,
} from "../../../reference_app/web/static/web/js/state/announcements.js";

const started = () => {
  const clock = { time: 0 };
  const announcements = new Announcements({ now: () => clock.time });
  const add = (conversation, seq, epoch = 1) =>
    announcements.add({ conversation, epoch, seq }, () => {});
  const take = () => announcements.takeAll().map(({ history, seq }) => [history, seq]);
  return { clock, announcements, add, take };
};

test("a message is taken once, although it is received again", () => {
  const { add, take } = started();
  add(1, 7);
  assert.deepEqual(take(), [["1.1", 7]]);
  add(1, 7);
  assert.deepEqual(take(), []);
});

test("a message that another tab announced before does not wait", () => {
  const { announcements, add } = started();
  announcements.markAnnounced("1.1", 7);
  add(1, 6);
  add(1, 7);
  assert.ok(announcements.isEmpty);
  add(1, 8);
  assert.ok(!announcements.isEmpty);
});

test("a waiting message that another tab announces stops waiting", () => {
  const { announcements, add, take } = started();
  add(1, 7);
  add(2, 3);
  announcements.markAnnounced("1.1", 7);
  assert.deepEqual(take(), [["2.1", 3]]);
});

test("a newer message still waits when an older one was announced", () => {
  const { announcements, add, take } = started();
  add(1, 8);
  announcements.markAnnounced("1.1", 7);
  assert.deepEqual(take(), [["1.1", 8]]);
});

test("of a conversation only the newest message waits", () => {
  const { add, take } = started();
  add(1, 8);
  add(1, 7);
  add(1, 9);
  assert.deepEqual(take(), [["1.1", 9]]);
});

test("a message that waited too long is announced by nobody", () => {
  const { clock, announcements, add, take } = started();
  add(1, 7);
  clock.time = WAIT_LIMIT_MS;
  add(2, 3);
  assert.ok(!announcements.isEmpty);
  clock.time += 1;
  assert.deepEqual(take(), [["2.1", 3]]);
  clock.time += WAIT_LIMIT_MS + 1;
  assert.ok(announcements.isEmpty);
});

test("the first message of a new history is announced", () => {
  const { add, take } = started();
  add(1, 7);
  take();
  add(1, 2, 5);
  assert.deepEqual(take(), [["1.5", 2]]);
});
