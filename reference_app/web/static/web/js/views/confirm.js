// Asks before something is done that cannot be undone: what goes, and for whom.

import { $ } from "../dom.js";

export const confirmed = ({ title, text, action }) => {
  const dialog = $("confirm");
  $("confirm-title").textContent = title;
  $("confirm-text").textContent = text;
  $("confirm-do").textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "do"), { once: true });
  });
};
