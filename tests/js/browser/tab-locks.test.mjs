// Tests which of several tabs was visible last, by the locks that they hold.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  latestOf,
  nameOf,
  tabsOf,
} from "../../../reference_app/web/static/web/js/browser/tab-locks.js";

const prefix = "fawran.1.tab";
const lock = (tab, { of = prefix, mode = "exclusive" } = {}) => ({ name: nameOf(of, tab), mode });
const latest = (...held) => latestOf(tabsOf(prefix, { held }))?.id ?? null;

const old = { turn: 2, isVisible: false, id: "old" };
const recent = { turn: 10, isVisible: false, id: "recent" };
const unseen = { turn: 0, isVisible: false, id: "unseen" };

test("a lock's name contains the state of its tab", () => {
  const [tab] = tabsOf(prefix, { held: [lock({ ...old, isVisible: true })] });
  assert.deepEqual(tab, { ...old, isVisible: true, name: "fawran.1.tab/2/visible/old" });
});

test("the tab that was shown last is the latest, in whatever order the locks are listed", () => {
  assert.equal(latest(lock(old), lock(recent), lock(unseen)), "recent");
  assert.equal(latest(lock(unseen), lock(recent), lock(old)), "recent");
});

test("a single tab is the latest although it has not been visible", () => {
  assert.equal(latest(lock(unseen)), "unseen");
});

test("among equal turns, all tabs choose the same one", () => {
  const other = { ...unseen, id: "another" };
  assert.equal(latest(lock(unseen), lock(other)), "unseen");
  assert.equal(latest(lock(other), lock(unseen)), "unseen");
});

test("the locks of other people and the waits for a tab's end are not tabs", () => {
  const stranger = lock(recent, { of: "fawran.12.tab" });
  const waiting = lock(recent, { mode: "shared" });
  assert.equal(latest(stranger, waiting, lock(old)), "old");
  assert.equal(latest(stranger, waiting), null);
});
