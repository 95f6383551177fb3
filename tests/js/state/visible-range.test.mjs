// Tests the geometry of a long list.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  anchorsAt,
  clampScrollTop,
  offsetsOf,
  rowIndexAt,
  scrollTopFor,
  totalHeight,
  visibleRange,
} from "../../../reference_app/web/static/web/js/state/visible-range.js";

const rows = (count, height = 10) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index}`, height, isAnchor: true }));
const heightOf = (row) => row.height;
const measured = (list) => offsetsOf(list, heightOf);

test("each row begins where the one before it ends", () => {
  const offsets = measured([{ height: 3 }, { height: 0.5 }, { height: 7 }]);
  assert.deepEqual([...offsets], [0, 3, 3.5, 10.5]);
  assert.equal(totalHeight(offsets), 10.5);
});

test("an offset is on the row that covers it, or on the nearest row outside of the list", () => {
  const offsets = measured(rows(4));
  const found = [-5, 0, 9.9, 10, 39, 40, 1000].map((offset) => rowIndexAt(offsets, offset));
  assert.deepEqual(found, [0, 0, 0, 1, 3, 3, 3]);
  assert.equal(rowIndexAt(measured([]), 0), 0);
});

test("the range contains the visible rows and a margin, and the height of all others", () => {
  const offsets = measured(rows(10_000));
  const found = visibleRange(offsets, { top: 50_000, height: 500, margin: 200 });
  assert.deepEqual(found, { from: 4980, to: 5071, above: 49_800, below: 49_290 });
  const shown = totalHeight(offsets) - found.above - found.below;
  assert.equal(shown, (found.to - found.from) * 10);
});

test("at either end of the list there is no height beyond the range", () => {
  const offsets = measured(rows(100));
  assert.equal(visibleRange(offsets, { top: 0, height: 50, margin: 50 }).above, 0);
  assert.equal(visibleRange(offsets, { top: 950, height: 50, margin: 50 }).below, 0);
  const none = visibleRange(measured([]), { top: 0, height: 50, margin: 50 });
  assert.deepEqual(none, { from: 0, to: 0, above: 0, below: 0 });
});

test("the position is kept when rows are added above", () => {
  const before = rows(100);
  const anchors = anchorsAt(before, measured(before), { top: 203, height: 100 });
  const after = [...rows(50, 17).map((row) => ({ ...row, key: `older ${row.key}` })), ...before];
  assert.equal(scrollTopFor(after, measured(after), anchors), 203 + 50 * 17);
});

test("the position is kept when the rows above have another height than estimated", () => {
  const before = rows(100);
  const anchors = anchorsAt(before, measured(before), { top: 203, height: 100 });
  const after = before.map((row, index) => ({ ...row, height: index < 20 ? 35 : 10 }));
  assert.equal(scrollTopFor(after, measured(after), anchors), 203 + 20 * 25);
});

test("the next row keeps the position when the first visible one is removed", () => {
  const before = rows(100);
  const anchors = anchorsAt(before, measured(before), { top: 203, height: 100 });
  const after = before.filter((row) => row.key !== "k20");
  assert.equal(scrollTopFor(after, measured(after), anchors), 193);
});

test("rows that are not anchors are skipped", () => {
  const before = rows(20);
  before[0].isAnchor = false;
  const anchors = anchorsAt(before, measured(before), { top: 0, height: 40 });
  assert.deepEqual([...anchors], [
    ["k1", 10],
    ["k2", 20],
    ["k3", 30],
  ]);
});

test("without an anchor there is no position to keep", () => {
  assert.equal(scrollTopFor(rows(5), measured(rows(5)), new Map([["gone", 3]])), null);
  assert.equal(scrollTopFor(rows(5), measured(rows(5)), new Map()), null);
});

test("a list is not scrolled beyond its end", () => {
  const offsets = measured(rows(10));
  assert.deepEqual(
    [-5, 20, 500].map((top) => clampScrollTop(top, offsets, 40)),
    [0, 20, 60],
  );
  assert.equal(clampScrollTop(10, measured(rows(1)), 40), 0);
});

test("the position is kept when the row that the viewport cuts changes", () => {
  const before = rows(100);
  const anchors = anchorsAt(before, measured(before), { top: 203, height: 100 });
  const after = before.map((row) => (row.key === "k20" ? { ...row, height: 4 } : row));
  assert.equal(scrollTopFor(after, measured(after), anchors), 197);
});

test("a row that is higher than the viewport is an anchor", () => {
  const before = rows(3, 500);
  const anchors = anchorsAt(before, measured(before), { top: 600, height: 100 });
  assert.deepEqual([...anchors], [["k1", -100]]);
});
