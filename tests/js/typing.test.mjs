// Who types: shown when it is told, gone when it stops, when the message comes, or unheard of.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { TypingNotifier, TypingTracker } from "../../reference_app/web/static/web/js/typing.js";
import { ManualClock } from "./clock.mjs";

const amal = { id: 1, name: "Amal" };
const badr = { id: 2, name: "Badr" };
let clock;
let tracker;
let shown;
let said;
let notifier;

beforeEach(() => {
  clock = new ManualClock();
  shown = [];
  tracker = new TypingTracker(() => shown.push(tracker.in(7).map(({ name }) => name)), clock);
  said = [];
  notifier = new TypingNotifier((conversation, active) => said.push([conversation, active]), clock);
});

const notice = (person, active = true) => ({ conversation: 7, person, active });

test("it is shown in the moment in which it is told", () => {
  tracker.note(notice(amal));
  assert.deepEqual(shown, [["Amal"]]);
});

test("several typists are shown together, each of another conversation apart", () => {
  tracker.note(notice(amal));
  tracker.note(notice(badr));
  tracker.note({ conversation: 8, person: { id: 3, name: "Carol" }, active: true });
  assert.deepEqual(tracker.in(7), [amal, badr]);
});

test("it is gone when they stop", () => {
  tracker.note(notice(amal));
  tracker.note(notice(amal, false));
  assert.deepEqual(shown.at(-1), []);
});

test("it is gone after six seconds without news, and not before", () => {
  tracker.note(notice(amal));
  clock.advance(5999);
  assert.deepEqual(tracker.in(7), [amal]);
  clock.advance(1);
  assert.deepEqual(shown.at(-1), []);
});

test("news keeps it", () => {
  tracker.note(notice(amal));
  clock.advance(4000);
  tracker.note(notice(amal));
  clock.advance(4000);
  assert.deepEqual(tracker.in(7), [amal]);
});

test("whoever a poll does not tell of has stopped", () => {
  tracker.note(notice(amal));
  tracker.replace(7, [notice(badr)]);
  assert.deepEqual(tracker.in(7), [badr]);
});

test("whoever types says so at once, and again while they go on", () => {
  for (let key = 0; key < 7; key += 1) {
    notifier.typed(7);
    clock.advance(1000);
  }
  assert.deepEqual(said, [
    [7, true],
    [7, true],
    [7, true],
  ]);
});

test("whoever is idle for three seconds has stopped", () => {
  notifier.typed(7);
  clock.advance(2999);
  assert.deepEqual(said, [[7, true]]);
  clock.advance(1);
  assert.deepEqual(said.at(-1), [7, false]);
});

test("whoever sends, or goes elsewhere, has stopped; nobody stops twice", () => {
  notifier.typed(7);
  notifier.typed(8);
  notifier.stop();
  notifier.stop();
  assert.deepEqual(said, [
    [7, true],
    [7, false],
    [8, true],
    [8, false],
  ]);
});
