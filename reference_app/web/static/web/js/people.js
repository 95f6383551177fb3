// Whose name or face an element shows: right-clicked, it has that person's menu.

import { avatar } from "./dom.js";

const known = new Map();

// The data that say so, for dom.js's h.
export const marksOf = (person) => {
  known.set(person.id, person);
  return { person: person.id };
};

export const faceOf = (person) => {
  const face = avatar(person);
  Object.assign(face.dataset, marksOf(person));
  return face;
};

// Somebody whom the page has shown, whether or not they share a conversation with the reader.
export const knownPerson = (id) => known.get(id) ?? null;

// Who a conversation shows the face of: the other person, or a group its own.
export const bearerOf = ({ id, kind, title, members }, me) =>
  kind === "group" ? { id, name: title } : (members.find((person) => person.id !== me) ?? members[0]);
