// Puts the page together: one client, the transport that the server chose, and the views.

import { Client } from "./client.js";
import { $ } from "./dom.js";
import { emptyState } from "./reducers.js";
import { Store } from "./store.js";
import { PollingTransport } from "./transport/polling.js";
import { WebSocketTransport } from "./transport/websocket.js";
import { announcement } from "./words.js";
import { wireComposer } from "./views/composer.js";
import { showConnection } from "./views/connection.js";
import { ConversationsView } from "./views/conversations.js";
import { showHead, showTyping } from "./views/head.js";
import { MessagesView } from "./views/messages.js";
import { Picker } from "./views/picker.js";

const page = $("chat").dataset;
const store = new Store(emptyState(Number(page.me)));

const client = new Client({
  store,
  Transport: page.transport === "websocket" ? WebSocketTransport : PollingTransport,
  onConnection: showConnection,
  onTyping: () => showTyping(client.typing.in(store.state.open)),
  onMessage: (event) => {
    $("announcer").textContent = announcement(event);
  },
  onSignedOut: () => location.assign(page.login),
});

const open = async (id) => {
  await client.open(id);
  showTyping(client.typing.in(id));
  if (id) $("composer-text").focus();
};

const conversations = new ConversationsView({ choose: open });

let loading = false;
const messages = new MessagesView({
  retry: (clientId) => client.retry(clientId),
  loadOlder: async () => {
    if (loading) return;
    loading = true;
    await client.loadOlder(store.state.open).finally(() => {
      loading = false;
    });
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

store.watch((state) => {
  conversations.show(state);
  showHead(state);
  messages.show(state);
});
client.start();
