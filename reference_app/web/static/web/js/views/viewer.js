// A picture as large as the page, and the way to keep it.

import { $ } from "../dom.js";
import { pictureText, sizeText } from "../words.js";
import { addressOf } from "./attachments.js";

export class PictureViewer {
  constructor() {
    $("viewer-close").onclick = () => $("viewer").close();
    $("viewer").onclick = ({ target }) => {
      if (target === $("viewer") || target === $("viewer-stage")) $("viewer").close();
    };
    // What is loaded of a large picture need not stay.
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
