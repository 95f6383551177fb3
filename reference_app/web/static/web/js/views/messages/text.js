// Shows the text of a message, as text nodes and elements of this module. No HTML is parsed.

import { h } from "../../browser/dom.js";
import { isBareEmoji, tokenize } from "../../state/text-tokens.js";

const unchanged = (text) => [text];

const link = ({ text, href }) =>
  h(
    "a",
    { href, target: "_blank", rel: "noopener noreferrer nofollow", dir: "ltr", title: href },
    text,
  );

const nodesOf = (span, plain) => {
  if (span.type === "link") return [link(span)];
  return span.type === "code" ? [h("code", { dir: "ltr" }, span.text)] : plain(span.text);
};

// Each line has its own direction; an empty line is as high as the others.
const line = ({ spans }, plain) => {
  const nodes = spans.length ? spans.flatMap((span) => nodesOf(span, plain)) : [h("br")];
  return h("div", { className: "line", dir: "auto" }, ...nodes);
};

// Code may be wider than the page, so it scrolls, and so it must be focusable by keyboard.
const code = ({ text }) =>
  h("pre", { className: "code", dir: "ltr", tabIndex: 0 }, h("code", {}, text));

// `plain` returns the nodes of text that is neither a link nor code.
export const textView = (text, plain = unchanged) =>
  h(
    "div",
    { className: isBareEmoji(text) ? "bubble is-emoji" : "bubble" },
    ...tokenize(text).map((block) => (block.type === "code" ? code(block) : line(block, plain))),
  );
