// Shows the quote in a reply: the sender and the beginning of the quoted message. A click jumps to
// it.

import { h } from "../../browser/dom.js";
import { answersText, removedText, summaryOf } from "../../i18n/words.js";
import { personData } from "../people.js";

const quoteView = (quote, reveal) =>
  h(
    "button",
    { className: "quote", type: "button", onclick: () => reveal(quote.seq) },
    h("span", { className: "visually-hidden" }, answersText),
    h("bdi", { className: "quote-name", dataset: personData(quote.person) }, quote.person.name),
    " ",
    h(
      "span",
      { className: quote.removed ? "quote-text is-removed" : "quote-text", dir: "auto" },
      quote.removed ? removedText : summaryOf(quote),
    ),
  );

// Returns this part of a message, or null. `reveal` jumps to the message with a seq.
export const quotePart = ({ reply_to: quote }, { reveal }) =>
  quote ? quoteView(quote, reveal) : null;
