"""Fonts inside style sheets, cut down to the characters in use.

A font in a file of its own arrives after the text and moves it. One inside a style sheet is there
almost at once, so the page can wait for it.
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


# The page is shown when the fonts of every call are there, or cannot be; being in the style sheets,
# they take some milliseconds.
ASK = """
{
  const page = document.documentElement, loads = %s.map((font) => document.fonts.load(font));
  const asked = window.fontsAsked = Promise.allSettled([window.fontsAsked, ...loads]);
  page.style.visibility = "hidden";
  asked.then(() => { if (asked === window.fontsAsked) page.style.visibility = ""; });
}
"""


def ask_for(app, fonts: Iterable[str]) -> None:
    """Let every page wait for fonts, named as in CSS, before it shows its text."""
    app.add_js_file(None, body=ASK % json.dumps(list(fonts)))
