// Fits the page into the space that the on-screen keyboard leaves. Browsers that support the
// viewport's `interactive-widget` do this themselves; Safari shows the keyboard over the page.

export const followVirtualKeyboard = () => {
  const visible = window.visualViewport;
  if (!visible) return;
  const fit = () => {
    const covered = window.innerHeight - visible.height;
    // A user who has zoomed in sees only a part of the page too, but intentionally.
    const isKeyboard = visible.scale === 1 && covered > 1;
    const { style } = document.documentElement;
    if (isKeyboard) style.setProperty("--page-height", `${visible.height}px`);
    else style.removeProperty("--page-height");
    if (isKeyboard) window.scrollTo(0, 0);
  };
  visible.addEventListener("resize", fit);
};
