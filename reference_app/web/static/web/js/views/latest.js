// The way back to the newest message, and how many have come since the reader left it.

import { $ } from "../dom.js";
import { latestText, newCountText, number } from "../words.js";

export class LatestButton {
  #shown = "";

  constructor(toEnd) {
    this.element = $("latest");
    this.element.onclick = () => {
      // The button goes, and the focus must not go with it.
      $("messages").focus({ preventScroll: true });
      toEnd();
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
