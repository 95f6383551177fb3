// Marks names and avatars with their person, so that a right click opens that person's menu.

import { avatar, h } from "../browser/dom.js";

const shownPeople = new Map();

// Returns the dataset of an element that shows a person, for `h` of dom.js.
export const personData = (person) => {
  shownPeople.set(person.id, person);
  return { person: person.id };
};

export const personAvatar = (person) => {
  const element = avatar(person);
  Object.assign(element.dataset, personData(person));
  return element;
};

// Returns an element with a person's name and username.
export const personName = ({ name, username }) =>
  h("span", {}, h("bdi", {}, name), " ", h("small", { dir: "ltr" }, `@${username}`));

// Returns a person whom the page has shown, with or without a shared conversation, or null.
export const knownPerson = (id) => shownPeople.get(id) ?? null;

// Returns whose avatar a conversation shows: the other person's, or the group's own.
export const avatarSubject = ({ id, kind, title, members }, me) =>
  kind === "group"
    ? { id, name: title }
    : (members.find((person) => person.id !== me) ?? members[0]);
