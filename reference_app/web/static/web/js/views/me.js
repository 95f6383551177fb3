// The reader's own name and face, at the foot of the conversations.

import { avatar } from "../dom.js";

export const showMe = (person) => {
  document.querySelector(".me-name").textContent = person.name;
  document.querySelector(".sidebar-foot .avatar").replaceWith(avatar(person));
};
