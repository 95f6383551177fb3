// Runs before anything is painted, so that a dark screen never flashes white.
const dark = window.matchMedia("(prefers-color-scheme: dark)");

const follow = () => {
  document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
};

follow();
dark.addEventListener("change", follow);
