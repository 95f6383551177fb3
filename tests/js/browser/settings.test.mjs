// Tests that a browser stores the user's settings.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  Settings,
  readSettings,
} from "../../../reference_app/web/static/web/js/browser/settings.js";
import { MemoryStorage } from "../memory-storage.mjs";

const KEY = "fawran.settings";
let storage;
let events;
const settings = () => new Settings({ storage, events });

beforeEach(() => {
  storage = new MemoryStorage();
  events = new EventTarget();
});

const wrongTypes = '{"theme": 7, "muted": {}, "volumes": []}';
for (const stored of [null, "", "nonsense", "[]", "null", "7", wrongTypes]) {
  test(`${stored} in the storage gives the defaults`, () => {
    assert.deepEqual(readSettings(stored), readSettings(null));
  });
}

test("a new kind of sound has its defaults, and a value of a wrong type is ignored", () => {
  const stored = { sounds: { sent: false, error: 3 }, volumes: { sent: 1 } };
  const { sounds, volumes } = readSettings(JSON.stringify(stored));
  assert.equal(sounds.sent, false);
  assert.equal(sounds.error, true);
  assert.equal(sounds.message, true);
  assert.equal(volumes.sent, 1);
});

test("each kind has its own volume and switch", () => {
  const mine = settings();
  mine.changeKind("volumes", "message", 0.2);
  mine.changeKind("sounds", "sent", false);
  assert.equal(mine.values.volumes.message, 0.2);
  assert.notEqual(mine.values.volumes.mention, 0.2);
  assert.equal(mine.values.sounds.message, true);
  assert.deepEqual(settings().values, mine.values, "they survive the page");
});

test("a conversation is muted and unmuted without touching others", () => {
  const mine = settings();
  mine.mute(7, true);
  mine.mute(9, true);
  mine.mute(7, false);
  assert.equal(mine.isMuted(7), false);
  assert.equal(mine.isMuted(9), true);
});

test("a change in another tab is applied and reported", () => {
  const mine = settings();
  let reported = null;
  mine.watch((values) => {
    reported = values;
  });
  const event = Object.assign(new Event("storage"), { key: KEY, newValue: '{"quiet": true}' });
  events.dispatchEvent(event);
  assert.equal(reported.quiet, true);
});

test("a setting is kept in memory if the storage refuses it", () => {
  storage.setItem = () => {
    throw new Error("full");
  };
  const mine = settings();
  mine.change({ quiet: true });
  assert.equal(mine.values.quiet, true);
});
