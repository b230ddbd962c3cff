"""Keep figures light, and keep their place in the page until they arrive.

A chart has few colours, so its picture needs no more than 256. That leaves about a third of the
bytes and looks the same. Only the pictures of the site are changed, once they are written; those
that were kept from running the notebooks are not.

The page says how large each picture is. Without that the text below would move when it arrives.
"""

import re
from pathlib import Path

from PIL import Image

COLOURS = 256
FIGURE = re.compile(r'<img (?=[^>]*src="[^"]*_images/([^"]+\.png)")(?![^>]* width=)')


def shrink_figures(app, exception) -> None:
    """Give every figure of the site a palette."""
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir, "_images").glob("*.png"):
        with Image.open(path) as figure:
            if figure.mode == "P":  # done in an earlier build
                continue
            on_white = Image.new("RGB", figure.size, "white")
            on_white.paste(figure, mask=figure.getchannel("A") if figure.mode == "RGBA" else None)
        small = on_white.quantize(COLOURS, dither=Image.Dither.NONE)  # else it would be grainy
        small.save(path, optimize=True)


def tell_sizes(app, pagename, templatename, context, doctree) -> None:
    """Write the width and height of each figure into its page."""
    sources = {name: source for source, name in app.builder.images.items()}

    def with_size(match) -> str:
        with Image.open(Path(app.srcdir, sources[match[1]])) as figure:
            return f'{match[0]}width="{figure.width}" height="{figure.height}" '

    if "body" in context:
        context["body"] = FIGURE.sub(with_size, context["body"])


def setup(app):
    """Tell the sizes page by page; shrink the figures once every page is written."""
    app.connect("html-page-context", tell_sizes)
    app.connect("build-finished", shrink_figures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
