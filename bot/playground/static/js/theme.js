// Runs before the first paint, so that nobody who chose the light theme sees a dark flash.
// Dark is the page's own look; light follows the system's wish or the reader's choice, which is remembered.
(() => {
  const light = matchMedia("(prefers-color-scheme: light)");
  const apply = () => {
    const chosen = localStorage.getItem("theme");
    document.documentElement.dataset.theme = chosen ?? (light.matches ? "light" : "dark");
  };
  light.addEventListener("change", apply);
  apply();
})();
