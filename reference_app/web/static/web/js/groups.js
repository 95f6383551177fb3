// What one does with a group, and with one's own view of a conversation. Nothing comes back:
// the events tell, as they tell everybody else.

import { post, put, remove } from "./http.js";

const at = (id, what) => `/conversations/${id}/${what}`;

export const rename = (id, title) => put(at(id, "title"), { title });
export const addMembers = (id, members) => post(at(id, "members"), { members });
export const removeMember = (id, person) => remove(at(id, `members/${person}`));
export const handOver = (id, person) => put(at(id, "owner"), { person });
export const clear = (id) => post(at(id, "clear"));
