// Shows the files of the next message, above the field of the composer.

import { $, h, iconButton } from "../../browser/dom.js";
import { sizeText } from "../../i18n/format.js";
import {
  cancelUploadText,
  emptyFileText,
  errorText,
  fileTooLargeText,
  notUploadedText,
  retryUploadText,
  stillUploadingText,
  tooManyFilesText,
  unfinishedUploadText,
  uploadedText,
  uploadingText,
} from "../../i18n/words.js";
import { MAX_FILES } from "../../protocol.js";
import { DONE, FAILED, UPLOADING } from "../../transport/uploads.js";
import { iconOf, nameOf } from "../messages/attachments.js";
import { listenForFiles } from "./file-input.js";

class Entry {
  #bar = h("progress", { className: "upload-bar", max: 1 });
  #detail = h("span", { className: "upload-detail" });
  #icon = h("i", { ariaHidden: "true" });
  #retry;

  constructor(item, uploads) {
    const { name, type } = item.file;
    this.#icon.className = `file-icon fa-solid ${iconOf(type)}`;
    const retry = () => uploads.retry(item);
    this.#retry = iconButton("fa-rotate-right", retryUploadText(name), retry);
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
      iconButton("fa-xmark", cancelUploadText(name), () => {
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
    const src = `/api/files/${id}/preview`;
    this.#icon.replaceWith(h("img", { className: "upload-preview", src, alt: "" }));
  }
}

export class UploadList {
  #conversation = null;
  #entries = new Map();

  constructor({ uploads, notify }) {
    Object.assign(this, { uploads, notify });
    uploads.watch((conversation, item) => this.#changed(conversation, item));
    listenForFiles({
      isOpen: () => this.#conversation !== null,
      take: (files) => this.#add(files),
    });
  }

  show({ open }) {
    if (open === this.#conversation) return;
    this.#conversation = open;
    this.#draw();
  }

  get isEmpty() {
    return !this.uploads.of(this.#conversation).length;
  }

  // Returns the files for a message that is sent now. Returns null, with a warning, if they are not
  // all uploaded.
  take() {
    const { uploads } = this;
    if (uploads.isReady(this.#conversation)) return uploads.take(this.#conversation);
    const failed = uploads.hasFailed(this.#conversation);
    this.notify("warning", failed ? unfinishedUploadText : stillUploadingText);
    return null;
  }

  #add(files) {
    const refused = this.uploads.add(this.#conversation, files);
    // The same complaint is shown once, for however many files.
    const complaints = new Set(refused.map(({ file, problem }) => this.#complaint(file, problem)));
    for (const text of complaints) this.notify("error", text);
    $("composer-text").focus();
  }

  #complaint({ name }, problem) {
    if (problem === "too-many") return tooManyFilesText(MAX_FILES);
    if (problem === "empty") return emptyFileText(name);
    return fileTooLargeText(name, this.uploads.limit);
  }

  #changed(conversation, item) {
    if (item) this.#announce(item);
    if (conversation !== this.#conversation) return;
    if (item) this.#entries.get(item)?.show(item);
    else this.#draw();
  }

  // Announces the end of an upload to screen readers, but not its progress.
  #announce({ file, state, error }) {
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
