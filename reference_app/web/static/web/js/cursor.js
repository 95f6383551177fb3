// A cursor says what has been seen: "conversation.epoch.seq" joined by commas,
// each with a ".version" where that is not 0.

export const parseCursor = (cursor) =>
  new Map(
    cursor
      .split(",")
      .filter(Boolean)
      .map((place) => place.split(".").map(Number))
      .map(([conversation, epoch, seq, version = 0]) => [conversation, { epoch, seq, version }]),
  );

export const cursorOf = (conversations) =>
  Object.values(conversations)
    .map(({ id, epoch, seq, version }) => `${id}.${epoch}.${seq}${version ? `.${version}` : ""}`)
    .join(",");

// Whether a conversation's history is another than the one that a page has seen: what it kept by
// seq says nothing of it.
export const beginsAfresh = (seen, fresh) =>
  Boolean(seen) && (seen.epoch !== fresh.epoch || fresh.seq < seen.seq);

// Whether heads are behind what a page knew when the heads before them came. That was in the
// database before they were read, so the database has lost it since. What came in between says
// nothing: heads may be older than what was pushed.
export const isAhead = (before, cursor) =>
  [...parseCursor(cursor)].some(([id, head]) => {
    const seen = before[id];
    return (
      seen?.epoch === head.epoch && (seen.version ?? 0) === head.version && seen.seq > head.seq
    );
  });

// Behind, or showing a conversation that is no more.
export const isBehind = (conversations, cursor) => {
  const heads = parseCursor(cursor);
  return (
    Object.keys(conversations).some((id) => !heads.has(Number(id))) ||
    [...heads].some(([id, head]) => {
      const seen = conversations[id];
      return (
        !seen ||
        seen.epoch !== head.epoch ||
        (seen.version ?? 0) !== head.version ||
        seen.seq < head.seq
      );
    })
  );
};
