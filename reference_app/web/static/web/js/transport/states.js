// What is to be done about the connection. Pure: a state and something that happened give the
// next state; connection.js makes it so. No clock, no timer, no socket.
//
// A socket is what the page wants. One that does not open FAILURES times in a row is probably
// blocked by a network in between: then the page polls, and goes on trying in the background.

import { backoff } from "../backoff.js";

export const FAILURES = 3;

// Beside polling there is no hurry, but a network changes within minutes.
const CAP_BEHIND = 60_000;

export const begin = ({ prefers, online }) => ({
  prefers,
  online,
  socket: prefers === "websocket" ? "opening" : "none",
  polling: prefers !== "websocket",
  // Whether the last poll got through, and when the next is due if it did not.
  reached: null,
  pollDue: null,
  // Attempts in a row without a welcome, and when the next is due.
  failures: 0,
  due: null,
});

const happenings = {
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

  // `retry` is the time that a restarting server asks for, or null. A socket that was never
  // answered cost seconds already: who swallows one swallows the next.
  lost: (state, { at, retry, isSilent }, random) => {
    const failures = state.socket === "live" ? 0 : state.failures + 1;
    const polling = state.polling || isSilent || failures >= FAILURES;
    const wait = retry ?? backoff(failures, random, polling ? CAP_BEHIND : undefined);
    return { ...state, socket: "none", failures, polling, due: at + wait };
  },

  due: (state) => opening(state),
  retry: (state) => opening(state),
  online: (state) => opening({ ...state, online: true }),

  // The browser may be wrong: a site on this very machine is there without a network.
  offline: (state) => ({ ...state, online: false, reached: state.polling ? false : null }),
  heard: (state) => ({ ...state, online: true }),

  // A server that is back is worth a socket at once; a network that blocks sockets is not.
  polled: (state, { at }, random) => {
    const isBack = state.reached === false && state.due !== null;
    const due = isBack ? Math.min(state.due, at + backoff(0, random)) : state.due;
    return { ...state, online: true, reached: true, pollDue: null, due };
  },
  unreached: (state, { due }) => ({ ...state, reached: false, pollDue: due }),
};

const opening = (state) => {
  if (state.prefers !== "websocket" || state.socket !== "none") return state;
  return { ...state, socket: "opening", due: null };
};

export const next = (state, happened, random = Math.random) =>
  happenings[happened.type](state, happened, random);

// What people are told: live, polling and why, offline, connecting, or waiting until when.
export const shownOf = (state) => {
  if (!state.online) return { state: "offline" };
  if (state.socket === "live") return { state: "live" };
  if (state.polling && state.reached) {
    return { state: "polling", isBlocked: state.prefers === "websocket" };
  }
  const dues = [state.due, state.pollDue].filter((due) => due !== null);
  if (state.socket === "opening" || !dues.length) return { state: "connecting" };
  return { state: "waiting", due: Math.min(...dues) };
};
