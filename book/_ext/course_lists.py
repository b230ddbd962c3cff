"""Lists that the build makes of all pages: what is checked, what to exercise, what to push.

The directive ``{course-list}`` stands where a list goes. Once every page is read, the list takes
its place, made of the notes that ``page_notes`` took. Every build writes the pages with lists.
"""

import platform
import re
from collections.abc import Iterator
from importlib.metadata import version

from docutils import nodes
from docutils.parsers.rst import directives
from page_notes import notes_of
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

CHAPTER = re.compile(r"book/(\d+)-")


class course_list(nodes.General, nodes.Element):
    """The place of a list."""


class CourseList(SphinxDirective):
    """Mark the place of the list that the argument names."""

    required_arguments = 1

    def run(self):
        name = directives.choice(self.arguments[0], list(LISTS))
        self.env.metadata[self.env.docname]["course_lists"] = True
        return [course_list(name=name)]


def pages_with_lists(app, env) -> list[str]:
    """Name the pages to be written anew when Sphinx has read what changed."""
    return [name for name, metadata in env.metadata.items() if "course_lists" in metadata]


class FillLists(SphinxPostTransform):
    """Put each list in its place, before Sphinx resolves the references in it."""

    default_priority = 5

    def run(self, **kwargs):
        for place in list(self.document.findall(course_list)):
            content = nodes.Element("", *LISTS[place["name"]](self.env))
            for node in content.findall(nodes.Element):
                self.settle_links(node)
            place.replace_self(content.children)

    def settle_links(self, node) -> None:
        """Make the node's links lead from the page on which it now stands."""
        here = self.env.docname
        if "refdoc" in node:
            node["refdoc"] = here
        if "place" in node:
            page, anchor = node.attributes.pop("place")
            address = self.app.builder.get_relative_uri(here, page)
            node["refuri"] = f"{address}#{anchor}" if anchor else address


# --- The book's order ---


def below(env, page: str) -> Iterator[str]:
    """Yield a page and all that the table of contents has below it."""
    yield page
    for child in env.toctree_includes.get(page, []):
        yield from below(env, child)


def by_chapter(env, kind: str) -> Iterator[tuple[str, list[tuple[str, list]]]]:
    """Yield the first page of each chapter with its pages, each with its notes of one kind.

    Pages without such notes are left out, chapters without such pages too. A page that belongs to
    no chapter is one by itself.
    """
    root = env.config.root_doc
    notes = notes_of(env)
    for first in (root, *env.toctree_includes.get(root, [])):
        pages = [first] if first == root else below(env, first)
        found = [(page, getattr(notes[page], kind)) for page in pages]
        if any(noted for _, noted in found):
            yield first, [(page, noted) for page, noted in found if noted]


def by_page(env, kind: str) -> Iterator[tuple[str, list]]:
    """Yield each page that has notes of one kind, with these."""
    for _, pages in by_chapter(env, kind):
        yield from pages


def title_of(env, page: str) -> list:
    """The title of a page; a chapter's with its number."""
    words = [child.deepcopy() for child in env.titles[page].children]
    chapter = CHAPTER.match(page)
    if chapter and page.endswith("/index"):
        words.insert(0, nodes.Text(f"Chapter {int(chapter[1])}: "))
    return words


# --- What lists are made of ---


def line(*parts) -> nodes.paragraph:
    """A paragraph of nodes and of strings."""
    return nodes.paragraph(
        "", "", *[nodes.Text(part) if isinstance(part, str) else part for part in parts]
    )


def with_commas(parts: list) -> list:
    """The parts with a comma between them."""
    return [piece for part in parts for piece in (", ", part)][1:]


def link(words, page: str, anchor: str = "") -> nodes.reference:
    """A link to a place in the book; ``FillLists`` gives it its address."""
    words = [nodes.Text(words)] if isinstance(words, str) else words
    return nodes.reference("", "", *words, internal=True, place=(page, anchor))


def section(kind: str, page: str, title: list, *content) -> nodes.section:
    """A part of a list, about one page."""
    anchor = nodes.make_id(f"{kind} {page}")
    return nodes.section("", nodes.title("", "", *title), *content, ids=[anchor])


def contents(sections: list[nodes.section]) -> nodes.bullet_list:
    """Links to the sections: these are made too late for the theme's own contents."""
    links = [
        nodes.reference("", "", *title.deepcopy().children, refid=part["ids"][0], internal=True)
        for part in sections
        for title in part.findall(nodes.title)
    ]
    return nodes.bullet_list("", *[nodes.list_item("", line(to_part)) for to_part in links])


def table(head: list[str], rows: list[list], *classes: str) -> nodes.table:
    """A table: words in the first column, then numbers; a row of one cell spans all columns."""

    def table_row(cells):
        span = {"morecols": len(head) - 1} if len(cells) == 1 else {}
        first, *others = [part if isinstance(part, nodes.Node) else line(part) for part in cells]
        numbers = [nodes.entry("", number, classes=["text-right"]) for number in others]
        return nodes.row("", nodes.entry("", first, **span), *numbers)

    columns = [nodes.colspec(colwidth=1) for _ in head]
    heading = nodes.thead("", table_row(head))
    body = nodes.tbody("", *map(table_row, rows))
    group = nodes.tgroup("", *columns, heading, body, cols=len(head))
    return nodes.table("", group, classes=["colwidths-auto", *classes])


