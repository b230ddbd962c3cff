"""Typeset mathematics while the book is built, so that a reader's browser runs no maths script.

Each formula goes through KaTeX in an embedded JavaScript engine (QuickJS) and becomes HTML for the
eye and MathML for a screen reader. A formula that KaTeX cannot read becomes a Sphinx warning with
its file and line, so a build with ``-W`` fails on it.

KaTeX itself is not part of this repository. It comes, unchanged, inside a pinned wheel; see
``requirements-no-deps.txt``.
"""

import json
import re
import shutil
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import quickjs
from docutils import nodes
from embedded_fonts import ask_for, embedded
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

KATEX_WHEEL = "djangocms-katex"
KATEX_FOLDER = "vendor/katex/"
STYLE_SHEET = "katex/katex.min.css"  # in the built site, below _static
CLOSING_PUNCTUATION = tuple(",.;:)?!’”")
FONT_SOURCES = re.compile(r"url\(fonts/([\w-]+)\.woff2\)[^;}]*")
# The fonts of the book's formulas, and their names in CSS: there with the first paint, so nothing
# moves. Another one (of \mathcal, say) would be fetched, and a test of the site would name it.
EMBEDDED = {
    "KaTeX_Main-Regular": "1em KaTeX_Main",
    "KaTeX_Math-Italic": "italic 1em KaTeX_Math",
    "KaTeX_AMS-Regular": "1em KaTeX_AMS",
    **{f"KaTeX_Size{size}-Regular": f"1em KaTeX_Size{size}" for size in (1, 2, 3, 4)},
}

logger = logging.getLogger(__name__)


@cache
def katex_files() -> dict[str, Path]:
    """Map each file of the installed KaTeX distribution, named as KaTeX names it, to its path."""
    try:
        installed = files(KATEX_WHEEL) or []
    except PackageNotFoundError as error:
        raise ExtensionError(
            f"KaTeX is not installed: the package {KATEX_WHEEL} is missing. "
            "Run: pip install --no-deps --require-hashes -r requirements-no-deps.txt"
        ) from error
    found = {
        path.as_posix().partition(KATEX_FOLDER)[2]: Path(path.locate())
        for path in installed
        if KATEX_FOLDER in path.as_posix()
    }
    for needed in ("katex.min.js", "katex.min.css"):
        if needed not in found:
            raise ExtensionError(
                f"{KATEX_WHEEL} is installed but has no {KATEX_FOLDER}{needed}: "
                "install the version pinned in requirements-no-deps.txt"
            )
    return found


@cache
def katex() -> quickjs.Context:
    """Start the JavaScript engine and load KaTeX into it, once a build."""
    engine = quickjs.Context()
    engine.eval(katex_files()["katex.min.js"].read_text("utf-8"))
    return engine


class KeepPunctuation(SphinxPostTransform):
    """Put a formula and the comma after it into one element, of which ``course.css`` breaks none.

    Between the boxes that KaTeX makes and a text, a browser heeds no character against a break.
    """

    default_priority = 900

    def run(self, **kwargs) -> None:
        for formula in list(self.document.findall(nodes.math)):
            parent, place = formula.parent, formula.parent.index(formula)
            for text in parent[place + 1 : place + 2]:
                if isinstance(text, nodes.Text) and text.startswith(CLOSING_PUNCTUATION):
                    unbroken = nodes.inline(classes=["unbroken"])
                    parent[place : place + 2] = [unbroken, nodes.Text(text[1:])]
                    unbroken += [formula, nodes.Text(text[0])]


def render(visitor, node, display: bool) -> str:
    """Turn the LaTeX of ``node`` into HTML; warn, and show the source, where KaTeX refuses it."""
    latex = node.astext()
    options = {
        "displayMode": display,
        "macros": visitor.builder.config.katex_macros,
        "strict": "error",
        "throwOnError": True,
    }
    call = f"katex.renderToString({json.dumps(latex)}, {json.dumps(options)})"
    try:
        # The result travels as JSON: the engine may hold a long string in pieces, which its Python
        # binding cannot read.
        return json.loads(katex().eval(f"JSON.stringify({call})"))
    except quickjs.JSException as error:
        reason = str(error).splitlines()[0].removeprefix("ParseError: ")
        logger.warning("%s (in the formula %s)", reason, latex, location=node, type="katex")
        return f"<code>{visitor.encode(latex)}</code>"


def visit_inline(visitor, node) -> None:
    """Write a formula inside a line of text."""
    visitor.body.append(visitor.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    visitor.body.append(render(visitor, node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_display(visitor, node) -> None:
    """Write a formula on its own line, with its number and permalink where it has one."""
    visitor.body.append(visitor.starttag(node, "div", CLASS="math notranslate nohighlight"))
    visitor.body.append(render(visitor, node, display=True))
    if node["number"]:
        number = get_node_equation_number(visitor, node)
        visitor.body.append(f'<span class="eqno">({number})')
        visitor.add_permalink_ref(node, _("Link to this equation"))
        visitor.body.append("</span>")
    visitor.body.append("</div>\n")
    raise nodes.SkipNode


def add_style_sheet(app, pagename, templatename, context, doctree) -> None:
    """Give KaTeX's style sheet to the pages that hold a formula, and to no other."""
    if 'class="katex"' in context.get("body", ""):
        app.add_css_file(STYLE_SHEET)


def characters_in_use(site: Path) -> set[int]:
    """Collect the characters of every page with a formula: few more than the formulas' own."""
    pages = (path.read_text("utf-8") for path in site.rglob("*.html"))
    return {ord(character) for page in pages if STYLE_SHEET in page for character in set(page)}


def write_style_sheet(app, exception) -> None:
    """Put KaTeX's style sheet and fonts into the site; every browser in use reads woff2."""
    if exception or app.builder.format != "html":
        return
    style_sheet = Path(app.outdir, "_static", STYLE_SHEET)
    fonts = style_sheet.parent / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    characters = characters_in_use(Path(app.outdir))

    def source(match) -> str:
        name = match[1]
        if name in EMBEDDED:
            return embedded(katex_files()[f"fonts/{name}.ttf"], characters)
        shutil.copyfile(katex_files()[f"fonts/{name}.woff2"], fonts / f"{name}.woff2")
        return f'url(fonts/{name}.woff2) format("woff2")'

    css = katex_files()["katex.min.css"].read_text("utf-8")
    style_sheet.write_text(FONT_SOURCES.sub(source, css), "utf-8")


def setup(app):
    """Register the renderer under the name ``katex`` (see ``html_math_renderer``)."""
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.add_post_transform(KeepPunctuation)
    app.add_config_value("katex_macros", {}, "html", types=[dict])
    ask_for(app, EMBEDDED.values())
    app.connect("html-page-context", add_style_sheet)
    app.connect("build-finished", write_style_sheet)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
