// Every word that JavaScript shows, and how names and times are put.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const names = new Intl.ListFormat(undefined, { type: "conjunction" });

export const timeOf = (at) => clock.format(at);
export const dayOf = (at) => day.format(at);

export const whenOf = (at) =>
  new Date(at).toDateString() === new Date().toDateString() ? clock.format(at) : short.format(at);

export const connectionText = (state, wait) =>
  ({
    connecting: "Connecting…",
    live: "Live (WebSocket)",
    polling: "Polling every 2–5 s",
    waiting: `Reconnecting in ${Math.ceil((wait ?? 0) / 1000)} s`,
    offline: "Offline",
  })[state];

export const statusText = { sending: "Sending…", sent: "Sent", failed: "Not sent." };

export const retryText = "Try again";

export const typingText = (people) => {
  if (!people.length) return "";
  if (people.length > 3) return "Several people are typing…";
  const list = names.format(people.map((person) => person.name));
  return `${list} ${people.length === 1 ? "is" : "are"} typing…`;
};

export const titleOf = (conversation, me) =>
  conversation.title ||
  conversation.members.find((person) => person.id !== me)?.name ||
  "Conversation";

export const membersText = (conversation, me) =>
  conversation.kind === "direct"
    ? `@${conversation.members.find((person) => person.id !== me)?.username ?? ""}`
    : names.format(conversation.members.map((person) => person.name));

export const unreadLabel = (count) => `${count} unread`;
export const announcement = (event) => `${event.actor.name}: ${event.text}`;
export const unreachable = "The server cannot be reached. Please try again.";
