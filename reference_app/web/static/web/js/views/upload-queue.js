// The files that go with the next message, above the field in which one writes it.

import { $, h } from "../dom.js";
import { MAX_FILES } from "../protocol.js";
import { DONE, FAILED, UPLOADING } from "../uploads.js";
import {
  cancelUploadText,
  emptyFileText,
  errorText,
  fileTooLargeText,
  notUploadedText,
  retryUploadText,
  sizeText,
  stillUploadingText,
  tooManyFilesText,
  unfinishedUploadText,
  uploadedText,
  uploadingText,
} from "../words.js";
import { iconOf, nameOf } from "./attachments.js";
import { wireFiles } from "./dropping.js";

class Entry {
  #bar = h("progress", { className: "upload-bar", max: 1 });
  #detail = h("span", { className: "upload-detail" });
  #icon = h("i", { ariaHidden: "true" });
  #retry;

  constructor(item, uploads) {
    const { name, type } = item.file;
    this.#icon.className = `file-icon fa-solid ${iconOf(type)}`;
    const button = (icon, label, onclick) =>
      h(
        "button",
        { className: "btn icon-button", type: "button", ariaLabel: label, title: label, onclick },
        h("i", { className: `fa-solid ${icon}`, ariaHidden: "true" }),
      );
    this.#retry = button("fa-rotate-right", retryUploadText(name), () => uploads.retry(item));
    this.element = h(
      "li",
      { className: "upload" },
      this.#icon,
      h(
        "span",
        { className: "upload-text" },
        nameOf(item.file),
        this.#detail,
        this.#bar,
      ),
      this.#retry,
      button("fa-xmark", cancelUploadText(name), () => {
        uploads.cancel(item);
        $("composer-text").focus();
      }),
    );
    this.show(item);
  }

  show({ file, state, progress, error, stored }) {
    this.element.dataset.state = state;
    this.#bar.hidden = state === DONE || state === FAILED;
    this.#bar.value = progress;
    this.#bar.setAttribute("aria-label", uploadingText(file.name, progress));
    this.#retry.hidden = state !== FAILED;
    this.#detail.textContent = state === FAILED ? errorText(error) : sizeText(file.size);
    if (stored?.width && this.#icon.parentNode) this.#preview(stored);
  }

  #preview({ id }) {
    const image = h("img", { className: "upload-preview", src: `/api/files/${id}/preview`, alt: "" });
    this.#icon.replaceWith(image);
  }
}

export class UploadQueue {
  #conversation = null;
  #entries = new Map();

  constructor({ uploads, notify }) {
    Object.assign(this, { uploads, notify });
    uploads.watch((conversation, item) => this.#changed(conversation, item));
    wireFiles({ isOpen: () => this.#conversation !== null, take: (files) => this.#add(files) });
  }

  show({ open }) {
    if (open === this.#conversation) return;
    this.#conversation = open;
    this.#draw();
  }

  get isEmpty() {
    return !this.uploads.of(this.#conversation).length;
  }

  // The files for a message that is sent now; null if it cannot be yet, which is told.
  take() {
    const { uploads } = this;
    if (uploads.isReady(this.#conversation)) return uploads.take(this.#conversation);
    const failed = uploads.hasFailed(this.#conversation);
    this.notify("warning", failed ? unfinishedUploadText : stillUploadingText);
    return null;
  }

  #add(files) {
    const refused = this.uploads.add(this.#conversation, files);
    // Once, however many there are too many of.
    const told = new Set(refused.map(({ file, problem }) => this.#complaint(file, problem)));
    for (const text of told) this.notify("error", text);
    $("composer-text").focus();
  }

  #complaint({ name }, problem) {
    if (problem === "too-many") return tooManyFilesText(MAX_FILES);
    if (problem === "empty") return emptyFileText(name);
    return fileTooLargeText(name, this.uploads.limit);
  }

  #changed(conversation, item) {
    if (item) this.#tell(item);
    if (conversation !== this.#conversation) return;
    if (item) this.#entries.get(item)?.show(item);
    else this.#draw();
  }

  // Progress is there to be looked at; that it has ended is said.
  #tell({ file, state, error }) {
    if (state === DONE) $("upload-status").textContent = uploadedText(file.name);
    else if (state === FAILED) $("upload-status").textContent = notUploadedText(file.name, error);
    else if (state === UPLOADING) $("upload-status").textContent = "";
  }

  #draw() {
    const items = this.#conversation === null ? [] : this.uploads.of(this.#conversation);
    const entries = new Map(
      items.map((item) => [item, this.#entries.get(item) ?? new Entry(item, this.uploads)]),
    );
    this.#entries = entries;
    $("uploads").hidden = !items.length;
    $("uploads").replaceChildren(...[...entries.values()].map((entry) => entry.element));
  }
}
