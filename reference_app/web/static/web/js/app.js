// Builds the page: creates the client, the state and the views, and connects them.

import { Announcer } from "./browser/announcer.js";
import { $ } from "./browser/dom.js";
import { Notifications } from "./browser/notifications.js";
import { RenderScheduler } from "./browser/render-scheduler.js";
import { Settings } from "./browser/settings.js";
import { Sounds } from "./browser/sounds.js";
import { Tabs } from "./browser/tabs.js";
import { followVirtualKeyboard } from "./browser/virtual-keyboard.js";
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
} from "./i18n/words.js";
import { Drafts } from "./state/drafts.js";
import { decideNotification } from "./state/notification-policy.js";
import { Outbox } from "./state/outbox.js";
import { emptyState, personOf, restore } from "./state/reducers.js";
import { Store } from "./state/store.js";
import { Client } from "./transport/client.js";
import { Uploads } from "./transport/uploads.js";
import { createBlockedBanner } from "./views/composer/blocked-banner.js";
import { Composer } from "./views/composer/composer.js";
import { UploadList } from "./views/composer/upload-list.js";
import { ConnectionStatus } from "./views/connection-status.js";
import { ContextMenu } from "./views/context-menu.js";
import { showHead, showTyping } from "./views/conversation-head.js";
import { AccountView } from "./views/dialogs/account.js";
import { BlockedPeopleView } from "./views/dialogs/blocked-people.js";
import { confirmAction } from "./views/dialogs/confirm.js";
import { DetailsView } from "./views/dialogs/conversation-details.js";
import { DevicesView } from "./views/dialogs/devices.js";
import { PeoplePicker } from "./views/dialogs/people-picker.js";
import { PictureViewer } from "./views/dialogs/picture-viewer.js";
import { ProfileView } from "./views/dialogs/profile.js";
import { SettingsDialog } from "./views/dialogs/settings.js";
import { MessageActions } from "./views/messages/message-actions.js";
import { MessagesView } from "./views/messages/messages.js";
import { knownPerson } from "./views/people.js";
import { personMenuSource } from "./views/person-menu.js";
import { ConversationsView } from "./views/sidebar/conversations.js";
import { showCurrentUser } from "./views/sidebar/current-user.js";
import { SearchView } from "./views/sidebar/search.js";
import { Toasts } from "./views/toasts.js";
import { showUnreadIndicator } from "./views/unread-indicator.js";

const page = $("chat").dataset;
const settings = new Settings();
const sounds = new Sounds({ settings });
const toasts = new Toasts();
const notify = (kind, text, options) => toasts.show(kind, text, options);
const me = Number(page.me);
const store = new Store(emptyState(me));
const drafts = new Drafts({ me });
const announcer = new Announcer();
const connectionStatus = new ConnectionStatus({
  announcer,
  retry: () => client.connection.retry(),
});
const tabs = new Tabs({ me: page.me, onChanged: () => client.connection.refresh() });

const outbox = new Outbox({ me });
store.apply(restore, outbox.load());
store.watch((state) => outbox.save(state.outbox));

const client = new Client({
  store,
  prefers: page.transport,
  onConnection: (status) => connectionStatus.show(status),
  onTyping: () => showTyping(client.typing.in(store.state.open)),
  on: {
    message: (event) => notifyOfMessage(event),
    sent: () => sounds.play("sent"),
    failed: () => sounds.play("error"),
    gone: (conversation, by, unsent) => {
      drafts.discard(conversation.id);
      const text = goneText(titleOf(conversation, store.state.me), by);
      if (unsent) notify("warning", `${text} ${unsentText}`);
      else notify("info", text);
    },
    isWriting: () => Boolean($("composer-text").value.trim()),
    removed: (group, by) => {
      drafts.discard(group.id);
      notify("warning", removedFromText(group.title, by));
    },
    // The user has left or deleted the conversation, here or in another tab.
    left: (id) => {
      drafts.discard(id);
      tabs.changed();
    },
    written: () => tabs.changed(),
  },
  onSignedOut: () => location.assign(page.login),
});

const open = async (id) => {
  const opened = client.open(id);
  rendering.renderNow();
  showTyping(client.typing.in(id));
  if (id) composer.focus();
  await opened;
};

// Opens a conversation, and closes the dialog that would hide it.
const goTo = (id) => {
  document.querySelector("dialog[open]")?.close();
  return open(id);
};

