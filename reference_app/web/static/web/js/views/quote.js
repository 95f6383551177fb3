// What a message answers, shown with it: whose that is and how it begins. A click leads there.

import { h } from "../dom.js";
import { answersText, removedText } from "../words.js";

const quoteView = ({ seq, person, text, removed }, reveal) =>
  h(
    "button",
    { className: "quote", type: "button", onclick: () => reveal(seq) },
    h("span", { className: "visually-hidden" }, answersText),
    h("bdi", { className: "quote-name" }, person.name),
    " ",
    h(
      "span",
      { className: removed ? "quote-text is-removed" : "quote-text", dir: "auto" },
      removed ? removedText : text,
    ),
  );

// A part of a message, or null. `page` can reveal a message by its seq.
export const quotePart = ({ reply_to: quote }, { reveal }) =>
  quote ? quoteView(quote, reveal) : null;
