// Full jitter with a cap: many clients that lost the same server come back spread out
// (Brooker, "Exponential Backoff And Jitter", 2015).

const FIRST = 500;
const CAP = 20_000;

export const backoff = (attempt, random = Math.random, cap = CAP) =>
  Math.round(random() * Math.min(cap, FIRST * 2 ** attempt)) + 100;

// A server that restarts names a time of its own, so that its clients come back spread out.
export const retryAfter = (reason) => {
  const [, milliseconds] = /^retry:(\d+)$/.exec(reason) ?? [];
  return milliseconds === undefined ? null : Number(milliseconds);
};
