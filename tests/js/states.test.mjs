// What the page does about its connection: what it wants, and what it falls back to.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FAILURES, begin, next, shownOf } from "../../reference_app/web/static/web/js/transport/states.js";

const half = () => 0.5;
const fresh = (prefers = "websocket") => begin({ prefers, online: true });
const after = (state, ...events) =>
  events.reduce((now, event) => next(now, { at: 0, ...event }, half), state);
const lost = (more = {}) => ({ type: "lost", retry: null, isSilent: false, ...more });
const blocked = (state = fresh()) => {
  for (let failure = 0; failure < FAILURES; failure += 1) state = after(state, { type: "due" }, lost());
  return after(state, { type: "polled" });
};

test("a page opens a socket and is live when it is welcome", () => {
  assert.deepEqual(shownOf(fresh()), { state: "connecting" });
  assert.equal(fresh().socket, "opening");
  const live = after(fresh(), { type: "welcome" });
  assert.deepEqual(shownOf(live), { state: "live" });
  assert.equal(live.polling, false);
});

test("a socket that is lost is opened again after a wait that is told", () => {
  const waiting = after(fresh(), { type: "welcome" }, lost({ at: 1000 }));
  assert.equal(waiting.socket, "none");
  assert.deepEqual(shownOf(waiting), { state: "waiting", due: 1350 });
  assert.equal(after(waiting, { type: "due" }).socket, "opening");
});

test("a server that restarts says itself when to come back", () => {
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

test("a socket that does not open again and again makes the page poll, and says why", () => {
  const once = after(fresh(), lost());
  assert.equal(once.polling, false);
  const state = blocked();
  assert.deepEqual(shownOf(state), { state: "polling", isBlocked: true });
  assert.notEqual(state.due, null, "the socket is tried in the background");
});

test("a network that swallows sockets makes the page poll after the first", () => {
  assert.equal(after(fresh(), lost({ isSilent: true })).polling, true);
});

test("while the page polls, trying a socket shows nothing, and a welcome brings it back", () => {
  const trying = after(blocked(), { type: "due" });
  assert.equal(trying.socket, "opening");
  assert.deepEqual(shownOf(trying), { state: "polling", isBlocked: true });
  const live = after(trying, { type: "welcome" });
  assert.deepEqual([live.polling, live.failures, live.due], [false, 0, null]);
  assert.deepEqual(shownOf(live), { state: "live" });
});

test("a live socket that is lost does not count as one that is blocked", () => {
  let state = blocked();
  state = after(state, { type: "due" }, { type: "welcome" }, lost());
  assert.equal(state.polling, false);
  assert.equal(state.failures, 0);
});

test("a server that neither takes a socket nor a poll is waited for, not polled", () => {
  const away = after(blocked(), { type: "unreached", due: 9000 });
  assert.deepEqual(shownOf(away), { state: "waiting", due: Math.min(away.due, 9000) });
});

test("a server that is back is asked for a socket soon", () => {
  const away = { ...after(blocked(), { type: "unreached", due: 9000 }), due: 60_000 };
  assert.equal(after(away, { type: "polled", at: 10_000 }).due, 10_350);
  const stillBlocked = { ...blocked(), due: 60_000 };
  assert.equal(after(stillBlocked, { type: "polled", at: 10_000 }).due, 60_000);
});

test("without a network the page says so, and goes on trying", () => {
  const offline = after(fresh(), { type: "welcome" }, { type: "offline" }, lost());
  assert.deepEqual(shownOf(offline), { state: "offline" });
  assert.notEqual(offline.due, null);
  assert.equal(after(offline, { type: "online" }).socket, "opening");
});

test("what is heard shows that the browser was wrong about the network", () => {
  const offline = after(fresh(), { type: "welcome" }, { type: "offline" });
  assert.deepEqual(shownOf(after(offline, { type: "heard" })), { state: "live" });
  const polling = after(fresh("polling"), { type: "offline" });
  assert.deepEqual(shownOf(after(polling, { type: "polled" })), { state: "polling", isBlocked: false });
});

test("somebody who asks for it need not wait", () => {
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
  const state = after(fresh("polling"), { type: "polled" }, { type: "retry" }, { type: "online" });
  assert.equal(state.socket, "none");
  assert.deepEqual(shownOf(state), { state: "polling", isBlocked: false });
  const away = after(state, { type: "unreached", due: 7 });
  assert.deepEqual(shownOf(away), { state: "waiting", due: 7 });
});
