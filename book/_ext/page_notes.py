"""Note, while Sphinx reads a page, what the lists of ``course_lists`` say of it.

The notes hold parts of the page itself: nobody writes them down a second time. A misstatement that
no cell settles, or an exercise that does not say what it takes, is a warning, which fails a build
with ``-W``.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cell_anchors import code_cells
from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.util import logging
from sphinx_exercise.nodes import exercise_subtitle, is_exercise_node

MISSTATEMENT, PAPER = "A common misstatement", "Beside the paper"  # titles of boxes
FOLDED = {"hide-cell", "hide-input"}
ASSERT = re.compile(r"^\s*assert\b", re.MULTILINE)
EFFORT = re.compile(r"(Easy|Medium|Hard), (\d+) minutes")
HOMEWORK = re.compile(r"exercises/hw\d+/hw\d+\.ipynb")
SHOWN_WIDGET = re.compile(r'"model_id": "(\w+)"')

logger = logging.getLogger(__name__)


class Checks(NamedTuple):
    """What a notebook's run checks."""

    seconds: float | None  # None if it was not run
    cells: int
    asserts: int
    outputs: int  # cells whose outputs the tests compare


class Misstatement(NamedTuple):
    """A claim, what is said to it first and, as anchors of the page, its box and the cell."""

    box: str
    claim: nodes.paragraph
    answer: nodes.paragraph
    cell: str


class PaperBox(NamedTuple):
    """What a paper found, beside what we found."""

    anchor: str
    box: nodes.admonition


class Exercise(NamedTuple):
    """An exercise and what it takes."""

    anchor: str
    title: nodes.inline
    difficulty: str
    minutes: str


class Explorable(NamedTuple):
    """A figure to push, by the cell that shows it."""

    cell: str
    title: str
    how_to_read: str


class Homework(NamedTuple):
    """A homework and the sum of its questions' times."""

    title: str
    minutes: int


@dataclass
class Notes:
    """What the lists say of one page."""

    checks: Checks | None = None  # None if it is no notebook
    misstatements: list[Misstatement] = field(default_factory=list)
    papers: list[PaperBox] = field(default_factory=list)
    exercises: list[Exercise] = field(default_factory=list)
    explorables: list[Explorable] = field(default_factory=list)
    homework: list[Homework] = field(default_factory=list)


def notes_of(env) -> dict[str, Notes]:
    """The notes on each page, by its name; Sphinx keeps them from build to build."""
    if not hasattr(env, "page_notes"):
        env.page_notes = {}
    return env.page_notes


class NoteTaker(EnvironmentCollector):
    """Take the notes when a page is read and drop them when it changes."""

    def clear_doc(self, app, env, docname):
        notes_of(env).pop(docname, None)

    def merge_other(self, app, env, docnames, other):
        notes_of(env).update((name, notes_of(other)[name]) for name in docnames)

    def process_doc(self, app, document):
        env, docname = app.env, app.env.docname
        cells = code_cells(document, Path(env.doc2path(docname)))
        notes_of(env)[docname] = Notes(
            checks=checks(env, docname, cells) if cells else None,
            misstatements=list(misstatements(document, docname, cells)),
            papers=[
                PaperBox(anchor, movable(box, docname)) for anchor, box in boxes(document, PAPER)
            ],
            exercises=list(exercises(document, docname)),
            explorables=list(explorables(env, docname, cells)),
            homework=list(homework(env, document)) if docname.endswith("/index") else [],
        )


def movable(node, docname: str):
    """Copy a part of a page so that it can stand on another."""
    copy = node.deepcopy()
    for part in copy.findall():
        part.document = None  # or Sphinx would keep the whole page with it
        if isinstance(part, nodes.Element):
            part["ids"] = []
            if anchor := part.attributes.pop("refid", None):  # a link within the page
                part["place"] = (docname, anchor)
    return copy


