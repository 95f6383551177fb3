// Counts and lists the readers of a message, from a conversation's `read_by`: a person's id → a
// seq.

const sorted = new WeakMap();

// Returns the markers, the highest first. The result is cached for each `read_by` object.
const markersOf = (readBy) => {
  let markers = sorted.get(readBy);
  if (!markers) {
    markers = Float64Array.from(Object.values(readBy)).sort().reverse();
    sorted.set(readBy, markers);
  }
  return markers;
};

// Returns how many other people have seen the message with this seq.
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

// Returns the members who have seen the message with this seq.
export const readersOf = ({ members, read_by: readBy }, seq) =>
  members.filter((person) => readBy[person.id] >= seq);
