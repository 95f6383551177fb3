// The page's clock and timers, in one record, so that a test can bring its own.

export const systemClock = {
  now: () => Date.now(),
  after: (milliseconds, act) => setTimeout(act, milliseconds),
  cancel: (timer) => clearTimeout(timer),
};
