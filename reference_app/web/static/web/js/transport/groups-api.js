// Requests that change a group, or the user's view of a conversation. They return nothing: the page
// receives the resulting events, like all other members.

import { post, put, remove } from "./http.js";

const pathOf = (id, part) => `/conversations/${id}/${part}`;

export const rename = (id, title) => put(pathOf(id, "title"), { title });
export const addMembers = (id, members) => post(pathOf(id, "members"), { members });
export const removeMember = (id, person) => remove(pathOf(id, `members/${person}`));
export const handOver = (id, person) => put(pathOf(id, "owner"), { person });
export const clear = (id) => post(pathOf(id, "clear"));
