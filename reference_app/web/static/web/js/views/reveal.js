// Leads the reader to a message of the open conversation, loading older ones at need.

const MOST_PAGES = 40;
// Messages before it that are shown with it.
const CONTEXT = 20;
const MARKED = 1600;
const SOON = 100;

const later = () => new Promise((resolve) => setTimeout(resolve, SOON));

const show = (element) => {
  if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.classList.add("is-revealed");
  setTimeout(() => element.classList.remove("is-revealed"), MARKED);
};

// `loaded` gives what is loaded of the conversation; `find` brings a message into view and
// returns its element. Returns whether the message was found.
export const reveal = async (seq, { loaded, loadOlder, find }) => {
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { items, more, loading } = loaded();
    if (!more || loading === "failed" || items[0]?.seq <= seq) break;
    await loadOlder(items.length ? items[0].seq - seq + CONTEXT : 0);
    // Another part of the page may be loading them already.
    if (loaded().items === items) await later();
  }
  const element = find(seq);
  if (element) show(element);
  return Boolean(element);
};
