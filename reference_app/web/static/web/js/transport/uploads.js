// Uploads files one after the other, with a queue for each conversation. It uses no DOM: the
// function that sends a file is passed in, and watchers are called after each change.

import { MAX_FILES } from "../protocol.js";

export const WAITING = "waiting";
export const UPLOADING = "uploading";
export const DONE = "done";
export const FAILED = "failed";

// Returns the problem of a file, or null. The server checks this again, and checks the content.
export const problemOf = ({ size }, limit) => {
  if (!size) return "empty";
  return size > limit ? "too-large" : null;
};

export class Uploads {
  #queues = new Map();
  #watchers = new Set();
  #running = false;

  // `send(conversation, file, { onProgress, signal })` resolves to the stored file. `withdraw`
  // deletes a stored file that is no longer needed.
  constructor({ send, withdraw, limit }) {
    Object.assign(this, { send, withdraw, limit });
  }

  of(conversation) {
    return this.#queues.get(conversation) ?? [];
  }

  // Adds files that are stored already, of a message that the user writes again.
  restore(conversation, stored = []) {
    const items = stored.map((one) => {
      const file = { name: one.name, size: one.size, type: one.media_type };
      return { ...this.#item(conversation, file), state: DONE, progress: 1, stored: one };
    });
    this.#put(conversation, [...items, ...this.of(conversation)]);
  }

  // Adds files to the queue; returns those that are refused: { file, problem }.
  add(conversation, files) {
    const refused = [];
    const queue = [...this.of(conversation)];
    for (const file of files) {
      const problem = queue.length < MAX_FILES ? problemOf(file, this.limit) : "too-many";
      if (problem) refused.push({ file, problem });
      else queue.push(this.#item(conversation, file));
    }
    this.#put(conversation, queue);
    this.#run();
    return refused;
  }

  cancel(item) {
    item.abort.abort();
    if (item.stored) this.withdraw(item.stored);
    this.#put(
      item.conversation,
      this.of(item.conversation).filter((one) => one !== item),
    );
  }

  retry(item) {
    Object.assign(item, { state: WAITING, error: null, progress: 0 });
    this.#changed(item);
    this.#run();
  }

  // Returns whether all files of a conversation are stored.
  isReady(conversation) {
    return this.of(conversation).every(({ state }) => state === DONE);
  }

  hasFailed(conversation) {
    return this.of(conversation).some(({ state }) => state === FAILED);
  }

  // Returns the stored files, which then belong to a message, and empties the queue.
  take(conversation) {
    const stored = this.of(conversation).map((item) => item.stored);
    this.#put(conversation, []);
    return stored;
  }

  // Aborts the uploads of a conversation that no longer exists.
  discard(conversation) {
    for (const item of this.of(conversation)) item.abort.abort();
    this.#queues.delete(conversation);
  }

  // Calls the watcher with the conversation whose queue has changed, and with the item that has
  // changed, or null if items were added or removed.
  watch(watcher) {
    this.#watchers.add(watcher);
  }

  #item(conversation, file) {
    const abort = new AbortController();
    return { conversation, file, abort, state: WAITING, progress: 0, stored: null, error: null };
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    for (let item = this.#next(); item; item = this.#next()) await this.#upload(item);
    this.#running = false;
  }

  #next() {
    return [...this.#queues.values()].flat().find(({ state }) => state === WAITING);
  }

  async #upload(item) {
    item.state = UPLOADING;
    this.#changed(item);
    try {
      item.stored = await this.send(item.conversation, item.file, {
        signal: item.abort.signal,
        onProgress: (progress) => {
          item.progress = progress;
          this.#changed(item);
        },
      });
      item.state = DONE;
      if (item.abort.signal.aborted) this.withdraw(item.stored);
    } catch (error) {
      Object.assign(item, { state: FAILED, error });
    }
    if (!item.abort.signal.aborted) this.#changed(item);
  }

  #put(conversation, queue) {
    this.#queues.set(conversation, queue);
    this.#notify(conversation, null);
  }

  #changed(item) {
    this.#notify(item.conversation, item);
  }

  #notify(conversation, item) {
    for (const watcher of this.#watchers) watcher(conversation, item);
  }
}
