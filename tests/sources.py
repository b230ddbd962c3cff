"""The text and the code of the book's pages as they are committed; a test asks often, one reads."""

from functools import cache
from pathlib import Path

from tools.notebooks import read


@cache
def cells(notebook: Path) -> list:
    """All cells of a notebook."""
    return read(notebook).cells


@cache
def text(page: Path) -> str:
    """The Markdown of a page or of a homework."""
    if page.suffix == ".md":
        return page.read_text(encoding="utf-8")
    return "\n\n".join(cell.source for cell in cells(page) if cell.cell_type == "markdown")


@cache
def code(notebook: Path) -> str:
    """All code of a notebook."""
    return "\n\n".join(cell.source for cell in cells(notebook) if cell.cell_type == "code")
