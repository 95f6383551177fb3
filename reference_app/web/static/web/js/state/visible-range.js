// Computes which rows of a long list are near the viewport, and how much space the others need.
// Pure. All lengths are in pixels, measured from the beginning of the list.

// Returns the offset of each row, and last the end of the list.
export const offsetsOf = (rows, heightOf) => {
  const offsets = new Float64Array(rows.length + 1);
  for (let index = 0; index < rows.length; index += 1) {
    offsets[index + 1] = offsets[index] + heightOf(rows[index]);
  }
  return offsets;
};

export const totalHeight = (offsets) => offsets[offsets.length - 1];

// Returns the index of the row at an offset, or of the nearest row outside of the list.
export const rowIndexAt = (offsets, offset) => {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};

// Returns the rows that the viewport and a margin around it show, `from` inclusive and `to`
// exclusive, and the height of the rows above and below.
export const visibleRange = (offsets, { top, height, margin }) => {
  if (offsets.length < 2) return { from: 0, to: 0, above: 0, below: 0 };
  const from = rowIndexAt(offsets, top - margin);
  const to = rowIndexAt(offsets, top + height + margin) + 1;
  return { from, to, above: offsets[from], below: totalHeight(offsets) - offsets[to] };
};

// Returns the anchors: visible rows that keep the user's position, with the distance of each from
// the top of the viewport. There are several, because one of them may be removed. The row that the
// top of the viewport cuts comes last, because its hidden part may change.
export const anchorsAt = (rows, offsets, { top, height }) => {
  const anchors = new Map();
  const cut = rowIndexAt(offsets, top);
  for (let index = cut; index < rows.length; index += 1) {
    if (offsets[index] >= top + height) break;
    const isCut = index === cut && offsets[cut] < top;
    if (rows[index].isAnchor && !isCut) anchors.set(rows[index].key, offsets[index] - top);
  }
  if (rows[cut]?.isAnchor && offsets[cut] < top) anchors.set(rows[cut].key, offsets[cut] - top);
  return anchors;
};

// Returns the top of the viewport that keeps the first remaining anchor in its place, or null if no
// anchor remains.
export const scrollTopFor = (rows, offsets, anchors) => {
  if (!anchors.size) return null;
  // The first anchor nearly always remains, so this search is short.
  for (const [key, below] of anchors) {
    const index = rows.findIndex((row) => row.key === key);
    if (index >= 0) return offsets[index] - below;
  }
  return null;
};

// Limits the top of the viewport to the range in which the list can be scrolled.
export const clampScrollTop = (top, offsets, height) =>
  Math.max(0, Math.min(top, totalHeight(offsets) - height));
