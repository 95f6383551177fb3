// Asks the user to confirm an action that cannot be undone; resolves to the answer.

import { $ } from "../../browser/dom.js";

export const confirmAction = ({ title, text, action }) => {
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
