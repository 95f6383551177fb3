// What a browser remembers of its reader's wishes.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Settings, readSettings } from "../../reference_app/web/static/web/js/settings.js";
import { MemoryStorage } from "./storage.mjs";

const KEY = "fawran.settings";
let storage;
let events;
const settings = () => new Settings({ storage, events });

beforeEach(() => {
  storage = new MemoryStorage();
  events = new EventTarget();
});

for (const stored of [null, "", "nonsense", "[]", "null", "7", '{"theme": 7, "muted": {}, "volumes": []}']) {
  test(`${stored} in the storage is as good as nothing`, () => {
    assert.deepEqual(readSettings(stored), readSettings(null));
  });
}

test("kinds of sound that are new have their usual wishes, and wrong ones are not taken", () => {
  const { sounds, volumes } = readSettings('{"sounds": {"sent": false, "error": 3}, "volumes": {"sent": 1}}');
  assert.equal(sounds.sent, false);
  assert.equal(sounds.error, true);
  assert.equal(sounds.message, true);
  assert.equal(volumes.sent, 1);
});

test("each kind has a volume and a switch of its own", () => {
  const mine = settings();
  mine.changeKind("volumes", "message", 0.2);
  mine.changeKind("sounds", "sent", false);
  assert.equal(mine.values.volumes.message, 0.2);
  assert.notEqual(mine.values.volumes.mention, 0.2);
  assert.equal(mine.values.sounds.message, true);
  assert.deepEqual(settings().values, mine.values, "they outlive the page");
});

test("a conversation is muted and unmuted without touching others", () => {
  const mine = settings();
  mine.mute(7, true);
  mine.mute(9, true);
  mine.mute(7, false);
  assert.equal(mine.isMuted(7), false);
  assert.equal(mine.isMuted(9), true);
});

test("another tab's change is taken over and told", () => {
  const mine = settings();
  let told = null;
  mine.watch((values) => {
    told = values;
  });
  const event = Object.assign(new Event("storage"), { key: KEY, newValue: '{"quiet": true}' });
  events.dispatchEvent(event);
  assert.equal(told.quiet, true);
});

test("a storage that refuses costs the memory and not the wish", () => {
  storage.setItem = () => {
    throw new Error("full");
  };
  const mine = settings();
  mine.change({ quiet: true });
  assert.equal(mine.values.quiet, true);
});
