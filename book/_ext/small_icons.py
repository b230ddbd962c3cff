"""Draw the theme's icons with a few kilobytes instead of 1.8 megabytes.

The theme ships every Font Awesome icon twice: in web fonts and in a script that redraws them. The
script is not needed (``site_fixups`` removes its tag), and of the fonts this book uses a few dozen
glyphs, so each font is cut down to those after the pages are written.
"""

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset

WEBFONTS = "vendor/fontawesome/webfonts"
THEME_STATIC = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
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
    """Write the reduced fonts into the site and point the theme's style sheet at them."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    for script in static.glob("scripts/fontawesome.js*"):
        script.unlink()
    used = icons_in_use(Path(app.outdir))
    for full in (THEME_STATIC / WEBFONTS).glob("*.ttf"):
        # "woff" needs only zlib; "woff2" would need one more package and save a kilobyte
        options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True)
        font = subset.load_font(full, options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=used)
        subsetter.subset(font)
        subset.save_font(font, static / WEBFONTS / f"{full.stem}.woff", options)
        for name in (f"{full.stem}.ttf", f"{full.stem}.woff2"):
            (static / WEBFONTS / name).unlink(missing_ok=True)
    theme = static / "styles/pydata-sphinx-theme.css"
    css = theme.read_text("utf-8")
    short = r'url(../vendor/fontawesome/webfonts/\1.woff) format("woff")'
    theme.write_text(FONT_SOURCES.sub(short, css), "utf-8")


def setup(app):
    """Shrink the fonts once every page is written."""
    app.connect("build-finished", shrink_fonts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
