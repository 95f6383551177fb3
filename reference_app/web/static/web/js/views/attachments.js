// The files of a message: pictures as pictures, everything else by its name and size.

import { h } from "../dom.js";
import { shownSize } from "../pictures.js";
import { downloadText, pictureText, sizeText } from "../words.js";

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

// Wherever a name runs to, it stands where the line begins.
export const nameOf = ({ name }) => h("span", { className: "file-name" }, h("bdi", {}, name));

export const iconOf = (mediaType) =>
  ICONS.find(([start]) => mediaType.startsWith(start))?.[1] ?? "fa-file";

// The room that a picture takes is known before it has come: nothing moves when it does.
const picture = (file, showPicture) => {
  const image = h("img", {
    className: "picture-image",
    src: `${addressOf(file)}/preview`,
    alt: pictureText(file),
    ...shownSize(file),
    loading: "lazy",
    decoding: "async",
  });
  return h(
    "button",
    { className: "picture", type: "button", ariaHasPopup: "dialog", onclick: () => showPicture(file) },
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
    h("i", { className: "fa-solid fa-download", ariaHidden: "true" }),
  );

// A part of a message, or null. `page` can show a picture large.
export const filesPart = ({ files }, { showPicture }) => {
  if (!files?.length) return null;
  const shown = files.map((file) => (file.width ? picture(file, showPicture) : otherFile(file)));
  return h("div", { className: "files" }, ...shown);
};
