// Tests how the page notifies the user of another person's message.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decideNotification,
} from "../../../reference_app/web/static/web/js/state/notification-policy.js";

const usual = { isOpen: false, isMuted: false, quiet: false };
const chosen = (decision) => Object.keys(decision).filter((way) => decision[way]);

test("a message elsewhere gets a toast, a sound and the browser's notification", () => {
  assert.deepEqual(chosen(decideNotification(usual)), ["isAnnounced", "hasToast"]);
});

test("a message in the open conversation is spoken, and has no toast", () => {
  const decision = decideNotification({ ...usual, isOpen: true });
  assert.deepEqual(chosen(decision), ["isSpoken", "isAnnounced"]);
});

test("a muted conversation and do not disturb are silent", () => {
  assert.deepEqual(chosen(decideNotification({ ...usual, isMuted: true })), []);
  assert.deepEqual(chosen(decideNotification({ ...usual, quiet: true })), []);
});
