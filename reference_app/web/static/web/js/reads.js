// How many have read how far, from a conversation's `read_by`: a person's id → a seq.

const sorted = new WeakMap();

// The marker of each reader, the farthest first; made once for each state of the markers.
const markersOf = (readBy) => {
  let markers = sorted.get(readBy);
  if (!markers) {
    markers = Float64Array.from(Object.values(readBy)).sort().reverse();
    sorted.set(readBy, markers);
  }
  return markers;
};

// How many of the others have seen the message with this seq.
export const seenCount = (readBy, seq) => {
  const markers = markersOf(readBy);
  let low = 0;
  let high = markers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (markers[middle] >= seq) low = middle + 1;
    else high = middle;
  }
  return low;
};

// Who of the members has seen it.
export const readersOf = ({ members, read_by: readBy }, seq) =>
  members.filter((person) => readBy[person.id] >= seq);
