// Jumps to a message of the open conversation, and loads older messages if necessary.

const MAX_PAGES = 40;
// How many messages before it are loaded with it.
const CONTEXT = 20;
const HIGHLIGHT_MS = 1600;
const RETRY_MS = 100;

const pause = () => new Promise((resolve) => setTimeout(resolve, RETRY_MS));

const show = (element) => {
  if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.classList.add("is-revealed");
  setTimeout(() => element.classList.remove("is-revealed"), HIGHLIGHT_MS);
};

// Returns whether the message was found. `loaded` returns the loaded part of the conversation;
// `find` scrolls to a message and returns its element.
export const reveal = async (seq, { loaded, loadOlder, find }) => {
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { items, more, loading } = loaded();
    if (!more || loading === "failed" || items[0]?.seq <= seq) break;
    await loadOlder(items.length ? items[0].seq - seq + CONTEXT : 0);
    // Nothing has changed: another part of the page may be loading the messages already.
    if (loaded().items === items) await pause();
  }
  const element = find(seq);
  if (element) show(element);
  return Boolean(element);
};
