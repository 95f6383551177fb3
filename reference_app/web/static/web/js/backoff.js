// Full jitter with a cap: many clients that lost the same server come back spread out
// (Brooker, "Exponential Backoff And Jitter", 2015).

const FIRST = 500;
const CAP = 20_000;

export const backoff = (attempt, random = Math.random) =>
  Math.round(random() * Math.min(CAP, FIRST * 2 ** attempt)) + 100;
