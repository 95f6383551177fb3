// Builds the request of a poll, and computes the delay until the next one. Pure.

import { LONG_POLL_LIMIT, TYPING_LIFETIME } from "../protocol.js";

const SHORT_POLL_INTERVAL_MS = [2000, 5000];

// The delay between two long polls, so that a server which answers at once does not cause a busy
// loop.
const LONG_POLL_PAUSE_MS = 100;

// How long a long poll waits while people type. Continued typing does not end a long poll, but the
// page forgets a typist whose notice is not repeated.
const TYPING_POLL_SECONDS = TYPING_LIFETIME - 2;

// How many typists a request names at most, because the length of a URL is limited.
const MAX_TYPISTS = 100;

// Returns the path and query of a poll. The server answers a short poll at once.
export const pollRequest = ({ isLong, typists, cursor, watching }) => {
  const query = { cursor, ...(watching ? { watching } : {}) };
  if (!isLong) return { path: "/sync", query };
  const seconds = typists.length ? TYPING_POLL_SECONDS : LONG_POLL_LIMIT;
  // The typists that the page shows, so that the server answers if other people type now.
  const typing = typists.length <= MAX_TYPISTS ? { typing: typists.join(",") } : {};
  return { path: "/sync/wait", query: { ...query, ...typing, seconds } };
};

// Returns the delay until the next poll, in milliseconds.
export const pollDelay = ({ isLong }, random = Math.random) => {
  if (isLong) return LONG_POLL_PAUSE_MS;
  const [least, most] = SHORT_POLL_INTERVAL_MS;
  return least + random() * (most - least);
};
