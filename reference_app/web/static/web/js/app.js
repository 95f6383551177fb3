// Puts the page together: one client, the transport that the server chose, and the views.

import { Announcer } from "./announcer.js";
import { Client } from "./client.js";
import { $ } from "./dom.js";
import { Drafts } from "./drafts.js";
import { Frame } from "./frame.js";
import { followKeyboard } from "./keyboard.js";
import { Outbox } from "./outbox.js";
import { knownPerson } from "./people.js";
import { emptyState, personOf, restore } from "./reducers.js";
import { Notifications } from "./notifications.js";
import { Settings } from "./settings.js";
import { Sounds } from "./sounds.js";
import { Store } from "./store.js";
import { Uploads } from "./uploads.js";
import { Tabs } from "./tabs.js";
import { howToTell } from "./telling.js";
import {
  announcement,
  blockText,
  blockedToast,
  confirmBlockText,
  copyText,
  directText,
  errorText,
  goneText,
  mentionText,
  profileText,
  removedFromText,
  titleOf,
  unblockText,
  unblockedToast,
  unsentText,
} from "./words.js";
import { AccountView } from "./views/account.js";
import { Acting } from "./views/acting.js";
import { showAttention } from "./views/attention.js";
import { wireBlockedNote } from "./views/blocked-note.js";
import { BlockedPeopleView } from "./views/blocked-people.js";
import { Composer } from "./views/composer.js";
import { confirmed } from "./views/confirm.js";
import { ConnectionView } from "./views/connection.js";
import { ConversationsView } from "./views/conversations.js";
import { DetailsView } from "./views/details.js";
import { DevicesView } from "./views/devices.js";
import { showHead, showTyping } from "./views/head.js";
import { showMe } from "./views/me.js";
import { ContextMenu } from "./views/menu.js";
import { MessagesView } from "./views/messages.js";
import { personSource } from "./views/person-menu.js";
import { Picker } from "./views/picker.js";
import { Preferences } from "./views/preferences.js";
import { ProfileView } from "./views/profile.js";
import { SearchView } from "./views/search.js";
import { Toasts } from "./views/toasts.js";
import { UploadQueue } from "./views/upload-queue.js";
import { PictureViewer } from "./views/viewer.js";

const page = $("chat").dataset;
const settings = new Settings();
const sounds = new Sounds({ settings });
const toasts = new Toasts();
const notify = (kind, text, how) => toasts.show(kind, text, how);
const me = Number(page.me);
const store = new Store(emptyState(me));
const drafts = new Drafts({ me });
const announcer = new Announcer();
const connection = new ConnectionView({ announcer, retry: () => client.transport.retry() });
const tabs = new Tabs({ me: page.me, onChanged: () => client.transport.refresh() });

const outbox = new Outbox({ me });
store.apply(restore, outbox.left());
store.watch((state) => outbox.keep(state.outbox));

