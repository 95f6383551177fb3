// Sentences that are put together: who types, how the connection is.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { documentElement: { lang: "en" } };
globalThis.django = {
  gettext: (text) => text,
  ngettext: (one, many, count) => (count === 1 ? one : many),
  interpolate: (format, values) => format.replace(/%\((\w+)\)s/g, (_all, name) => values[name]),
};
const words = await import("../../reference_app/web/static/web/js/words.js");

const people = (...names) => names.map((name, id) => ({ id, name }));
const bare = (text) => text.replace(/[\u2068\u2069]/g, "");

test("typists are named as long as they are few", () => {
  assert.equal(words.typingText([]), "");
  assert.equal(bare(words.typingText(people("Amal"))), "Amal is typing…");
  assert.equal(bare(words.typingText(people("Amal", "Badr"))), "Amal and Badr are typing…");
  assert.equal(words.typingText(people("a", "b", "c", "d")), "Several people are typing…");
});

test("a name that runs the other way is isolated from the sentence", () => {
  assert.equal(words.typingText(people("أمل")), "\u2068أمل\u2069 is typing…");
});

test("the seconds until the next attempt count down to zero and not below", () => {
  const waiting = { state: "waiting", due: 5000 };
  assert.equal(words.connectionText(waiting, 0), "Reconnecting in 5 s");
  assert.equal(words.connectionText(waiting, 4001), "Reconnecting in 1 s");
  assert.equal(words.connectionText(waiting, 9000), "Reconnecting in 0 s");
});

test("polling says why", () => {
  assert.equal(words.connectionText({ state: "polling", isBlocked: false }, 0), "Polling every 2–5 s");
  assert.equal(words.connectionText({ state: "polling", isBlocked: true }, 0), "Polling (WebSocket blocked)");
});

test("a message of files alone is told by its files", () => {
  const paper = { name: "minutes.pdf" };
  const view = { name: "view.png", width: 40 };
  assert.equal(words.gistOf({ text: "Read this", files: [paper] }), "Read this");
  assert.equal(bare(words.gistOf({ text: "", files: [paper] })), "File: minutes.pdf");
  assert.equal(words.gistOf({ text: "", files: [view] }), "Picture");
  assert.equal(words.gistOf({ text: "", files: [view, paper] }), "2 files");
  assert.equal(words.gistOf({ text: "", removed: true, files: [] }), "");
});
