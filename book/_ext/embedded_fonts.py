"""Fonts inside style sheets, cut down to the characters in use.

A font in a file of its own arrives after the text and moves it. One inside a style sheet is there
at once, and when the page asks for it before it has any text, no text is painted without it.
"""

import base64
import io
import json
import logging
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it doubts the dates of KaTeX's fonts


def embedded(font: Path, characters: Iterable[int]) -> str:
    """Return ``url(…) format(…)`` with those glyphs of a TrueType font inside it."""
    # "woff" needs only zlib; "woff2" would need one more package and save a tenth
    options = subset.Options(flavor="woff", notdef_outline=True)
    reduced = subset.load_font(font, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(reduced)
    content = io.BytesIO()
    subset.save_font(reduced, content, options)
    encoded = base64.b64encode(content.getvalue()).decode()
    return f'url(data:font/woff;base64,{encoded}) format("woff")'


def ask_for(app, fonts: Iterable[str]) -> None:
    """Let every page ask for fonts, named as in CSS, before its text; it may do without them."""
    script = f"for (const font of {json.dumps(list(fonts))}) document.fonts.load(font);"
    app.add_js_file(None, body=script)
