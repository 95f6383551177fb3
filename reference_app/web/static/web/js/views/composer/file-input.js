// Receives files for the open conversation: chosen, dropped onto it, or pasted.

import { $ } from "../../browser/dom.js";

const holdsFiles = ({ dataTransfer }) => Boolean(dataTransfer?.types.includes("Files"));

// `isOpen` returns whether a conversation is open; `take` receives the files.
export const listenForFiles = ({ isOpen, take }) => {
  const pane = $("conversation");
  const chooser = $("file-chooser");
  // Counts the nested elements: the browser reports entering a child before leaving its parent.
  let depth = 0;

  const showTarget = (isShown) => {
    if (!isShown) depth = 0;
    $("drop-target").hidden = !isShown;
  };

  $("attach").onclick = () => chooser.click();
  chooser.onchange = () => {
    if (isOpen()) take([...chooser.files]);
    chooser.value = "";
  };

  pane.addEventListener("dragenter", (event) => {
    if (!holdsFiles(event) || !isOpen()) return;
    depth += 1;
    showTarget(true);
  });
  pane.addEventListener("dragleave", () => {
    if (depth && !--depth) showTarget(false);
  });
  // A file that is dropped outside of the conversation would replace the page.
  for (const kind of ["dragover", "drop"]) {
    window.addEventListener(kind, (event) => holdsFiles(event) && event.preventDefault());
  }
  window.addEventListener("drop", () => showTarget(false));
  pane.addEventListener("drop", (event) => {
    if (holdsFiles(event) && isOpen()) take([...event.dataTransfer.files]);
  });

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    // A table that is copied from a spreadsheet comes as text and as a picture: the user wants the
    // text.
    const isText = event.clipboardData?.types.includes("text/plain");
    if (!files.length || isText || !isOpen() || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    take(files);
  });
};
