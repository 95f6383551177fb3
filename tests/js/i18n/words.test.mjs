// Tests texts with placeholders: typing, the connection, files.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { documentElement: { lang: "en" } };
globalThis.django = {
  gettext: (text) => text,
  ngettext: (one, many, count) => (count === 1 ? one : many),
  interpolate: (format, values) => format.replace(/%\((\w+)\)s/g, (_all, name) => values[name]),
};
const words = await import("../../../reference_app/web/static/web/js/i18n/words.js");

const people = (...names) => names.map((name, id) => ({ id, name }));
const bare = (text) => text.replace(/[\u2068\u2069]/g, "");

test("up to three typists are named", () => {
  assert.equal(words.typingText([]), "");
  assert.equal(bare(words.typingText(people("Amal"))), "Amal is typing…");
  assert.equal(bare(words.typingText(people("Amal", "Badr"))), "Amal and Badr are typing…");
  assert.equal(words.typingText(people("a", "b", "c", "d")), "Several people are typing…");
});

test("a name in the other direction is isolated from the sentence", () => {
  assert.equal(words.typingText(people("أمل")), "\u2068أمل\u2069 is typing…");
});

test("the seconds until the next attempt count down to zero and not below", () => {
  const waiting = { state: "waiting", due: 5000 };
  assert.equal(words.connectionText(waiting, 0), "Reconnecting in 5 s");
  assert.equal(words.connectionText(waiting, 4001), "Reconnecting in 1 s");
  assert.equal(words.connectionText(waiting, 9000), "Reconnecting in 0 s");
});

test("the text of polling gives the reason", () => {
  const text = (isBlocked) => words.connectionText({ state: "polling", isBlocked }, 0);
  assert.equal(text(false), "Polling every 2–5 s");
  assert.equal(text(true), "Polling (WebSocket blocked)");
});

test("a message without text is described by its files", () => {
  const paper = { name: "minutes.pdf" };
  const view = { name: "view.png", width: 40 };
  assert.equal(words.summaryOf({ text: "Read this", files: [paper] }), "Read this");
  assert.equal(bare(words.summaryOf({ text: "", files: [paper] })), "File: minutes.pdf");
  assert.equal(words.summaryOf({ text: "", files: [view] }), "Picture");
  assert.equal(words.summaryOf({ text: "", files: [view, paper] }), "2 files");
  assert.equal(words.summaryOf({ text: "", removed: true, files: [] }), "");
});
