// The search page: excerpts that can be read, and a clear word where nothing was found.

if (location.protocol === "file:") {
  // A page on disk may not read another, so there are titles only.
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// The text of a page, or of the place in it, from which an excerpt is cut.
Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const article = page.querySelector("article");
  for (const unread of article.querySelectorAll(".headerlink, script, style")) {
    unread.remove();
  }
  for (const formula of article.querySelectorAll(".katex")) {
    // It holds its text three times: for the eye, for a screen reader and as LaTeX.
    formula.replaceWith(formula.querySelector("annotation").textContent);
  }
  for (const part of article.querySelectorAll("dt, td, th")) {
    part.append(" "); // these have no line of their own
  }
  if (!anchor) return article.textContent;
  const place = article.querySelector(anchor);
  const definition = article.querySelector(`dt${anchor} ~ dd`);
  return definition ? `${place.textContent.trim()}: ${definition.textContent}` : place.textContent;
};

Documentation.TRANSLATIONS[
  "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories."
] = "No page has all these words. Try fewer words, or others, in English or Chinese.";
