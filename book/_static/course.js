// Small repairs to pages made by the theme.
(() => {
  "use strict";
  // A formula wider than the page scrolls; only then does the keyboard need to reach it.
  const formulas = document.querySelectorAll("div.math > .katex-display");
  const setTabStops = () => {
    for (const formula of formulas) {
      const scrolls = formula.scrollWidth > formula.clientWidth;
      scrolls ? formula.setAttribute("tabindex", "0") : formula.removeAttribute("tabindex");
    }
  };
  addEventListener("resize", setTabStops);
  addEventListener("load", setTabStops);
  document.fonts?.ready.then(setTabStops);

  // Paper is white.
  const page = document.documentElement;
  addEventListener("beforeprint", () => {
    const { theme } = page.dataset;
    page.dataset.theme = "light";
    addEventListener("afterprint", () => { page.dataset.theme = theme; }, { once: true });
  });
})();
