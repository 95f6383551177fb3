// Keeps the page within what a keyboard on the screen leaves of it. Browsers that follow the
// viewport's `interactive-widget` do so by themselves; Safari shows the keyboard over the page.

export const followKeyboard = () => {
  const visible = window.visualViewport;
  if (!visible) return;
  const follow = () => {
    const covered = window.innerHeight - visible.height;
    // Somebody who has zoomed in sees a part of the page as well, but wants to.
    const isKeyboard = visible.scale === 1 && covered > 1;
    const { style } = document.documentElement;
    if (isKeyboard) style.setProperty("--page-height", `${visible.height}px`);
    else style.removeProperty("--page-height");
    if (isKeyboard) window.scrollTo(0, 0);
  };
  visible.addEventListener("resize", follow);
};
