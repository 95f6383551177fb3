// Shows the button that jumps to the newest message, with the number of messages since the user
// left the end of the list.

import { $ } from "../../browser/dom.js";
import { number } from "../../i18n/format.js";
import { latestText, newCountText } from "../../i18n/words.js";

export class LatestButton {
  #shown = "";

  constructor(scrollToEnd) {
    this.element = $("latest");
    this.element.onclick = () => {
      // The button disappears, so the focus moves to the list first.
      $("messages").focus({ preventScroll: true });
      scrollToEnd();
    };
  }

  show({ isAtEnd, fresh }) {
    const shown = isAtEnd ? "" : String(fresh);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.hidden = isAtEnd;
    const label = fresh ? newCountText(fresh) : latestText;
    this.element.setAttribute("aria-label", label);
    this.element.title = label;
    $("latest-count").textContent = number(fresh);
    $("latest-count").hidden = !fresh;
  }
}
