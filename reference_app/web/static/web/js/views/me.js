// The reader's own name and face, at the foot of the conversations.

import { faceOf, marksOf } from "../people.js";

export const showMe = (person) => {
  const name = document.querySelector(".me-name");
  name.textContent = person.name;
  Object.assign(name.dataset, marksOf(person));
  document.querySelector(".sidebar-foot .avatar").replaceWith(faceOf(person));
};
