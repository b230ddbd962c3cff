"""Draw the theme's icons with a few kilobytes instead of 1.8 megabytes.

The theme ships every Font Awesome icon twice: in web fonts and in a script that redraws them. The
script is not needed (``site_fixups`` removes its tag), and of the fonts this book uses a few dozen
glyphs, so each font is cut down to those after the pages are written and put into the style sheet.
"""

import re
import shutil
from pathlib import Path

import pydata_sphinx_theme
from embedded_fonts import ask_for, embedded

WEBFONTS = "vendor/fontawesome/webfonts"
THEME_STATIC = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
FONTS = (
    '900 1em "Font Awesome 6 Free"',
    '1em "Font Awesome 6 Free"',
    '1em "Font Awesome 6 Brands"',
)
ICON_CLASS = re.compile(r"\bfa-[a-z0-9-]+")
ICON_RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"([^"]+)"\}')
ESCAPED_OR_PRIVATE = re.compile(r"\\([ef][0-9a-f]{3})|([\ue000-\uf8ff])")
FONT_SOURCES = re.compile(r"url\(\.\./vendor/fontawesome/webfonts/([a-z0-9-]+)\.\w+\)[^;}]*")


def code_points(css: str) -> set[int]:
    """Collect the private-use characters in a style sheet: these are the icons it draws."""
    return {
        int(escaped, 16) if escaped else ord(character)
        for escaped, character in ESCAPED_OR_PRIVATE.findall(css)
    }


def icons_in_use(site: Path) -> set[int]:
    """Collect the icons that pages or scripts name by class and those that style sheets draw."""
    named = set()
    for path in (*site.rglob("*.html"), *site.rglob("*.js")):
        named.update(ICON_CLASS.findall(path.read_text("utf-8")))
    used = set()
    for path in site.rglob("*.css"):
        css = path.read_text("utf-8")
        for selectors, content in ICON_RULE.findall(css):
            if named.intersection(ICON_CLASS.findall(selectors)):
                used |= code_points(content)
        used |= code_points(ICON_RULE.sub("", css))
    return used


def shrink_fonts(app, exception) -> None:
    """Write the reduced fonts into the theme's style sheet."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    for script in static.glob("scripts/fontawesome.js*"):
        script.unlink()
    shutil.rmtree(static / WEBFONTS, ignore_errors=True)
    used = icons_in_use(Path(app.outdir))

    def source(match) -> str:
        return embedded(THEME_STATIC / WEBFONTS / f"{match[1]}.ttf", used)

    theme = static / "styles/pydata-sphinx-theme.css"
    theme.write_text(FONT_SOURCES.sub(source, theme.read_text("utf-8")), "utf-8")


def setup(app):
    """Shrink the fonts once every page is written."""
    ask_for(app, FONTS)
    app.connect("build-finished", shrink_fonts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
