// Writes, reads and compares cursors. A cursor lists the positions that a page has reached:
// "conversation.epoch.seq", joined by commas, each with a ".version" if that is not 0.

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

// Returns whether a conversation has another history than the one that the page has seen. Then the
// seqs that the page has kept are no longer valid.
export const isNewHistory = (seen, fresh) =>
  Boolean(seen) && (seen.epoch !== fresh.epoch || fresh.seq < seen.seq);

// Returns whether the page is ahead of the server's heads: whether it had seen more already when
// the previous heads came. Those events were in the database before these heads were read, so the
// database has lost them since. Events that came after the previous heads prove nothing, because
// the heads may be older than what was pushed.
export const isAhead = (before, cursor) =>
  [...parseCursor(cursor)].some(([id, head]) => {
    const seen = before[id];
    return (
      seen?.epoch === head.epoch && (seen.version ?? 0) === head.version && seen.seq > head.seq
    );
  });

// Returns whether the page is behind the heads, or shows a conversation that no longer exists.
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
