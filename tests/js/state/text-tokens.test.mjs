// Tests which parts of a text become links or code, and which texts are emoji only.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isBareEmoji,
  tokenize,
} from "../../../reference_app/web/static/web/js/state/text-tokens.js";

const text = (value) => ({ type: "text", text: value });
const code = (value) => ({ type: "code", text: value });
const link = (value, href = value) => ({ type: "link", text: value, href });
const line = (...spans) => ({ type: "line", spans });
const links = (value) =>
  tokenize(value)
    .flatMap((block) => block.spans ?? [])
    .filter((span) => span.type === "link")
    .map((span) => span.href);

test("plain text is one line of text", () => {
  assert.deepEqual(tokenize("Hello"), [line(text("Hello"))]);
});

test("line breaks and empty lines are kept", () => {
  assert.deepEqual(tokenize("a\n\nب"), [line(text("a")), line(), line(text("ب"))]);
});

test("markup is text", () => {
  assert.deepEqual(tokenize("<b onclick=x>&amp;</b>"), [line(text("<b onclick=x>&amp;</b>"))]);
});

test("http, https, mailto and bare addresses are links", () => {
  assert.deepEqual(tokenize("see https://example.org/a?b=c#d now"), [
    line(text("see "), link("https://example.org/a?b=c#d"), text(" now")),
  ]);
  assert.deepEqual(links("http://a.example/ HTTPS://B.example/x"), [
    "http://a.example/",
    "https://b.example/x",
  ]);
  assert.deepEqual(links("www.example.org"), ["https://www.example.org/"]);
  assert.deepEqual(links("mail sara@example.org or mailto:b@c.example"), [
    "mailto:sara@example.org",
    "mailto:b@c.example",
  ]);
});

test("nothing else is a link", () => {
  const others = [
    "javascript:alert(1)",
    "JaVaScRiPt://https%0Aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://example.org",
    "https://",
    "http://[",
    "mailto:",
    "//example.org",
    "a@b",
  ];
  for (const other of others) assert.deepEqual(links(other), [], other);
});

test("a link inside an unsupported scheme leads only to the address that it shows", () => {
  for (const href of links("javascript:window.location='https://example.org/'")) {
    assert.match(href, /^https:\/\/example\.org\//);
  }
});

test("the end of a sentence is not the end of a link", () => {
  for (const end of [".", ",", "!", "?", "؟", "،", "…", "»", ").", "”"]) {
    assert.deepEqual(links(`https://example.org/a${end}`), ["https://example.org/a"], end);
  }
});

test("brackets belong to a link that opened them", () => {
  assert.deepEqual(links("(https://en.example/wiki/A_(b))"), ["https://en.example/wiki/A_(b)"]);
  assert.deepEqual(links("(https://en.example/a)"), ["https://en.example/a"]);
});

test("code between backticks is unchanged", () => {
  assert.deepEqual(tokenize("run `https://x.example *now*` first"), [
    line(text("run "), code("https://x.example *now*"), text(" first")),
  ]);
});

test("a backtick without an end is text, and so are two with nothing in between", () => {
  assert.deepEqual(tokenize("it`s"), [line(text("it`s"))]);
  assert.deepEqual(tokenize("a `` b ` ` c"), [line(text("a `` b ` ` c"))]);
  assert.deepEqual(tokenize("`a` b` c"), [line(code("a"), text(" b` c"))]);
});

test("a fence contains code, with its line breaks and without its language", () => {
  assert.deepEqual(tokenize("so:\n```js\nlet a;\n\n  a = 1;\n```\nthere"), [
    line(text("so:")),
    code("let a;\n\n  a = 1;"),
    line(text("there")),
  ]);
  assert.deepEqual(tokenize("```one```"), [code("one")]);
});

test("a fence without an end or without content is text", () => {
  assert.deepEqual(tokenize("```\nlet a;"), [line(text("```")), line(text("let a;"))]);
  assert.equal(
    tokenize("``````").every((block) => block.type === "line"),
    true,
  );
});

test("one to three emoji alone are bare", () => {
  for (const bare of ["👍", "👍🏽", "❤️", "🇯🇴", "1️⃣", "👩‍👩‍👧", "🏳️‍🌈", "🎉 🎉 🎉", " 😀\n", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"]) {
    assert.equal(isBareEmoji(bare), true, bare);
  }
});

test("more emoji, text, digits and signs are not bare", () => {
  for (const other of ["👍👍👍👍", "ok 👍", "1", "123", "#", "©", "™", "", "🇯", "مرحبا"]) {
    assert.equal(isBareEmoji(other), false, other);
  }
});

test("a text of the maximum length of any kind is parsed", () => {
  for (const part of ["a", "`", "```", "@", "a@", "https://", "(", "www.", "a.", "👍", "\n"]) {
    const long = part.repeat(4000 / part.length);
    assert.ok(Array.isArray(tokenize(long)));
    isBareEmoji(long);
  }
});
