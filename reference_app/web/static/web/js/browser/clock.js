// The page's clock and timers, in one object, so that a test can pass another one.

export const systemClock = {
  now: () => Date.now(),
  after: (milliseconds, act) => setTimeout(act, milliseconds),
  cancel: (timer) => clearTimeout(timer),
};
