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

export const isBehind = (conversations, cursor) =>
  [...parseCursor(cursor)].some(([id, head]) => {
    const seen = conversations[id];
    return !seen || seen.epoch !== head.epoch || seen.seq < head.seq;
  });
