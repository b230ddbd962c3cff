"""Find pages by Chinese words, also pages in English by the Chinese names of their terms.

Sphinx's English search takes a whole run of Chinese characters for one word. Here a run becomes its
overlapping pairs of characters, in the index as in what a reader types, so that 梯度 is found
inside 梯度消失. A page that links a term of the glossary counts as containing the term's Chinese
name, and the link shows that name when the pointer rests on it.
"""

import re
from functools import cache

from docutils import nodes
from sphinx.search.en import SearchEnglish

HAN = "\u3400-\u9fff"  # the Chinese characters in use today
LINKING = "的与"  # "of" and "and", which no search is for


class EnglishAndChinese(SearchEnglish):
    """Words as in Sphinx's English search; of a run of Chinese, each character and each pair."""

    js_splitter_code = rf"""
// A character that was typed alone is looked for alone, more of them as pairs.
var splitQuery = (query) =>
  (query.replace(/[{LINKING}]/g, " ").match(/[{HAN}]+|[^{HAN}]+/gu) ?? []).flatMap((run) =>
    /[{HAN}]./u.test(run)
      ? [...run].slice(1).map((character, i) => run[i] + character)
      : run.match(/[\p{{Letter}}\p{{Number}}_]+/gu) ?? []
  );
"""

    def split(self, input: str) -> list[str]:
        words = []
        text = re.sub(f"[{LINKING}]", " ", input)
        for run in re.findall(f"[{HAN}]+|[^{HAN}]+", text):
            if re.match(f"[{HAN}]", run):
                words += [*run, *map("".join, zip(run, run[1:], strict=False))]
            else:
                words += super().split(run)
        return words


class hidden_words(nodes.inline):  # noqa: N801, a node
    """Words that the search finds and no reader sees."""


def skip(visitor, node) -> None:
    """Write nothing."""
    raise nodes.SkipNode


@cache
def chinese_names(env) -> dict[str, str]:
    """Map the place of each name in the glossary to the Chinese names of its entry."""
    names = {}
    terms = env.get_domain("std").get_objects()
    for page in {page for _, _, kind, page, _, _ in terms if kind == "term"}:
        for entry in env.get_doctree(page).findall(nodes.definition_list_item):
            entry_names = [child for child in entry if isinstance(child, nodes.term)]
            texts = [name.astext() for name in entry_names]
            chinese = ", ".join(text for text in texts if re.search(f"[{HAN}]", text))
            names |= {anchor: chinese for name in entry_names for anchor in name["ids"]}
    return names


def name_terms_in_chinese(app, doctree, docname) -> None:
    """Give the links to the glossary on a page the Chinese names of their terms."""
    if app.builder.format != "html":
        return
    for shown in list(doctree.findall(nodes.inline)):
        link = shown.parent
        if "std-term" not in shown["classes"] or not isinstance(link, nodes.reference):
            continue
        anchor = link.get("refid") or link["refuri"].partition("#")[2]
        if name := chinese_names(app.env).get(anchor):
            link["reftitle"] = name
            link += hidden_words("", name)


def add_search_script(app, pagename, templatename, context, doctree) -> None:
    """Mend the search page's own script."""
    if pagename == "search":
        app.add_js_file("search.js", loading_method="defer")


def setup(app):
    """Replace the search of the book's language and name the terms."""
    app.add_search_language(EnglishAndChinese)
    app.add_node(hidden_words, html=(skip, None))
    app.connect("doctree-resolved", name_terms_in_chinese)
    app.connect("html-page-context", add_search_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
