// Files on their way: a queue for each conversation, one file after the other. No DOM: what
// sends a file is passed in, and whoever watches is told of each change.

import { MAX_FILES } from "./protocol.js";

export const WAITING = "waiting";
export const UPLOADING = "uploading";
export const DONE = "done";
export const FAILED = "failed";

// What is wrong with a file, or null; the server looks again, and at what it holds.
export const problemOf = ({ size }, limit) => {
  if (!size) return "empty";
  return size > limit ? "too-large" : null;
};

export class Uploads {
  #queues = new Map();
  #watchers = new Set();
  #running = false;

  // `send(conversation, file, { onProgress, signal })` resolves to the stored file; `withdraw`
  // takes back one that was stored and is not wanted any more.
  constructor({ send, withdraw, limit }) {
    Object.assign(this, { send, withdraw, limit });
  }

  of(conversation) {
    return this.#queues.get(conversation) ?? [];
  }

  // Files that are stored already, of a message that is written anew.
  restore(conversation, stored = []) {
    const items = stored.map((one) => {
      const file = { name: one.name, size: one.size, type: one.media_type };
      return { ...this.#item(conversation, file), state: DONE, progress: 1, stored: one };
    });
    this.#put(conversation, [...items, ...this.of(conversation)]);
  }

  // Returns what could not be added: { file, problem }.
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

  // Whether all that is there has been stored.
  isReady(conversation) {
    return this.of(conversation).every(({ state }) => state === DONE);
  }

  hasFailed(conversation) {
    return this.of(conversation).some(({ state }) => state === FAILED);
  }

  // The stored files, which belong to a message from now on.
  take(conversation) {
    const stored = this.of(conversation).map((item) => item.stored);
    this.#put(conversation, []);
    return stored;
  }

  // Of a conversation that is no more, nothing need be stored.
  drop(conversation) {
    for (const item of this.of(conversation)) item.abort.abort();
    this.#queues.delete(conversation);
  }

  // Told of a conversation whose queue has changed, and of the file by which it has.
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
    this.#tell(conversation, null);
  }

  #changed(item) {
    this.#tell(item.conversation, item);
  }

  #tell(conversation, item) {
    for (const watcher of this.#watchers) watcher(conversation, item);
  }
}
