// Puts the page together: one client, the transport that the server chose, and the views.

import { Client } from "./client.js";
import { $ } from "./dom.js";
import { emptyState, personOf } from "./reducers.js";
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
import { wireComposer } from "./views/composer.js";
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
const store = new Store(emptyState(Number(page.me)));

const client = new Client({
  store,
  Transport: page.transport === "websocket" ? WebSocketTransport : PollingTransport,
  onConnection: showConnection,
  onTyping: () => showTyping(client.typing.in(store.state.open)),
  on: {
    message: (event) => arrived(event),
    sent: () => sounds.play("sent"),
    failed: () => sounds.play("error"),
    gone: (conversation, by) =>
      notify("info", goneText(titleOf(conversation, store.state.me), by)),
  },
  onSignedOut: () => location.assign(page.login),
});

const open = async (id) => {
  await client.open(id);
  showTyping(client.typing.in(id));
  if (id) $("composer-text").focus();
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

let loading = false;
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
  deleteConversation: (id) => client.deleteConversation(id),
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

const messages = new MessagesView({
  showProfile,
  retry: (clientId) => client.retry(clientId),
  loadOlder: async () => {
    if (loading) return;
    loading = true;
    try {
      await client.loadOlder(store.state.open);
    } catch (error) {
      notify("error", errorText(error));
    } finally {
      loading = false;
    }
  },
});

wireComposer({ send: (text) => client.send(text), typed: () => client.typed() });
new Picker({
  people: (query) => client.people(query),
  start: (wanted) => client.startConversation(wanted),
});
$("back").onclick = () => open(null);
document.addEventListener("visibilitychange", () => client.markRead());
document.querySelector(".sidebar-foot .avatar").style.setProperty("--hue", (page.me * 67) % 360);

new Preferences({ settings, notify, tryOut: () => sounds.play("message") });

settings.watch(() => showAttention(store.state, settings));
store.watch((state) => {
  showAttention(state, settings);
  conversations.show(state);
  showHead(state);
  messages.show(state);
});
client.start();
