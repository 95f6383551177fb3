// Provides the context menu of a name or an avatar.

import { menuText } from "../i18n/words.js";

// Returns a source for context-menu.js. `items` returns a person's items, whose `act` takes the
// person.
export const personMenuSource =
  ({ personOf, items }) =>
  (target) => {
    const element = target.closest("[data-person]");
    const person = element && personOf(Number(element.dataset.person));
    if (!person) return null;
    return {
      element,
      label: menuText(person),
      items: items(person).map((item) => ({ ...item, act: () => item.act(person) })),
    };
  };
