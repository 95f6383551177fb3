// Names in texts: begun, completed, shown.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  completed,
  matching,
  nameAt,
  partsOf,
} from "../../reference_app/web/static/web/js/mentions.js";

const AMAL = { id: 1, username: "amal", name: "أمل الهاشمي" };
const CAROL = { id: 2, username: "carol.j", name: "Carol Jones" };
const JOAN = { id: 3, username: "joan", name: "Joan Carter" };
const ALL = [AMAL, CAROL, JOAN];

const begun = (text) => nameAt(text, text.length);

test("a name is being written after an @ that begins a word", () => {
  assert.deepEqual(begun("hello @ca"), { start: 6, query: "ca" });
  assert.deepEqual(begun("@"), { start: 0, query: "" });
  assert.deepEqual(begun("مرحبا @أم"), { start: 6, query: "أم" });
  assert.deepEqual(begun("(@a"), { start: 1, query: "a" });
  for (const text of ["", "hello", "me@example", "@amal ", "@amal\n"]) assert.equal(begun(text), null);
});

test("what stands after the caret does not matter", () => {
  assert.deepEqual(nameAt("@ca and more", 3), { start: 0, query: "ca" });
  assert.equal(nameAt("@ca and more", 8), null);
});

test("people are found by username and name, those who begin with it first", () => {
  assert.deepEqual(matching(ALL, ""), ALL);
  assert.deepEqual(matching(ALL, "J"), [JOAN, CAROL]);
  assert.deepEqual(matching(ALL, "car"), [CAROL, JOAN]);
  assert.deepEqual(matching(ALL, "الها"), [AMAL]);
  assert.deepEqual(matching(ALL, "zz"), []);
});

test("a name is completed where the caret is", () => {
  assert.deepEqual(completed("hi @ca there", 6, CAROL), { text: "hi @carol.j there", caret: 12 });
  assert.deepEqual(completed("@", 1, AMAL), { text: "@amal ", caret: 6 });
});

test("the people whom a text mentions are marked in it, and nothing else is", () => {
  assert.deepEqual(partsOf("hi @carol.j, @amal. me@amal @joan", [CAROL, AMAL]), [
    { text: "hi " },
    { text: "@carol.j", person: CAROL },
    { text: ", " },
    { text: "@amal", person: AMAL },
    { text: ". me@amal @joan" },
  ]);
  assert.deepEqual(partsOf("@amal", []), [{ text: "@amal" }]);
});
