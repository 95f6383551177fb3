// The text of a message as elements. Only text nodes and our own elements: no HTML is read.

import { h } from "../dom.js";
import { isBareEmoji, tokenize } from "../text.js";

const asItIs = (text) => [text];

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

// Each line finds its own direction; a line that is empty is as high as any.
const line = ({ spans }, plain) => {
  const nodes = spans.length ? spans.flatMap((span) => nodesOf(span, plain)) : [h("br")];
  return h("div", { className: "line", dir: "auto" }, ...nodes);
};

// Code may be wider than the page: it scrolls, and so it can be reached by keyboard.
const code = ({ text }) => h("pre", { className: "code", dir: "ltr", tabIndex: 0 }, h("code", {}, text));

// `plain` makes nodes of what is neither a link nor code.
export const textView = (text, plain = asItIs) =>
  h(
    "div",
    { className: isBareEmoji(text) ? "bubble is-emoji" : "bubble" },
    ...tokenize(text).map((block) => (block.type === "code" ? code(block) : line(block, plain))),
  );
