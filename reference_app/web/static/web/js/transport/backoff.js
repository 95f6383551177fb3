// Computes the delay before a retry. Full jitter with a cap spreads out many clients that lost the
// same server (Brooker, "Exponential Backoff And Jitter", 2015).

const FIRST_MS = 500;
const CAP_MS = 20_000;

export const backoff = (attempt, random = Math.random, cap = CAP_MS) =>
  Math.round(random() * Math.min(cap, FIRST_MS * 2 ** attempt)) + 100;

// Returns the delay that a restarting server has put into the close reason, or null. The server
// gives each client another delay, so that they return spread out.
export const retryAfter = (reason) => {
  const [, milliseconds] = /^retry:(\d+)$/.exec(reason) ?? [];
  return milliseconds === undefined ? null : Number(milliseconds);
};
