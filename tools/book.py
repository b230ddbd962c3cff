"""Where the book is, and which pages it has, in the order in which they are read."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"


class Page(NamedTuple):
    """A page of the book: its name, its depth below the cover, the caption of a part it begins."""

    name: str
    depth: int = 1
    part: str = ""


def pages() -> Iterator[Page]:
    """The pages as the table of contents has them."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    yield Page(contents["root"])
    for part in contents["parts"]:
        for n, chapter in enumerate(part["chapters"]):
            yield Page(chapter["file"], part="" if n else part["caption"])
            for section in chapter.get("sections", []):
                yield Page(section["file"], depth=2)


def notebooks() -> list[Path]:
    """The files of those pages that are notebooks."""
    files = [ROOT / f"{page.name}.ipynb" for page in pages()]
    return [file for file in files if file.is_file()]
