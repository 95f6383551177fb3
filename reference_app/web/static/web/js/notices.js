// Pure: what happened to a group (renamed, joined, left, another owner), and what it is then.

import { ServerFrame } from "./protocol.js";

const KINDS = new Set([
  ServerFrame.RENAMED,
  ServerFrame.JOINED,
  ServerFrame.LEFT,
  ServerFrame.OWNER,
]);

export const isNotice = ({ type }) => KINDS.has(type);

// Whether it says that this reader is out.
export const isFarewell = (event, me) => event.type === ServerFrame.LEFT && event.person.id === me;

export const noticed = (group, event) => {
  const others = group.members.filter(({ id }) => id !== event.person?.id);
  switch (event.type) {
    case ServerFrame.RENAMED:
      return { ...group, title: event.title };
    case ServerFrame.JOINED:
      return { ...group, members: [...others, event.person] };
    case ServerFrame.LEFT:
      return { ...group, members: others };
    default:
      return { ...group, owner: event.person.id };
  }
};

// Whoever writes may be called something else by now.
export const known = (members, person) =>
  members.some(({ id, name }) => id === person.id && name !== person.name)
    ? members.map((one) => (one.id === person.id ? person : one))
    : members;

// A page of history: its messages with what happened among them, in order.
export const page = ({ messages, notices }) =>
  [...messages, ...notices].sort((a, b) => a.seq - b.seq);
