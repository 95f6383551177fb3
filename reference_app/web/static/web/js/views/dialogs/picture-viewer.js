// Shows a picture as large as the page, with a button to download it.

import { $ } from "../../browser/dom.js";
import { sizeText } from "../../i18n/format.js";
import { pictureText } from "../../i18n/words.js";
import { addressOf } from "../messages/attachments.js";

export class PictureViewer {
  constructor() {
    $("viewer-close").onclick = () => $("viewer").close();
    $("viewer").onclick = ({ target }) => {
      if (target === $("viewer") || target === $("viewer-stage")) $("viewer").close();
    };
    // Frees the memory of a large picture.
    $("viewer").onclose = () => $("viewer-image").removeAttribute("src");
  }

  show(file) {
    const image = $("viewer-image");
    Object.assign(image, { width: file.width, height: file.height, alt: pictureText(file) });
    image.src = addressOf(file);
    $("viewer-name").textContent = file.name;
    $("viewer-size").textContent = sizeText(file.size);
    Object.assign($("viewer-download"), { href: addressOf(file), download: file.name });
    $("viewer").showModal();
  }
}
