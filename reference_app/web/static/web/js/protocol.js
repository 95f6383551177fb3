// Generated from reference_app/protocol/ by
// `python -m reference_app.api.generate write`; do not edit.

export const MAX_TEXT = 4000;
export const MAX_EXCERPT = 160;
export const MAX_FILES = 10;
export const MAX_HISTORY = 1000;
export const MAX_QUERY = 100;
export const MAX_TITLE = 80;
export const MAX_GROUP = 1000;
export const REPLAY_LIMIT = 200;
export const HEADS_EVERY = 20;
export const TYPING_LIFETIME = 6;
export const PRESENCE_EVERY = 20;
export const TYPING_REPEAT = 3;
export const LONG_POLL_LIMIT = 25;
export const CLOSE_UNAUTHENTICATED = 4401;
export const CLOSE_TRY_LATER = 4013;

export const ErrorCode = Object.freeze({
  NOT_JSON: "not_json",
  UNKNOWN_TYPE: "unknown_type",
  INVALID: "invalid",
  TOO_LONG: "too_long",
  UNAUTHENTICATED: "unauthenticated",
  FORBIDDEN: "forbidden",
  NOT_A_MEMBER: "not_a_member",
  NOT_FOUND: "not_found",
  CLIENT_ID_REUSED: "client_id_reused",
  TOO_MANY: "too_many",
  BLANK: "blank",
  CONTROL_CHARACTERS: "control_characters",
  TEXT_DIRECTION: "text_direction",
  TOO_MANY_MARKS: "too_many_marks",
  BLOCKED: "blocked",
  FILE_TOO_LARGE: "file_too_large",
  FILE_TYPE: "file_type",
  DAILY_LIMIT: "daily_limit",
  TOO_MANY_ATTEMPTS: "too_many_attempts",
  NO_ROOM: "no_room",
  UNAVAILABLE: "unavailable",
});

export const ClientFrame = Object.freeze({
  SEND: "send",
  TYPING: "typing",
  READ: "read",
  SYNC: "sync",
});

export const ServerFrame = Object.freeze({
  MESSAGE: "message",
  EDITED: "edited",
  REMOVED: "removed",
  REACTED: "reacted",
  READ: "read",
  RENAMED: "renamed",
  JOINED: "joined",
  LEFT: "left",
  OWNER: "owner",
  TYPING: "typing",
  WELCOME: "welcome",
  ACK: "ack",
  CHANGES: "changes",
  GONE: "gone",
  HEADS: "heads",
  ERROR: "error",
});
