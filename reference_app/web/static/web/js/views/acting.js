// What one does with messages, put together: the toolbar and menu of a message, the composer
// while it answers or edits, names that are completed, and what is asked and told about it.

import { copy } from "../clipboard.js";
import { $ } from "../dom.js";
import { isNotice } from "../notices.js";
import {
  copiedText,
  errorText,
  notCopiedText,
  removeAskText,
  removeText,
  tooFarText,
} from "../words.js";
import { ComposerMode } from "./composer-mode.js";
import { confirmed } from "./confirm.js";
import { MentionBox } from "./mentions.js";
import { MessageActs } from "./message-acts.js";
import { reveal } from "./reveal.js";

export class Acting {
  // `menu` shows a menu for an element; `find` brings a message into view, by its seq, and
  // returns its element, or null where it is not loaded.
  constructor({ client, store, notify, menu, find }) {
    Object.assign(this, { client, store, notify, find });
    const field = $("composer-text");
    this.mode = new ComposerMode({
      field,
      save: (message, text) => this.#tried(() => client.editMessage(message, text)),
      lastOwn: () => this.#lastOwn(),
    });
    this.mentions = new MentionBox({ field, others: () => this.#others() });
    this.tools = new MessageActs({
      pane: $("messages"),
      list: $("message-list"),
      me: store.state.me,
      messageAt: (seq) => this.#items.find((message) => message.seq === seq),
      acts: {
        react: this.react,
        reply: (message) => this.mode.reply(message),
        edit: (message) => this.mode.edit(message),
        remove: (message) => this.#remove(message),
        copy: ({ text }) => this.#copy(text),
      },
      menu,
    });
  }

  // What the parts of a message need (quote.js, reactions.js).
  get parts() {
    return { react: this.react, reveal: this.reveal };
  }

  react = (message, emoji, on) => this.#tried(() => this.client.react(message, emoji, on));

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
    const asked = { title: removeText, text: removeAskText, action: removeText };
    if (await confirmed(asked)) await this.#tried(() => this.client.removeMessage(message));
  }

  async #copy(text) {
    const copied = await copy(text, document.body);
    if (copied) this.notify("success", copiedText);
    else this.notify("error", notCopiedText);
  }

  async #tried(act) {
    try {
      await act();
      return true;
    } catch (error) {
      this.notify("error", errorText(error));
      return false;
    }
  }
}