def as_explorables_write(text: str) -> Iterator[nodes.Node]:
    """Yield the text with its marks carried out as ``common.mjs`` does: ``*W_hh*`` is a name."""
    for piece in re.split(r"(`[^`]+`|\*\S(?:[^*]*\S)?\*)", text):
        if piece.startswith("`"):
            yield nodes.literal("", piece.strip("`"))
        elif piece.startswith("*"):
            yield nodes.emphasis("", "", *name_parts(piece.strip("*")))
        else:
            yield nodes.Text(piece)


def name_parts(name: str) -> Iterator[nodes.Node]:
    """Yield the letters of a name and, lowered, its index."""
    for base, braced, bare in re.findall(r"([^_]+)(?:_(?:\{([^}]*)\}|(\w+)))?", name):
        yield nodes.Text(base)
        if index := braced or bare:
            yield nodes.subscript("", index)


# --- The lists ---


def notebooks(env) -> list:
    """What the run of every notebook checks."""
    rows, everything = [], []
    for first, pages in by_chapter(env, "checks"):
        if [page for page, _ in pages] != [first]:
            rows.append([line(nodes.strong("", "", link(title_of(env, first), first)))])
        for page, checks in pages:
            seconds = "not run" if checks.seconds is None else f"{checks.seconds:.1f}"
            rows.append([line(link(title_of(env, page), page)), seconds, *map(str, checks[1:])])
            everything.append(checks)
    seconds, *counts = zip(*everything, strict=True)
    total = [
        f"All {len(everything)}",
        f"{sum(filter(None, seconds)):.1f}",
        *(str(sum(count)) for count in counts),
    ]
    rows.append([line(nodes.strong("", number)) for number in total])
    head = ["Notebook", "Time", "Cells", "Asserts", "Outputs"]
    return [table(head, rows, "table-sm", "small")]  # five columns have to fit on a phone


def papers(env) -> list:
    """Every box about a paper, whole."""
    sections = []
    for page, noted in by_page(env, "papers"):
        content = []
        for anchor, box in noted:
            content += [box.deepcopy(), line(link("Where it stands on its page", page, anchor))]
        sections.append(section("beside the paper of", page, title_of(env, page), *content))
    return sections


def misstatements(env) -> list:
    """Every common misstatement, what is said to it, its page and the cell that settles it."""
    items = []
    for page, noted in by_page(env, "misstatements"):
        for box, claim, answer, cell in noted:
            more = link(title_of(env, page), page, box)
            proof = link("the cell that settles it", page, cell)
            said = nodes.strong("", "", *claim.deepcopy().children)
            items.append(
                nodes.list_item("", line(said), answer.deepcopy(), line(more, " · ", proof))
            )
    return [nodes.bullet_list("", *items)]


def versions(env) -> list:
    """What this build ran with."""
    python, numpy, torch = platform.python_version(), version("numpy"), version("torch")
    return [line(f"They ran with Python {python}, NumPy {numpy} and PyTorch {torch}.")]


def exercises(env) -> list:
    """The exercises of each chapter, page by page."""
    sections = []
    for first, pages in by_chapter(env, "exercises"):
        rows = []
        for page, noted in pages:
            rows.append([line(nodes.strong("", "", link(title_of(env, page), page)))])
            for anchor, title, difficulty, minutes in noted:
                rows.append([line(link([title.deepcopy()], page, anchor)), difficulty, minutes])
        made = table(["Exercise", "Difficulty", "Minutes"], rows)
        sections.append(section("exercises of", first, title_of(env, first), made))
    return [contents(sections), *sections]


def homework(env) -> list:
    """Every homework with the chapters that it goes with."""
    chapters = {}
    for page, noted in by_page(env, "homework"):
        for work in noted:
            number = CHAPTER.match(page)[1].lstrip("0")
            chapters.setdefault(work, []).append(link(number, page))
    rows = [
        [title, line(*with_commas(links)), str(minutes)]
        for (title, minutes), links in chapters.items()
    ]
    return [table(["Homework", "Chapter", "Minutes"], rows)]


def explorables(env) -> list:
    """The figures to push of each chapter, with what they say of themselves."""
    sections = []
    for first, pages in by_chapter(env, "explorables"):
        places = {}  # a figure may stand on several pages, or twice on one
        for page, noted in pages:
            for cell, *figure in noted:
                links = places.setdefault(tuple(figure), [])
                again = any(page in other["place"] for other in links)
                links.append(link("again" if again else title_of(env, page), page, cell))
        items = [
            nodes.definition_list_item(
                "",
                nodes.term("", title),
                nodes.definition(
                    "",
                    line(*as_explorables_write(how_to_read)),
                    line("Where: ", *with_commas(links)),
                ),
            )
            for (title, how_to_read), links in places.items()
        ]
        listed = nodes.definition_list("", *items)
        sections.append(section("explorables of", first, title_of(env, first), listed))
    return [contents(sections), *sections]


LISTS = {
    "notebooks": notebooks,
    "papers": papers,
    "misstatements": misstatements,
    "versions": versions,
    "exercises": exercises,
    "homework": homework,
    "explorables": explorables,
}


def setup(app):
    """Fill the lists when the pages are written."""
    app.add_node(course_list)
    app.add_directive("course-list", CourseList)
    app.add_post_transform(FillLists)
    app.connect("env-updated", pages_with_lists)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
