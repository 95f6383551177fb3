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
