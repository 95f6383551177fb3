// Shows an error if a script or a stylesheet of the page fails to load, with a link to load the
// page again. Without one of its modules none of them runs, and the page would stay at
// "connecting". So this is a classic script, not a module.
{
  const isNeeded = (element) =>
    element instanceof HTMLScriptElement ||
    (element instanceof HTMLLinkElement && element.rel === "stylesheet");

  const show = () => {
    document.getElementById("not-loaded").hidden = false;
  };

  // The event of an element that fails to load does not bubble: it is captured.
  const failed = ({ target }) => {
    if (!isNeeded(target)) return;
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", show);
    else show();
  };

  window.addEventListener("error", failed, true);
}
