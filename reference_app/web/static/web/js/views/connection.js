// The state of the connection, honestly: live, reconnecting in n s, offline, polling.

import { $ } from "../dom.js";
import { connectionText } from "../words.js";

let countdown = 0;

export const showConnection = (state, wait) => {
  clearInterval(countdown);
  const until = Date.now() + (wait ?? 0);
  const show = () => {
    $("connection").dataset.state = state;
    const text = connectionText(state, Math.max(0, until - Date.now()));
    $("connection").querySelector(".connection-text").textContent = text;
  };
  show();
  if (state === "waiting") countdown = setInterval(show, 1000);
};
