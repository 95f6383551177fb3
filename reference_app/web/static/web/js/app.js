// Puts the page together: one client, the transport that the server chose, and the views.

import { Client } from "./client.js";
import { $, tint } from "./dom.js";
import { Drafts } from "./drafts.js";
import { Frame } from "./frame.js";
import { followKeyboard } from "./keyboard.js";
import { Outbox } from "./outbox.js";
import { emptyState, personOf, restore } from "./reducers.js";
import { Notifications } from "./notifications.js";
import { Settings } from "./settings.js";
import { Sounds } from "./sounds.js";
import { Store } from "./store.js";
import { PollingTransport } from "./transport/polling.js";
import { WebSocketTransport } from "./transport/websocket.js";
import {
  announcement,
  copyText,
  directText,
  errorText,
  goneText,
  mentionText,
  profileText,
  titleOf,
} from "./words.js";
import { Acting } from "./views/acting.js";
import { showAttention } from "./views/attention.js";
import { Composer } from "./views/composer.js";
import { showConnection } from "./views/connection.js";
import { ConversationsView } from "./views/conversations.js";
import { DetailsView } from "./views/details.js";
import { showHead, showTyping } from "./views/head.js";
import { ContextMenu } from "./views/menu.js";
import { MessagesView } from "./views/messages.js";
import { personSource } from "./views/person-menu.js";
import { Picker } from "./views/picker.js";
import { Preferences } from "./views/preferences.js";
import { ProfileView } from "./views/profile.js";
import { Toasts } from "./views/toasts.js";

const page = $("chat").dataset;
const settings = new Settings();
const sounds = new Sounds({ settings });
const toasts = new Toasts();
const notify = (kind, ...content) => toasts.show(kind, ...content);
const me = Number(page.me);
const store = new Store(emptyState(me));
const drafts = new Drafts({ me });

const outbox = new Outbox({ me });
store.apply(restore, outbox.left());
store.watch((state) => outbox.keep(state.outbox));

const client = new Client({
  store,
  Transport: page.transport === "websocket" ? WebSocketTransport : PollingTransport,
  onConnection: showConnection,
  onTyping: () => showTyping(client.typing.in(store.state.open)),
  on: {
    message: (event) => arrived(event),
    sent: () => sounds.play("sent"),
    failed: () => sounds.play("error"),
    gone: (conversation, by) => {
      drafts.drop(conversation.id);
      notify("info", goneText(titleOf(conversation, store.state.me), by));
    },
  },
  onSignedOut: () => location.assign(page.login),
});

const open = async (id) => {
  const opened = client.open(id);
  frame.now();
  showTyping(client.typing.in(id));
  if (id) composer.focus();
  await opened;
};

const notifications = new Notifications({ settings, open });

// A message is told once: where it is read already by voice alone, elsewhere by a toast.
// In a muted conversation the badge alone tells, of a mention too.
const arrived = (event) => {
  // One that comes late may have been taken back already.
  if (event.removed) return;
  const isOpen = event.conversation === store.state.open;
  const isMention = event.mentions.includes(store.state.me);
  const kind = isMention ? "mention" : "message";
  const told = isMention ? mentionText(event) : announcement(event);
  if (isOpen) $("announcer").textContent = told;
  if (settings.isMuted(event.conversation)) return;
  sounds.play(kind);
  const title = titleOf(store.state.conversations[event.conversation], store.state.me);
  notifications.show(event.conversation, title, told);
  if (!isOpen && !settings.values.quiet) notify(kind, told);
};

const conversations = new ConversationsView({ choose: open });

const chatWith = async (person) => {
  try {
    await client.startConversation({ kind: "direct", person: person.id });
  } catch (error) {
    notify("error", errorText(error));
  }
};

const profile = new ProfileView({
  load: (id) => client.profile(id),
  chat: chatWith,
  open,
  notify,
});
const showProfile = (person) => profile.show(person);

new DetailsView({
  state: () => store.state,
  showProfile,
  deleteConversation: async (id) => {
    await client.deleteConversation(id);
    drafts.drop(id);
  },
  settings,
  notify,
});

const acting = new Acting({
  client,
  store,
  notify,
  menu: (what) => menu.open(what),
  find: (seq) => {
    frame.now();
    return messages.reveal(seq);
  },
});

const personMenu = personSource({
  personOf: (id) => personOf(store.state, id),
  items: (person) => [
    { icon: "fa-id-card", text: profileText, act: showProfile },
    ...(person.id === store.state.me
      ? []
      : [{ icon: "fa-comment", text: directText, act: chatWith }]),
    { icon: "fa-copy", text: copyText, act: () => profile.copy(person) },
  ],
});

const composer = new Composer({
  drafts,
  send: (text, answered) => client.send(text, answered),
  typed: () => client.typed(),
  mode: acting.mode,
  mentions: acting.mentions,
});

const menu = new ContextMenu([personMenu, acting.tools.source]);

const messages = new MessagesView({
  me,
  acts: {
    showProfile,
    retry: (clientId) => client.retry(clientId),
    edit: (clientId) => composer.write(client.takeBack(clientId)),
    ...acting.parts,
  },
  loadOlder: (id) => client.loadOlder(id),
  saw: (seq) => client.saw(seq),
});

new Picker({
  people: (query) => client.people(query),
  start: (wanted) => client.startConversation(wanted),
});
$("back").onclick = () => open(null);
document.addEventListener("visibilitychange", () => client.markRead());
tint(document.querySelector(".sidebar-foot .avatar"), me);
followKeyboard();

new Preferences({ settings, notify, tryOut: () => sounds.play("message") });

const frame = new Frame(() => {
  const { state } = store;
  showAttention(state, settings);
  conversations.show(state);
  showHead(state);
  composer.show(state);
  messages.show(state);
  acting.tools.show();
});
settings.watch(() => frame.soon());
store.watch(() => frame.soon());
client.start();
