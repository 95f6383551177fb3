// Tests typing notices: those that the page shows, and those that it sends.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  TypingNotifier,
  TypingTracker,
} from "../../../reference_app/web/static/web/js/state/typing.js";
import { ManualClock } from "../manual-clock.mjs";

const amal = { id: 1, name: "Amal" };
const badr = { id: 2, name: "Badr" };
let clock;
let tracker;
let shown;
let sent;
let notifier;

beforeEach(() => {
  clock = new ManualClock();
  shown = [];
  tracker = new TypingTracker(() => shown.push(tracker.in(7).map(({ name }) => name)), clock);
  sent = [];
  notifier = new TypingNotifier((conversation, active) => sent.push([conversation, active]), clock);
});

const notice = (person, active = true) => ({ conversation: 7, person, active });

test("a typist is shown at once", () => {
  tracker.record(notice(amal));
  assert.deepEqual(shown, [["Amal"]]);
});

test("several typists are shown together, those of another conversation separately", () => {
  tracker.record(notice(amal));
  tracker.record(notice(badr));
  tracker.record({ conversation: 8, person: { id: 3, name: "Carol" }, active: true });
  assert.deepEqual(tracker.in(7), [amal, badr]);
});

test("a typist who stops is no longer shown", () => {
  tracker.record(notice(amal));
  tracker.record(notice(amal, false));
  assert.deepEqual(shown.at(-1), []);
});

test("a typist is shown for six seconds without another notice", () => {
  tracker.record(notice(amal));
  clock.advance(5999);
  assert.deepEqual(tracker.in(7), [amal]);
  clock.advance(1);
  assert.deepEqual(shown.at(-1), []);
});

test("another notice extends the time", () => {
  tracker.record(notice(amal));
  clock.advance(4000);
  tracker.record(notice(amal));
  clock.advance(4000);
  assert.deepEqual(tracker.in(7), [amal]);
});

test("a typist who is missing in a poll has stopped", () => {
  tracker.record(notice(amal));
  tracker.replace(7, [notice(badr)]);
  assert.deepEqual(tracker.in(7), [badr]);
});

test("typing is reported at once, and repeated while it continues", () => {
  for (let key = 0; key < 7; key += 1) {
    notifier.typed(7);
    clock.advance(1000);
  }
  assert.deepEqual(sent, [
    [7, true],
    [7, true],
    [7, true],
  ]);
});

test("the end of typing is reported after three idle seconds", () => {
  notifier.typed(7);
  clock.advance(2999);
  assert.deepEqual(sent, [[7, true]]);
  clock.advance(1);
  assert.deepEqual(sent.at(-1), [7, false]);
});

test("sending, or changing the conversation, ends typing, which is reported once", () => {
  notifier.typed(7);
  notifier.typed(8);
  notifier.stop();
  notifier.stop();
  assert.deepEqual(sent, [
    [7, true],
    [7, false],
    [8, true],
    [8, false],
  ]);
});
