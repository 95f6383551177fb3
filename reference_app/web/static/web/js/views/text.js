// The text of a message as elements. Only text nodes and our own elements: no HTML is read.

import { h } from "../dom.js";
import { isBareEmoji, tokenize } from "../text.js";

const span = ({ type, text, href }) => {
  if (type === "text") return text;
  if (type === "code") return h("code", { dir: "ltr" }, text);
  return h(
    "a",
    { href, target: "_blank", rel: "noopener noreferrer nofollow", dir: "ltr", title: href },
    text,
  );
};

// Each line finds its own direction; a line that is empty is as high as any.
const line = ({ spans }) =>
  h("div", { className: "line", dir: "auto" }, ...(spans.length ? spans.map(span) : [h("br")]));

// Code may be wider than the page: it scrolls, and so it can be reached by keyboard.
const code = ({ text }) => h("pre", { className: "code", dir: "ltr", tabIndex: 0 }, h("code", {}, text));

export const textView = (text) =>
  h(
    "div",
    { className: isBareEmoji(text) ? "bubble is-emoji" : "bubble" },
    ...tokenize(text).map((block) => (block.type === "code" ? code(block) : line(block))),
  );
