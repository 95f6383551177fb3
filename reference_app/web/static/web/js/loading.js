// Says that a part of the page did not arrive, and offers to begin anew: without one of its
// modules none of them runs, and the page would be "connecting" for ever. No module itself.
{
  const isNeeded = (element) =>
    element instanceof HTMLScriptElement ||
    (element instanceof HTMLLinkElement && element.rel === "stylesheet");

  const tell = () => {
    document.getElementById("not-loaded").hidden = false;
  };

  // What an element could not load it tells of, but not to those around it.
  const failed = ({ target }) => {
    if (!isNeeded(target)) return;
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", tell);
    else tell();
  };

  window.addEventListener("error", failed, true);
}