const notifications = new Notifications({
  settings,
  isVisible: () => tabs.isAnyVisible(),
  open: goTo,
});

// Notifies the user of a message once: a screen reader speaks it in the open conversation, a toast
// shows it elsewhere. In a muted conversation only the badge shows it, even if it mentions the
// user.
const notifyOfMessage = (event) => {
  // A message that arrives late may have been removed already.
  if (event.removed) return;
  const isMention = event.mentions.includes(store.state.me);
  const kind = isMention ? "mention" : "message";
  const text = isMention ? mentionText(event) : announcement(event);
  const { isSpoken, hasToast, isAnnounced } = decideNotification({
    isOpen: event.conversation === store.state.open,
    isMuted: settings.isMuted(event.conversation),
    quiet: settings.values.quiet,
  });
  const id = event.conversation;
  if (isSpoken) announcer.say(text);
  if (hasToast) notify(kind, text, { tag: id, act: () => goTo(id) });
  if (!isAnnounced) return;
  const title = titleOf(store.state.conversations[id], store.state.me);
  tabs.announce(event, () => {
    sounds.play(kind);
    notifications.show(id, title, text);
  });
};

const conversations = new ConversationsView({ choose: open });

// Another tab that polls would otherwise receive the conversation only with its next poll.
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
  const question = { title: blockText, text: confirmBlockText(person), action: blockText };
  if (on && !(await confirmAction(question))) return;
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

const picker = new PeoplePicker({
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

const messageActions = new MessageActions({
  client,
  store,
  notify,
  menu: (options) => menu.open(options),
  find: (seq) => {
    rendering.renderNow();
    return messages.reveal(seq);
  },
});

const isOther = ({ id }) => id !== store.state.me;
const isBlocked = ({ id }) => store.state.blocked.has(id);

const personMenu = personMenuSource({
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
  send: (conversation, file, options) => client.upload(conversation, file, options),
  withdraw: (stored) => client.withdraw(stored),
});
const uploadList = new UploadList({ uploads, notify });
const viewer = new PictureViewer();

const composer = new Composer({
  drafts,
  send: (text, answered, files) => client.send(text, answered, files),
  typed: () => client.typed(),
  mode: messageActions.mode,
  mentions: messageActions.mentions,
  files: uploadList,
});

const menu = new ContextMenu([personMenu, messageActions.toolbar.source]);

const messages = new MessagesView({
  me,
  actions: {
    showProfile,
    retry: (clientId) => client.retry(clientId),
    edit: (clientId) => {
      const { conversation, text, files } = client.takeBack(clientId);
      uploads.restore(conversation, files);
      composer.write(text);
    },
    showPicture: (file) => viewer.show(file),
    ...messageActions.partActions,
  },
  loadOlder: (id) => client.loadOlder(id),
  markSeen: (seq) => client.markSeen(seq),
});

new SearchView({
  state: () => store.state,
  find: (query) => client.search(query),
  chat: chatWith,
  open,
  openAt: async (conversation, seq) => {
    await open(conversation);
    await messageActions.reveal(seq);
  },
});

$("back").onclick = () => open(null);
document.addEventListener("visibilitychange", () => client.markRead());
showCurrentUser({ id: me, name: document.querySelector(".me-name").textContent });
followVirtualKeyboard();

const account = new AccountView({
  load: () => client.profile(store.state.me),
  changePassword: (before, after) => client.changePassword(before, after),
  showCurrentUser,
  notify,
});
new SettingsDialog({
  settings,
  notify,
  tryOut: (kind) => sounds.play(kind),
  panels: {
    "panel-profile": account,
    "panel-devices": new DevicesView({ notify }),
    "panel-blocked": new BlockedPeopleView({ unblock }),
  },
  onClosed: () => account.reset(),
});
const showBlockedBanner = createBlockedBanner({ unblock });

const rendering = new RenderScheduler(() => {
  const { state } = store;
  showUnreadIndicator(state, settings);
  conversations.show(state);
  showHead(state);
  composer.show(state);
  showBlockedBanner(state);
  details.show(state);
  uploadList.show(state);
  messages.show(state);
  messageActions.toolbar.show();
});
settings.watch(() => rendering.schedule());
store.watch(() => rendering.schedule());
client.start();
