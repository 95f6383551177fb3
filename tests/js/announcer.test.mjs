// What a screen reader is told: one sentence at a time.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ManualClock } from "./clock.mjs";

// dom.js looks elements up in a document only when it is asked to.
const { Announcer } = await import("../../reference_app/web/static/web/js/announcer.js");

let clock;
let region;
let announcer;

beforeEach(() => {
  clock = new ManualClock();
  region = { textContent: "" };
  announcer = new Announcer({ region, clock });
});

test("a sentence is said at once", () => {
  announcer.say("Amal: hello");
  assert.equal(region.textContent, "Amal: hello");
});

test("in a loud room the newest of those that wait is said", () => {
  for (const text of ["first", "second", "third"]) announcer.say(text);
  assert.equal(region.textContent, "first");
  clock.advance(1500);
  assert.equal(region.textContent, "third");
});

test("the same sentence is said again", () => {
  announcer.say("Badr: ok");
  clock.advance(1500);
  assert.equal(region.textContent, "");
  announcer.say("Badr: ok");
  assert.equal(region.textContent, "Badr: ok");
});
