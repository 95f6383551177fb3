// What the menu of a name or an avatar offers.

import { menuText } from "../words.js";

// A source for menu.js. `items` gives a person's items, whose `act` takes the person.
export const personSource =
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