const client = new Client({
  store,
  prefers: page.transport,
  onConnection: (shown) => connection.show(shown),
  onTyping: () => showTyping(client.typing.in(store.state.open)),
  on: {
    message: (event) => arrived(event),
    sent: () => sounds.play("sent"),
    failed: () => sounds.play("error"),
    gone: (conversation, by, unsent) => {
      drafts.drop(conversation.id);
      const text = goneText(titleOf(conversation, store.state.me), by);
      if (unsent) notify("warning", `${text} ${unsentText}`);
      else notify("info", text);
    },
    isWriting: () => Boolean($("composer-text").value.trim()),
    removed: (group, by) => {
      drafts.drop(group.id);
      notify("warning", removedFromText(group.title, by));
    },
    // By the reader's own doing, here or in another tab.
    left: (id) => {
      drafts.drop(id);
      tabs.changed();
    },
    written: () => tabs.changed(),
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

// From wherever one is: a dialog would hide it.
const goTo = (id) => {
  document.querySelector("dialog[open]")?.close();
  return open(id);
};

const notifications = new Notifications({
  settings,
  isLookedAt: () => tabs.isLookedAt(),
  open: goTo,
});

// A message is told once: where it is read already by voice alone, elsewhere by a toast.
// In a muted conversation the badge alone tells, of a mention too.
const arrived = (event) => {
  // One that comes late may have been taken back already.
  if (event.removed) return;
  const isMention = event.mentions.includes(store.state.me);
  const kind = isMention ? "mention" : "message";
  const told = isMention ? mentionText(event) : announcement(event);
  const how = howToTell({
    isOpen: event.conversation === store.state.open,
    isMuted: settings.isMuted(event.conversation),
    quiet: settings.values.quiet,
  });
  if (how.voice) announcer.say(told);
  if (how.toast) notify(kind, told, { tag: event.conversation, act: () => goTo(event.conversation) });
  if (!how.isAnnounced) return;
  const title = titleOf(store.state.conversations[event.conversation], store.state.me);
  tabs.announce(event, () => {
    sounds.play(kind);
    notifications.show(event.conversation, title, told);
  });
};

const conversations = new ConversationsView({ choose: open });

// Other tabs that poll would hear of it at their next question only.
const start = async (wanted) => {
  await client.startConversation(wanted);
  tabs.changed();
};

const chatWith = async (person) => {
  try {
    await start({ kind: "direct", person: person.id });
  } catch (error) {
    notify("error", errorText(error));
  }
};

const block = async (person, on) => {
  const asked = { title: blockText, text: confirmBlockText(person), action: blockText };
  if (on && !(await confirmed(asked))) return;
  try {
    await client.block(person, on);
    notify("success", on ? blockedToast(person) : unblockedToast(person));
  } catch (error) {
    notify("error", errorText(error));
  }
};
const unblock = (person) => block(person, false);

const profile = new ProfileView({
  me: store.state.me,
  load: (id) => client.profile(id),
  chat: chatWith,
  block,
  open,
  notify,
});
const showProfile = (person) => profile.show(person);

const picker = new Picker({
  people: (query) => client.people(query),
  start,
});

const details = new DetailsView({
  client,
  showProfile,
  addPeople: (present, act) => picker.add(present, act),
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

const isOther = ({ id }) => id !== store.state.me;
const isBlocked = ({ id }) => store.state.blocked.has(id);

const personMenu = personSource({
  personOf: (id) => personOf(store.state, id) ?? knownPerson(id),
  items: (person) => [
    { icon: "fa-id-card", text: profileText, act: showProfile },
    ...(isOther(person) && !isBlocked(person)
      ? [{ icon: "fa-comment", text: directText, act: chatWith }]
      : []),
    { icon: "fa-copy", text: copyText, act: () => profile.copy(person) },
    ...(isOther(person)
      ? [
          isBlocked(person)
            ? { icon: "fa-ban", text: unblockText, act: unblock }
            : { icon: "fa-ban", text: blockText, act: () => block(person, true) },
        ]
      : []),
  ],
});

const uploads = new Uploads({
  limit: Number(page.fileLimit),
  send: (conversation, file, how) => client.upload(conversation, file, how),
  withdraw: (stored) => client.withdraw(stored),
});
const queue = new UploadQueue({ uploads, notify });
const viewer = new PictureViewer();

const composer = new Composer({
  drafts,
  send: (text, answered, files) => client.send(text, answered, files),
  typed: () => client.typed(),
  mode: acting.mode,
  mentions: acting.mentions,
  files: queue,
});

const menu = new ContextMenu([personMenu, acting.tools.source]);

const messages = new MessagesView({
  me,
  acts: {
    showProfile,
    retry: (clientId) => client.retry(clientId),
    edit: (clientId) => {
      const { conversation, text, files } = client.takeBack(clientId);
      uploads.restore(conversation, files);
      composer.write(text);
    },
    showPicture: (file) => viewer.show(file),
    ...acting.parts,
  },
  loadOlder: (id) => client.loadOlder(id),
  saw: (seq) => client.saw(seq),
});

new SearchView({
  state: () => store.state,
  find: (query) => client.search(query),
  chat: chatWith,
  open,
  openAt: async (conversation, seq) => {
    await open(conversation);
    await acting.reveal(seq);
  },
});

$("back").onclick = () => open(null);
document.addEventListener("visibilitychange", () => client.markRead());
showMe({ id: me, name: document.querySelector(".me-name").textContent });
followKeyboard();

const account = new AccountView({
  load: () => client.profile(store.state.me),
  changePassword: (before, after) => client.changePassword(before, after),
  showMe,
  notify,
});
new Preferences({
  settings,
  notify,
  tryOut: (kind) => sounds.play(kind),
  panels: {
    "panel-profile": account,
    "panel-devices": new DevicesView({ notify }),
    "panel-blocked": new BlockedPeopleView({ unblock }),
  },
  onClosed: () => account.forget(),
});
const showBlockedNote = wireBlockedNote({ unblock });

const frame = new Frame(() => {
  const { state } = store;
  showAttention(state, settings);
  conversations.show(state);
  showHead(state);
  composer.show(state);
  showBlockedNote(state);
  details.show(state);
  queue.show(state);
  messages.show(state);
  acting.tools.show();
});
settings.watch(() => frame.soon());
store.watch(() => frame.soon());
client.start();
