// Computes the next state of the connection from a state and an event; connection.js acts on it.
// Pure: no clock, timer or socket.
//
// The page prefers a socket. If it fails to open FAILURES times in a row, a network in between
// probably blocks it. Then the page polls, and keeps trying a socket in the background.

import { backoff } from "./backoff.js";

export const FAILURES = 3;

// The cap of the back-off while the page polls. A socket is not urgent then, but a network may
// change within minutes.
const POLLING_CAP_MS = 60_000;

export const initialState = ({ prefers, online }) => ({
  prefers,
  online,
  socket: prefers === "websocket" ? "opening" : "none",
  polling: prefers !== "websocket",
  // Whether the last poll reached the server, and when the next is due if it did not.
  reached: null,
  pollDue: null,
  // The number of sockets in a row without a welcome, and when the next is due.
  failures: 0,
  due: null,
  // The number of sockets that were lost since the last `ack` because a request had no answer.
  unanswered: 0,
});

const transitions = {
  welcome: (state) => ({
    ...state,
    socket: "live",
    polling: false,
    reached: null,
    pollDue: null,
    failures: 0,
    due: null,
    online: true,
  }),

  // `retry` is the delay that a restarting server asks for, or null. `isSilent`: the socket timed
  // out without a welcome. Such a network would swallow the next socket too, so the page polls
  // at once. `isUnanswered`: a request had no answer in time. Reconnecting at once does not help a
  // server that sends a welcome but no answers, so the page waits longer after each such loss.
  lost: (state, { at, retry, isSilent, isUnanswered }, random) => {
    const failures = state.socket === "live" ? 0 : state.failures + 1;
    const polling = state.polling || isSilent || failures >= FAILURES;
    const attempt = failures + state.unanswered;
    const wait = retry ?? backoff(attempt, random, polling ? POLLING_CAP_MS : undefined);
    const unanswered = state.unanswered + (isUnanswered ? 1 : 0);
    return { ...state, socket: "none", failures, polling, due: at + wait, unanswered };
  },
  answered: (state) => ({ ...state, unanswered: 0 }),

  due: (state) => opening(state),
  retry: (state) => opening(state),
  online: (state) => opening({ ...state, online: true }),

  // The browser may be wrong: a site on the same machine needs no network.
  offline: (state) => ({ ...state, online: false, reached: state.polling ? false : null }),
  received: (state) => ({ ...state, online: true }),

  // A server that is back gets a socket soon. A network that blocks sockets does not.
  pollSucceeded: (state, { at }, random) => {
    const isBack = state.reached === false && state.due !== null;
    const due = isBack ? Math.min(state.due, at + backoff(0, random)) : state.due;
    return { ...state, online: true, reached: true, pollDue: null, due };
  },
  pollFailed: (state, { due }) => ({ ...state, reached: false, pollDue: due }),
};

const opening = (state) => {
  if (state.prefers !== "websocket" || state.socket !== "none") return state;
  return { ...state, socket: "opening", due: null };
};

export const nextState = (state, event, random = Math.random) =>
  transitions[event.type](state, event, random);

// Returns the status that the page shows: live, polling and why, offline, connecting, or waiting
// and until when.
export const statusOf = (state) => {
  if (!state.online) return { state: "offline" };
  if (state.socket === "live") return { state: "live" };
  if (state.polling && state.reached) {
    return { state: "polling", isBlocked: state.prefers === "websocket" };
  }
  const dues = [state.due, state.pollDue].filter((due) => due !== null);
  if (state.socket === "opening" || !dues.length) return { state: "connecting" };
  return { state: "waiting", due: Math.min(...dues) };
};
