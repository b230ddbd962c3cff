"""Keep figures light: a chart has few colours, so its picture needs no more than 256.

That leaves about a third of the bytes and looks the same. Only the pictures of the site are
changed, once they are written; those that were kept from running the notebooks are not.
"""

from pathlib import Path

from PIL import Image

COLOURS = 256


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


def setup(app):
    """Shrink the figures once every page is written."""
    app.connect("build-finished", shrink_figures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
