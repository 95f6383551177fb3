// Connects the actions on messages: the toolbar and menu of a message, the composer for replies and
// edits, the completion of names, and the confirmations and error messages.

import { copy } from "../../browser/clipboard.js";
import { $ } from "../../browser/dom.js";
import {
  copiedText,
  errorText,
  notCopiedText,
  removeAskText,
  removeText,
  tooFarText,
} from "../../i18n/words.js";
import { isNotice } from "../../state/notices.js";
import { ComposerMode } from "../composer/composer-mode.js";
import { MentionCompletion } from "../composer/mention-completion.js";
import { confirmAction } from "../dialogs/confirm.js";
import { MessageToolbar } from "./message-toolbar.js";
import { reveal } from "./reveal.js";

export class MessageActions {
  // `menu` opens a menu for an element. `find` scrolls to the message with a seq and returns its
  // element, or null if it is not loaded.
  constructor({ client, store, notify, menu, find }) {
    Object.assign(this, { client, store, notify, find });
    const field = $("composer-text");
    this.mode = new ComposerMode({
      field,
      save: (message, text) => this.#attempt(() => client.editMessage(message, text)),
      lastOwn: () => this.#lastOwn(),
    });
    this.mentions = new MentionCompletion({ field, others: () => this.#others() });
    this.toolbar = new MessageToolbar({
      pane: $("messages"),
      list: $("message-list"),
      me: store.state.me,
      messageAt: (seq) => this.#items.find((message) => message.seq === seq),
      actions: {
        react: this.react,
        reply: (message) => this.mode.reply(message),
        edit: (message) => this.mode.edit(message),
        remove: (message) => this.#remove(message),
        copy: ({ text }) => this.#copy(text),
      },
      menu,
    });
  }

  // The actions that the parts of a message use (quote.js, reactions.js).
  get partActions() {
    return { react: this.react, reveal: this.reveal };
  }

  react = (message, emoji, on) => this.#attempt(() => this.client.react(message, emoji, on));

  reveal = async (seq) => {
    const { open } = this.store.state;
    const found = await reveal(seq, {
      loaded: () => this.store.state.messages[open],
      loadOlder: (wanted) => this.client.loadOlder(open, wanted),
      find: this.find,
    });
    if (!found) this.notify("info", tooFarText);
  };

  get #items() {
    const { messages, open } = this.store.state;
    return (messages[open]?.items ?? []).filter((one) => !isNotice(one));
  }

  #lastOwn() {
    const { me } = this.store.state;
    return this.#items.findLast((message) => message.actor.id === me && !message.removed);
  }

  #others() {
    const { conversations, open, me } = this.store.state;
    return conversations[open].members.filter((person) => person.id !== me);
  }

  async #remove(message) {
    const question = { title: removeText, text: removeAskText, action: removeText };
    if (!(await confirmAction(question))) return;
    await this.#attempt(() => this.client.removeMessage(message));
  }

  async #copy(text) {
    const copied = await copy(text, document.body);
    if (copied) this.notify("success", copiedText);
    else this.notify("error", notCopiedText);
  }

  async #attempt(act) {
    try {
      await act();
      return true;
    } catch (error) {
      this.notify("error", errorText(error));
      return false;
    }
  }
}
