// Tests that screen readers receive one sentence at a time.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ManualClock } from "../manual-clock.mjs";

// Importing dom.js needs no document: it finds elements only when it is called.
const { Announcer } = await import("../../../reference_app/web/static/web/js/browser/announcer.js");

let clock;
let region;
let announcer;

beforeEach(() => {
  clock = new ManualClock();
  region = { textContent: "" };
  announcer = new Announcer({ region, clock });
});

test("a sentence is announced at once", () => {
  announcer.say("Amal: hello");
  assert.equal(region.textContent, "Amal: hello");
});

test("of several waiting sentences the newest is announced", () => {
  for (const text of ["first", "second", "third"]) announcer.say(text);
  assert.equal(region.textContent, "first");
  clock.advance(1500);
  assert.equal(region.textContent, "third");
});

test("the same sentence is announced again", () => {
  announcer.say("Badr: ok");
  clock.advance(1500);
  assert.equal(region.textContent, "");
  announcer.say("Badr: ok");
  assert.equal(region.textContent, "Badr: ok");
});
