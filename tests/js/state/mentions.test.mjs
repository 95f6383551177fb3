// Tests names in texts: typed, completed and mentioned.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  completeName,
  matchPeople,
  nameAt,
  partsOf,
} from "../../../reference_app/web/static/web/js/state/mentions.js";

const AMAL = { id: 1, username: "amal", name: "أمل الهاشمي" };
const CAROL = { id: 2, username: "carol.j", name: "Carol Jones" };
const JOAN = { id: 3, username: "joan", name: "Joan Carter" };
const ALL = [AMAL, CAROL, JOAN];

const typed = (text) => nameAt(text, text.length);

test("a name is being typed after an @ that begins a word", () => {
  assert.deepEqual(typed("hello @ca"), { start: 6, query: "ca" });
  assert.deepEqual(typed("@"), { start: 0, query: "" });
  assert.deepEqual(typed("مرحبا @أم"), { start: 6, query: "أم" });
  assert.deepEqual(typed("(@a"), { start: 1, query: "a" });
  for (const text of ["", "hello", "me@example", "@amal ", "@amal\n"]) {
    assert.equal(typed(text), null);
  }
});

test("the text after the caret does not matter", () => {
  assert.deepEqual(nameAt("@ca and more", 3), { start: 0, query: "ca" });
  assert.equal(nameAt("@ca and more", 8), null);
});

test("people are found by username and name, names that begin with the query first", () => {
  assert.deepEqual(matchPeople(ALL, ""), ALL);
  assert.deepEqual(matchPeople(ALL, "J"), [JOAN, CAROL]);
  assert.deepEqual(matchPeople(ALL, "car"), [CAROL, JOAN]);
  assert.deepEqual(matchPeople(ALL, "الها"), [AMAL]);
  assert.deepEqual(matchPeople(ALL, "zz"), []);
});

test("a name is completed where the caret is", () => {
  const completed = completeName("hi @ca there", 6, CAROL);
  assert.deepEqual(completed, { text: "hi @carol.j there", caret: 12 });
  assert.deepEqual(completeName("@", 1, AMAL), { text: "@amal ", caret: 6 });
});

test("only the mentioned people are marked in a text", () => {
  assert.deepEqual(partsOf("hi @carol.j, @amal. me@amal @joan", [CAROL, AMAL]), [
    { text: "hi " },
    { text: "@carol.j", person: CAROL },
    { text: ", " },
    { text: "@amal", person: AMAL },
    { text: ". me@amal @joan" },
  ]);
  assert.deepEqual(partsOf("@amal", []), [{ text: "@amal" }]);
});
