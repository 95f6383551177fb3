// What a message answers, shown with it: whose that is and how it begins. A click leads there.

import { h } from "../dom.js";
import { marksOf } from "../people.js";
import { answersText, gistOf, removedText } from "../words.js";

const quoteView = (quote, reveal) =>
  h(
    "button",
    { className: "quote", type: "button", onclick: () => reveal(quote.seq) },
    h("span", { className: "visually-hidden" }, answersText),
    h("bdi", { className: "quote-name", dataset: marksOf(quote.person) }, quote.person.name),
    " ",
    h(
      "span",
      { className: quote.removed ? "quote-text is-removed" : "quote-text", dir: "auto" },
      quote.removed ? removedText : gistOf(quote),
    ),
  );

// A part of a message, or null. `page` can reveal a message by its seq.
export const quotePart = ({ reply_to: quote }, { reveal }) =>
  quote ? quoteView(quote, reveal) : null;
