// Shows the files of a message: pictures as pictures, other files by name and size.

import { h, icon } from "../../browser/dom.js";
import { sizeText } from "../../i18n/format.js";
import { downloadText, pictureText } from "../../i18n/words.js";
import { displaySize } from "../../state/attachment-sizes.js";

const ICONS = [
  ["image/", "fa-file-image"],
  ["audio/", "fa-file-audio"],
  ["video/", "fa-file-video"],
  ["text/", "fa-file-lines"],
  ["application/pdf", "fa-file-pdf"],
  ["application/zip", "fa-file-zipper"],
  ["application/gzip", "fa-file-zipper"],
  ["application/x-7z", "fa-file-zipper"],
];

export const addressOf = ({ id }) => `/api/files/${id}`;

// A name in another direction than the page is still aligned to the start of the line.
export const nameOf = ({ name }) => h("span", { className: "file-name" }, h("bdi", {}, name));

export const iconOf = (mediaType) =>
  ICONS.find(([start]) => mediaType.startsWith(start))?.[1] ?? "fa-file";

// The size of a picture is set before it is loaded, so that nothing moves when it is.
const picture = (file, showPicture) => {
  const image = h("img", {
    className: "picture-image",
    src: `${addressOf(file)}/preview`,
    alt: pictureText(file),
    ...displaySize(file),
    loading: "lazy",
    decoding: "async",
  });
  return h(
    "button",
    {
      className: "picture",
      type: "button",
      ariaHasPopup: "dialog",
      onclick: () => showPicture(file),
    },
    image,
  );
};

const otherFile = (file) =>
  h(
    "a",
    {
      className: "file",
      href: addressOf(file),
      download: file.name,
      ariaLabel: `${downloadText(file)}, ${sizeText(file.size)}`,
    },
    h("i", { className: `file-icon fa-solid ${iconOf(file.media_type)}`, ariaHidden: "true" }),
    h(
      "span",
      { className: "file-text" },
      nameOf(file),
      h("span", { className: "file-size" }, sizeText(file.size)),
    ),
    icon("fa-download"),
  );

// Returns this part of a message, or null. `showPicture` opens a picture in the viewer.
export const filesPart = ({ files }, { showPicture }) => {
  if (!files?.length) return null;
  const shown = files.map((file) => (file.width ? picture(file, showPicture) : otherFile(file)));
  return h("div", { className: "files" }, ...shown);
};
