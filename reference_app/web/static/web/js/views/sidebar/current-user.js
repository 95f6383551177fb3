// Shows the user's own name and avatar, at the foot of the sidebar.

import { personAvatar, personData } from "../people.js";

export const showCurrentUser = (person) => {
  const name = document.querySelector(".me-name");
  name.textContent = person.name;
  Object.assign(name.dataset, personData(person));
  document.querySelector(".sidebar-foot .avatar").replaceWith(personAvatar(person));
};
