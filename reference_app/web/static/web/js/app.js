// Puts the page together: one client, the transport that the server chose, and the views.

import { Announcer } from "./announcer.js";
import { Client } from "./client.js";
import { $ } from "./dom.js";
import { emptyState, personOf } from "./reducers.js";
import { Notifications } from "./notifications.js";
import { Settings } from "./settings.js";
import { Sounds } from "./sounds.js";
import { Store } from "./store.js";
import { Tabs } from "./tabs.js";
import { howToTell } from "./telling.js";
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
import { ConnectionView } from "./views/connection.js";
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
const announcer = new Announcer();
const connection = new ConnectionView({ announcer, retry: () => client.transport.retry() });
const tabs = new Tabs({ me: page.me, onChanged: () => client.transport.refresh() });

const client = new Client({
  store,
  prefers: page.transport,
  onConnection: (shown) => connection.show(shown),
  onTyping: () => showTyping(client.typing.in(store.state.open)),
  on: {
    message: (event) => arrived(event),
    sent: () => sounds.play("sent"),
    failed: () => sounds.play("error"),
    gone: (conversation, by) =>
      notify("info", goneText(titleOf(conversation, store.state.me), by)),
    written: () => tabs.changed(),
  },
  onSignedOut: () => location.assign(page.login),
});

const open = async (id) => {
  await client.open(id);
  showTyping(client.typing.in(id));
  if (id) $("composer-text").focus();
};

const notifications = new Notifications({ settings, isLookedAt: () => tabs.isLookedAt(), open });

const arrived = (event) => {
  const text = announcement(event);
  const how = howToTell({
    isOpen: event.conversation === store.state.open,
    isMuted: settings.isMuted(event.conversation),
    isTeller: tabs.mayTell(event),
    quiet: settings.values.quiet,
  });
  if (how.voice) announcer.say(text);
  if (how.sound) sounds.play("message");
  if (how.toast) notify("message", text);
  if (!how.notification) return;
  const title = titleOf(store.state.conversations[event.conversation], store.state.me);
  notifications.show(event.conversation, title, text);
};

const conversations = new ConversationsView({ choose: open });

// Other tabs that poll would hear of it at their next question only.
const start = async (wanted) => {
  await client.startConversation(wanted);
  tabs.changed();
};

let loading = false;
const chatWith = async (person) => {
  try {
    await start({ kind: "direct", person: person.id });
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
    tabs.changed();
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
  start,
});
$("back").onclick = () => open(null);
document.addEventListener("visibilitychange", () => client.markRead());
document.querySelector(".sidebar-foot .avatar").style.setProperty("--hue", (page.me * 67) % 360);

new Preferences({ settings, notify, tryOut: (kind) => sounds.play(kind) });

settings.watch(() => showAttention(store.state, settings));
store.watch((state) => {
  showAttention(state, settings);
  conversations.show(state);
  showHead(state);
  messages.show(state);
});
client.start();
