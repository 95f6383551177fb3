// A cursor says what has been seen: "conversation.epoch.seq" triples joined by commas.

export const parseCursor = (cursor) =>
  new Map(
    cursor
      .split(",")
      .filter(Boolean)
      .map((triple) => triple.split(".").map(Number))
      .map(([conversation, epoch, seq]) => [conversation, { epoch, seq }]),
  );

export const cursorOf = (conversations) =>
  Object.values(conversations)
    .map(({ id, epoch, seq }) => `${id}.${epoch}.${seq}`)
    .join(",");

// Behind, or showing a conversation that is no more.
export const isBehind = (conversations, cursor) => {
  const heads = parseCursor(cursor);
  return (
    Object.keys(conversations).some((id) => !heads.has(Number(id))) ||
    [...heads].some(([id, head]) => {
      const seen = conversations[id];
      return !seen || seen.epoch !== head.epoch || seen.seq < head.seq;
    })
  );
};
