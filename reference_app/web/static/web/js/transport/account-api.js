// Requests about the user's account: profile, password, devices and blocked people.

import { get, put, remove } from "./http.js";

export const changeProfile = (name, about) => put("/me/profile", { name, about });
export const changePassword = (before, after) => put("/me/password", { old: before, new: after });

// The browsers in which the user is signed in.
export const devices = () => get("/me/devices");
export const endDevice = (id) => remove(`/me/devices/${id}`);
export const endOtherDevices = () => remove("/me/devices");

export const blockedPeople = () => get("/me/blocks");
export const block = (id) => put(`/me/blocks/${id}`);
export const unblock = (id) => remove(`/me/blocks/${id}`);
