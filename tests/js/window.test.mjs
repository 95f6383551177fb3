// The geometry of a long list: no document, only lengths.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  anchorsAt,
  lengthOf,
  offsetsOf,
  rowAt,
  topFor,
  windowOf,
  within,
} from "../../reference_app/web/static/web/js/window.js";

const rows = (count, height = 10) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index}`, height, holds: true }));
const heightOf = (row) => row.height;
const measured = (list) => offsetsOf(list, heightOf);

test("each row begins where the one before it ends", () => {
  const offsets = measured([{ height: 3 }, { height: 0.5 }, { height: 7 }]);
  assert.deepEqual([...offsets], [0, 3, 3.5, 10.5]);
  assert.equal(lengthOf(offsets), 10.5);
});

test("a place is on the row that covers it, and beyond the list on the nearest", () => {
  const offsets = measured(rows(4));
  const found = [-5, 0, 9.9, 10, 39, 40, 1000].map((place) => rowAt(offsets, place));
  assert.deepEqual(found, [0, 0, 0, 1, 3, 3, 3]);
  assert.equal(rowAt(measured([]), 0), 0);
});

test("a window holds what is seen and a margin around, and room for all else", () => {
  const offsets = measured(rows(10_000));
  const found = windowOf(offsets, { top: 50_000, height: 500, margin: 200 });
  assert.deepEqual(found, { from: 4980, to: 5071, above: 49_800, below: 49_290 });
  const shown = lengthOf(offsets) - found.above - found.below;
  assert.equal(shown, (found.to - found.from) * 10);
});

test("a window at either end has no room beyond", () => {
  const offsets = measured(rows(100));
  assert.equal(windowOf(offsets, { top: 0, height: 50, margin: 50 }).above, 0);
  assert.equal(windowOf(offsets, { top: 950, height: 50, margin: 50 }).below, 0);
  const none = windowOf(measured([]), { top: 0, height: 50, margin: 50 });
  assert.deepEqual(none, { from: 0, to: 0, above: 0, below: 0 });
});

test("the place is kept when rows come in above", () => {
  const before = rows(100);
  const anchors = anchorsAt(before, measured(before), { top: 203, height: 100 });
  const after = [...rows(50, 17).map((row) => ({ ...row, key: `older ${row.key}` })), ...before];
  assert.equal(topFor(after, measured(after), anchors), 203 + 50 * 17);
});

test("the place is kept when what lies above is of another height than was supposed", () => {
  const before = rows(100);
  const anchors = anchorsAt(before, measured(before), { top: 203, height: 100 });
  const after = before.map((row, index) => ({ ...row, height: index < 20 ? 35 : 10 }));
  assert.equal(topFor(after, measured(after), anchors), 203 + 20 * 25);
});

test("the place is kept by the next row when the first that is seen is removed", () => {
  const before = rows(100);
  const anchors = anchorsAt(before, measured(before), { top: 203, height: 100 });
  const after = before.filter((row) => row.key !== "k20");
  assert.equal(topFor(after, measured(after), anchors), 193);
});

test("rows that hold no place are passed over", () => {
  const before = rows(20);
  before[0].holds = false;
  const anchors = anchorsAt(before, measured(before), { top: 0, height: 40 });
  assert.deepEqual([...anchors], [
    ["k1", 10],
    ["k2", 20],
    ["k3", 30],
  ]);
});

test("without any row that was seen there is no place to keep", () => {
  assert.equal(topFor(rows(5), measured(rows(5)), new Map([["gone", 3]])), null);
  assert.equal(topFor(rows(5), measured(rows(5)), new Map()), null);
});

test("a list is scrolled no further than it is long", () => {
  const offsets = measured(rows(10));
  assert.deepEqual(
    [-5, 20, 500].map((top) => within(top, offsets, 40)),
    [0, 20, 60],
  );
  assert.equal(within(10, measured(rows(1)), 40), 0);
});

test("what is read stays when the message that is cut off above it changes", () => {
  const before = rows(100);
  const anchors = anchorsAt(before, measured(before), { top: 203, height: 100 });
  const after = before.map((row) => (row.key === "k20" ? { ...row, height: 4 } : row));
  assert.equal(topFor(after, measured(after), anchors), 197);
});

test("a message that is longer than the viewport holds its own place", () => {
  const before = rows(3, 500);
  const anchors = anchorsAt(before, measured(before), { top: 600, height: 100 });
  assert.deepEqual([...anchors], [["k1", -100]]);
});
