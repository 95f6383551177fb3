// Applies notices to a group: it was renamed, a person joined or left, the owner changed. Pure.

import { ServerFrame } from "../protocol.js";

const KINDS = new Set([
  ServerFrame.RENAMED,
  ServerFrame.JOINED,
  ServerFrame.LEFT,
  ServerFrame.OWNER,
]);

export const isNotice = ({ type }) => KINDS.has(type);

// Returns whether the event says that the user has left the group, or was removed from it.
export const isOwnDeparture = (event, me) =>
  event.type === ServerFrame.LEFT && event.person.id === me;

export const applyNotice = (group, event) => {
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

// Returns the members with the current name of this person, who may have changed it.
export const withCurrentName = (members, person) =>
  members.some(({ id, name }) => id === person.id && name !== person.name)
    ? members.map((one) => (one.id === person.id ? person : one))
    : members;

// Returns the messages and notices of one page of history, in order.
export const mergeHistory = ({ messages, notices }) =>
  [...messages, ...notices].sort((a, b) => a.seq - b.seq);
