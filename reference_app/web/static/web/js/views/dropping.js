// How files come to the conversation: chosen, dropped onto it, or pasted.

import { $ } from "../dom.js";

const holdsFiles = ({ dataTransfer }) => Boolean(dataTransfer?.types.includes("Files"));

// `isOpen` tells whether there is a conversation to take them; `take` is given the files.
export const wireFiles = ({ isOpen, take }) => {
  const pane = $("conversation");
  const chooser = $("file-chooser");
  // Entering a child is told before leaving its parent.
  let depth = 0;

  const over = (shown) => {
    if (!shown) depth = 0;
    $("drop-target").hidden = !shown;
  };

  $("attach").onclick = () => chooser.click();
  chooser.onchange = () => {
    if (isOpen()) take([...chooser.files]);
    chooser.value = "";
  };

  pane.addEventListener("dragenter", (event) => {
    if (!holdsFiles(event) || !isOpen()) return;
    depth += 1;
    over(true);
  });
  pane.addEventListener("dragleave", () => {
    if (depth && !--depth) over(false);
  });
  // Dropped beside it, a file would be opened in place of the page.
  for (const kind of ["dragover", "drop"]) {
    window.addEventListener(kind, (event) => holdsFiles(event) && event.preventDefault());
  }
  window.addEventListener("drop", () => over(false));
  pane.addEventListener("drop", (event) => {
    if (holdsFiles(event) && isOpen()) take([...event.dataTransfer.files]);
  });

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    // A table copied from a sheet comes as text and as a picture: its text is meant.
    const isText = event.clipboardData?.types.includes("text/plain");
    if (!files.length || isText || !isOpen() || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    take(files);
  });
};
