// Tests the states of the connection, with the fallback to polling.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  FAILURES,
  initialState,
  nextState,
  statusOf,
} from "../../../reference_app/web/static/web/js/transport/states.js";

const half = () => 0.5;
const fresh = (prefers = "websocket") => initialState({ prefers, online: true });
const after = (state, ...events) =>
  events.reduce((now, event) => nextState(now, { at: 0, ...event }, half), state);
const lost = (more = {}) => ({ type: "lost", retry: null, isSilent: false, ...more });
const blocked = (state = fresh()) => {
  for (let failure = 0; failure < FAILURES; failure += 1) {
    state = after(state, { type: "due" }, lost());
  }
  return after(state, { type: "pollSucceeded" });
};

test("a page opens a socket and is live when it is welcome", () => {
  assert.deepEqual(statusOf(fresh()), { state: "connecting" });
  assert.equal(fresh().socket, "opening");
  const live = after(fresh(), { type: "welcome" });
  assert.deepEqual(statusOf(live), { state: "live" });
  assert.equal(live.polling, false);
});

test("a lost socket is opened again after a delay, which is shown", () => {
  const waiting = after(fresh(), { type: "welcome" }, lost({ at: 1000 }));
  assert.equal(waiting.socket, "none");
  assert.deepEqual(statusOf(waiting), { state: "waiting", due: 1350 });
  assert.equal(after(waiting, { type: "due" }).socket, "opening");
});

test("a restarting server sets the delay", () => {
  const waiting = after(fresh(), { type: "welcome" }, lost({ at: 1000, retry: 4000 }));
  assert.equal(waiting.due, 5000);
});

test("each failure in a row waits longer, up to a cap", () => {
  let state = fresh();
  const waits = [];
  for (let failure = 0; failure < 12; failure += 1) {
    state = after(state, { type: "due" }, lost());
    waits.push(state.due);
  }
  assert.deepEqual(waits, [...waits].sort((a, b) => a - b));
  assert.equal(waits.at(-1), 30_100);
});

test("a page returns more and more slowly to a server that does not answer", () => {
  let state = after(fresh(), { type: "welcome" });
  const waits = [];
  for (let loss = 0; loss < 10; loss += 1) {
    state = after(state, lost({ isUnanswered: true }));
    waits.push(state.due);
    state = after(state, { type: "due" }, { type: "welcome" });
  }
  assert.deepEqual(waits.slice(0, 3), [350, 600, 1100]);
  assert.equal(waits.at(-1), 10_100);
  assert.equal(after(state, { type: "answered" }, lost()).due, 350);
});

test("after several sockets that do not open the page polls, and shows why", () => {
  const once = after(fresh(), lost());
  assert.equal(once.polling, false);
  const state = blocked();
  assert.deepEqual(statusOf(state), { state: "polling", isBlocked: true });
  assert.notEqual(state.due, null, "the socket is tried in the background");
});

test("the page polls after the first socket that times out", () => {
  assert.equal(after(fresh(), lost({ isSilent: true })).polling, true);
});

test("while the page polls, a new socket is not shown until its welcome", () => {
  const trying = after(blocked(), { type: "due" });
  assert.equal(trying.socket, "opening");
  assert.deepEqual(statusOf(trying), { state: "polling", isBlocked: true });
  const live = after(trying, { type: "welcome" });
  assert.deepEqual([live.polling, live.failures, live.due], [false, 0, null]);
  assert.deepEqual(statusOf(live), { state: "live" });
});

test("a live socket that is lost does not count as blocked", () => {
  let state = blocked();
  state = after(state, { type: "due" }, { type: "welcome" }, lost());
  assert.equal(state.polling, false);
  assert.equal(state.failures, 0);
});

test("a server without sockets and without polls is shown as waiting", () => {
  const away = after(blocked(), { type: "pollFailed", due: 9000 });
  assert.deepEqual(statusOf(away), { state: "waiting", due: Math.min(away.due, 9000) });
});

test("the page opens a socket soon after the server is back", () => {
  const away = { ...after(blocked(), { type: "pollFailed", due: 9000 }), due: 60_000 };
  assert.equal(after(away, { type: "pollSucceeded", at: 10_000 }).due, 10_350);
  const stillBlocked = { ...blocked(), due: 60_000 };
  assert.equal(after(stillBlocked, { type: "pollSucceeded", at: 10_000 }).due, 60_000);
});

test("without a network the page shows that, and keeps trying", () => {
  const offline = after(fresh(), { type: "welcome" }, { type: "offline" }, lost());
  assert.deepEqual(statusOf(offline), { state: "offline" });
  assert.notEqual(offline.due, null);
  assert.equal(after(offline, { type: "online" }).socket, "opening");
});

test("a received frame shows that the browser was wrong about the network", () => {
  const offline = after(fresh(), { type: "welcome" }, { type: "offline" });
  assert.deepEqual(statusOf(after(offline, { type: "received" })), { state: "live" });
  const polling = after(fresh("polling"), { type: "offline" });
  const polled = after(polling, { type: "pollSucceeded" });
  assert.deepEqual(statusOf(polled), { state: "polling", isBlocked: false });
});

test("the user can retry without waiting", () => {
  const waiting = after(fresh(), { type: "welcome" }, lost());
  assert.equal(after(waiting, { type: "retry" }).socket, "opening");
  assert.equal(after(waiting, { type: "retry" }).due, null);
});

test("there is never a second socket while one is there", () => {
  for (const state of [fresh(), after(fresh(), { type: "welcome" })]) {
    for (const type of ["due", "retry", "online"]) {
      assert.equal(after(state, { type }).socket, state.socket);
    }
  }
});

test("on a server without sockets the page polls only", () => {
  const events = [{ type: "pollSucceeded" }, { type: "retry" }, { type: "online" }];
  const state = after(fresh("polling"), ...events);
  assert.equal(state.socket, "none");
  assert.deepEqual(statusOf(state), { state: "polling", isBlocked: false });
  const away = after(state, { type: "pollFailed", due: 7 });
  assert.deepEqual(statusOf(away), { state: "waiting", due: 7 });
});
