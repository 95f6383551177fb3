// Sets the light or dark theme before the first paint, so that a dark page never flashes white. For
// the same reason it is a classic script, not a module. It reads what settings.js stores.
{
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  const storedTheme = () => {
    try {
      return JSON.parse(localStorage.getItem("fawran.settings"))?.theme;
    } catch {
      return "system";
    }
  };

  const apply = () => {
    const theme = storedTheme();
    const isDark = theme === "dark" || (theme !== "light" && dark.matches);
    document.documentElement.dataset.bsTheme = isDark ? "dark" : "light";
  };

  apply();
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  window.addEventListener("fawran:settings", apply);
}
