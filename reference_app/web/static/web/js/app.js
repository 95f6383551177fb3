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
  profileText,
  titleOf,
} from "./words.js";
import { showAttention } from "./views/attention.js";
import { Composer } from "./views/composer.js";
import { showConnection } from "./views/connection.js";
import { ConversationsView } from "./views/conversations.js";
import { DetailsView } from "./views/details.js";
import { showHead, showTyping } from "./views/head.js";
import { PersonMenu } from "./views/menu.js";
import { MessagesView } from "./views/messages.js";
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
const arrived = (event) => {
  const isOpen = event.conversation === store.state.open;
  if (isOpen) $("announcer").textContent = announcement(event);
  if (settings.isMuted(event.conversation)) return;
  sounds.play("message");
  const title = titleOf(store.state.conversations[event.conversation], store.state.me);
  notifications.show(event.conversation, title, announcement(event));
  if (!isOpen && !settings.values.quiet) notify("message", announcement(event));
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

new PersonMenu({
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
  send: (text) => client.send(text),
  typed: () => client.typed(),
});

const messages = new MessagesView({
  me,
  acts: {
    showProfile,
    retry: (clientId) => client.retry(clientId),
    edit: (clientId) => composer.write(client.takeBack(clientId)),
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
});
settings.watch(() => frame.soon());
store.watch(() => frame.soon());
client.start();
