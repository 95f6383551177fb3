// Which rows of a long list are near the viewport, and how much room the others take: pure
// geometry. All lengths are in pixels, measured from the beginning of the list.

// Where each row begins, and in the last place where the list ends.
export const offsetsOf = (rows, heightOf) => {
  const offsets = new Float64Array(rows.length + 1);
  for (let index = 0; index < rows.length; index += 1) {
    offsets[index + 1] = offsets[index] + heightOf(rows[index]);
  }
  return offsets;
};

export const lengthOf = (offsets) => offsets[offsets.length - 1];

// The index of the row that lies at a place; beyond the list, of the nearest.
export const rowAt = (offsets, place) => {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle] <= place) low = middle;
    else high = middle - 1;
  }
  return low;
};

// The rows, `from` and up to but without `to`, that a viewport shows, and some more around.
export const windowOf = (offsets, { top, height, margin }) => {
  if (offsets.length < 2) return { from: 0, to: 0, above: 0, below: 0 };
  const from = rowAt(offsets, top - margin);
  const to = rowAt(offsets, top + height + margin) + 1;
  return { from, to, above: offsets[from], below: lengthOf(offsets) - offsets[to] };
};

// The rows that can be seen and hold the reader's place, with how far below the viewport's
// top each begins. Several, because one of them may be removed; the one that begins above the
// viewport comes last, because what changes in it may well be what is not seen.
export const anchorsAt = (rows, offsets, { top, height }) => {
  const anchors = new Map();
  const cut = rowAt(offsets, top);
  for (let index = cut; index < rows.length; index += 1) {
    if (offsets[index] >= top + height) break;
    const isCut = index === cut && offsets[cut] < top;
    if (rows[index].holds && !isCut) anchors.set(rows[index].key, offsets[index] - top);
  }
  if (rows[cut]?.holds && offsets[cut] < top) anchors.set(rows[cut].key, offsets[cut] - top);
  return anchors;
};

// Where the viewport's top has to be for the first anchor that is still there to stay in its
// place; null if none is.
export const topFor = (rows, offsets, anchors) => {
  if (!anchors.size) return null;
  // The first of them nearly always remains.
  for (const [key, below] of anchors) {
    const index = rows.findIndex((row) => row.key === key);
    if (index >= 0) return offsets[index] - below;
  }
  return null;
};

// As far as a list can be scrolled.
export const within = (top, offsets, height) =>
  Math.max(0, Math.min(top, lengthOf(offsets) - height));
