// How a message of somebody else is told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { badgeOf } from "../../reference_app/web/static/web/js/icon.js";
import { howToTell } from "../../reference_app/web/static/web/js/telling.js";

const usual = { isOpen: false, isMuted: false, quiet: false };
const told = (how) => Object.keys(how).filter((way) => how[way]);

test("elsewhere than one reads: a toast, a sound and the browser's notification", () => {
  assert.deepEqual(told(howToTell(usual)), ["isAnnounced", "toast"]);
});

test("where one reads: by voice, and without a toast above it", () => {
  assert.deepEqual(told(howToTell({ ...usual, isOpen: true })), ["voice", "isAnnounced"]);
});

test("a muted conversation and a wish not to be disturbed are silent", () => {
  assert.deepEqual(told(howToTell({ ...usual, isMuted: true })), []);
  assert.deepEqual(told(howToTell({ ...usual, quiet: true })), []);
});

test("the icon's count stays legible", () => {
  assert.equal(badgeOf(7, String), "7");
  assert.equal(badgeOf(99, String), "99");
  assert.equal(badgeOf(100, String), "99+");
});
