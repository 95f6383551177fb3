// Which question a poll asks, and when the next is due. Pure.

import { LONG_POLL_LIMIT, TYPING_LIFETIME } from "../protocol.js";

const EVERY = [2000, 5000];

// Between two long polls, so that a server which answers at once is not asked in a circle.
const BREATH = 100;

// Who goes on typing changes nothing that would end a long poll, but the page forgets them
// unless it is told again.
const WHILE_TYPING = TYPING_LIFETIME - 2;

// How many typists a question names at most: it is an address, whose length is limited.
const MAX_TYPISTS = 100;

// The first question of a page is a short one: it is answered at once, whatever has happened.
export const pollOf = ({ isLong, typists, cursor, watching }) => {
  const query = { cursor, ...(watching ? { watching } : {}) };
  if (!isLong) return { path: "/sync", query };
  const seconds = typists.length ? WHILE_TYPING : LONG_POLL_LIMIT;
  // Who the page shows to type, so that the server answers if it is somebody else by now.
  const typing = typists.length <= MAX_TYPISTS ? { typing: typists.join(",") } : {};
  return { path: "/sync/wait", query: { ...query, ...typing, seconds } };
};

export const waitAfter = ({ isLong }, random = Math.random) => {
  if (isLong) return BREATH;
  const [least, most] = EVERY;
  return least + random() * (most - least);
};