def boxes(document, title: str) -> Iterator[tuple[str, nodes.admonition]]:
    """Yield the boxes with this title, each with the anchor that it gets here."""
    found = [box for box in document.findall(nodes.admonition) if box[0].astext() == title]
    for number, box in enumerate(found, start=1):
        box["ids"].append(nodes.make_id(f"{title} {number}"))
        yield box["ids"][-1], box


def asserts(cell: dict) -> list[str]:
    """The assert statements of a notebook's cell."""
    return ASSERT.findall("".join(cell["source"]))


def checks(env, docname: str, cells: list) -> Checks:
    """Count what the run of a notebook checks."""
    run = NbMetadataCollector.get_exec_data(env, docname) or {}
    compared = [
        cell
        for _, cell in cells
        if cell["outputs"] and "nbval-ignore-output" not in cell["metadata"].get("tags", [])
    ]
    asserted = sum(len(asserts(cell)) for _, cell in cells)
    return Checks(run.get("runtime"), len(cells), asserted, len(compared))


def misstatements(document, docname: str, cells: list) -> Iterator[Misstatement]:
    """Yield each misstatement with the cell that settles it: the next one in sight that asserts."""
    anchors = {box: anchor for anchor, box in boxes(document, MISSTATEMENT)}
    checking = {
        container
        for container, cell in cells
        if asserts(cell) and not FOLDED.intersection(cell["metadata"].get("tags", []))
    }
    unsettled = []
    for node in document.findall():
        if node in anchors:
            unsettled.append(node)
        elif node in checking:
            for box in unsettled:
                claim, answer = (movable(paragraph, docname) for paragraph in box[1:3])
                yield Misstatement(anchors[box], claim, answer, node["ids"][0])
            unsettled = []
    for box in unsettled:
        warn("no cell with an assert comes after this misstatement", box)


def exercises(document, docname: str) -> Iterator[Exercise]:
    """Yield each exercise with what it says first: how hard it is and how long it takes."""
    for exercise in document.findall(is_exercise_node):
        if effort := EFFORT.match(exercise.next_node(nodes.section).astext()):
            title = exercise.next_node(exercise_subtitle).deepcopy().children
            words = movable(nodes.inline("", "", *title), docname)
            yield Exercise(exercise["ids"][0], words, *effort.groups())
        else:
            warn('an exercise begins with what it takes, such as "*Easy, 3 minutes.*"', exercise)


def explorables(env, docname: str, cells: list) -> Iterator[Explorable]:
    """Yield the explorables, described as the page carries them; a quiz is none."""
    kept = NbMetadataCollector.get_js_files(env, docname).get("ipywidgets_state")
    widgets = json.loads(kept[1]["body"])["state"] if kept else {}
    for container, _ in cells:
        for raw in container.findall(nodes.raw):
            shown = SHOWN_WIDGET.search(raw.astext())
            state = widgets[shown[1]]["state"] if shown and shown[1] in widgets else {}
            if "how_to_read" in state and not state["_anywidget_id"].endswith(".Quiz"):
                yield Explorable(container["ids"][0], state["title"], state["how_to_read"])


def homework(env, document) -> Iterator[Homework]:
    """Yield the homework that a chapter names, with what its own notebook says of it."""
    for path in sorted(set(HOMEWORK.findall(document.astext()))):
        env.note_dependency(path)
        notebook = json.loads(Path(env.srcdir, path).read_text("utf-8"))
        opening = "".join(notebook["cells"][0]["source"])
        minutes = re.findall(r"\| (\d+) \|$", opening, re.MULTILINE)  # the table's last column
        yield Homework(opening.splitlines()[0].lstrip("# "), sum(map(int, minutes)))


def warn(message: str, node) -> None:
    """Say what is missing and where."""
    logger.warning(message, location=node, type="page_notes")


def setup(app):
    """Take notes of every page that Sphinx reads."""
    app.add_env_collector(NoteTaker)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
