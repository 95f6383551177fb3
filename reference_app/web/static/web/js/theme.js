// Runs before anything is painted, so that a dark screen never flashes white. A script and
// no module, for the same reason; it reads what settings.js stores.
{
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  const wished = () => {
    try {
      return JSON.parse(localStorage.getItem("fawran.settings"))?.theme;
    } catch {
      return "system";
    }
  };

  const follow = () => {
    const theme = wished();
    const isDark = theme === "dark" || (theme !== "light" && dark.matches);
    document.documentElement.dataset.bsTheme = isDark ? "dark" : "light";
  };

  follow();
  dark.addEventListener("change", follow);
  window.addEventListener("storage", follow);
  window.addEventListener("fawran:settings", follow);
}
