"""A student's file becomes a notebook that nbgrader can grade, or a reason why it cannot.

Nothing in the file is taken on trust. Of each cell the text, the type and the pictures in the text
are kept; what nbgrader must know about it comes from the released notebook, by the cell's grade_id.
So no submission can make a test an answer, change its points or keep it from being run.
"""

import json

import nbformat
import nbformat.reader
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

LARGEST = 20_000_000  # bytes in a file
LONGEST = 2_000  # cells in a notebook
MOST_PARTS = 300_000  # lists and objects in a file: each takes far more memory than its text
NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


class SubmissionError(Exception):
    """This submission cannot be graded; the message tells the student why."""


def read_submission(contents, assignment):
    """A student's notebook, ready to grade, and remarks on what had to be mended.

    Raises: SubmissionError when it cannot be graded.
    """
    try:
        submitted, remarks = parse(contents), []
        check_cells(submitted, assignment)
        if (language := language_of(submitted)) != "python":
            remarks.append(f"the notebook was set to {language}: it was graded with Python")
        notebook = rebuilt(submitted, assignment)
        gone = put_back(notebook, assignment)
        if gone:
            remarks.append(f"cells were deleted and put back: {', '.join(gone)}")
        nbformat.validate(notebook)
        nbformat.writes(notebook).encode()
    except SubmissionError:
        raise
    except Exception as error:  # whatever a file may hold, it costs this submission only
        raise SubmissionError(f"the file is not a notebook: {first_line(error)}") from error
    return notebook, remarks


def check_size(size):
    """Raises: SubmissionError for a file too large to read."""
    if size > LARGEST:
        raise SubmissionError(
            f"the file has {size / 1e6:.1f} MB, and {LARGEST / 1e6:g} is the most: "
            "clear the outputs and save it again"
        )


def check_parts(count):
    """Raises: SubmissionError for a file that would fill the memory."""
    if count > MOST_PARTS:
        raise SubmissionError(
            f"the file has {count} brackets, and {MOST_PARTS} is the most: "
            "clear the outputs and save it again"
        )


def parse(contents):
    """The notebook in a file, in today's format."""
    check_size(len(contents))
    if not contents.strip():
        raise SubmissionError("the file is empty: save the notebook again and hand that in")
    try:
        text = contents.decode("utf-8-sig")
        check_parts(text.count("{") + text.count("["))
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SubmissionError(
            f"the file is not a notebook, it cannot be read as JSON ({first_line(error)}): "
            "hand in the .ipynb file that Jupyter saves"
        ) from error
    if not isinstance(value, dict) or "nbformat" not in value:
        raise SubmissionError("the file is not a notebook: it is JSON, but not that of Jupyter")
    if value["nbformat"] not in (3, 4):
        raise SubmissionError(
            f"the notebook is in format {str(value['nbformat'])[:20]}, and only 3 and 4 are known: "
            "open it in JupyterLab and save it again"
        )
    return nbformat.convert(nbformat.reader.reads(text), 4)


def check_cells(submitted, assignment):
    """Raises: SubmissionError unless the answer cells are there, once each."""
    if not submitted.cells:
        raise SubmissionError("the notebook has no cells")
    if len(submitted.cells) > LONGEST:
        raise SubmissionError(f"the notebook has {len(submitted.cells)} cells, over {LONGEST}")
    ids = [grade_id_of(cell) for cell in submitted.cells]
    known = [name for name in assignment.cells if name in ids]
    twice = [name for name in known if ids.count(name) > 1]
    if twice:
        raise SubmissionError(f"cells are there more than once: {', '.join(twice)}; keep one each")
    if not known:
        raise SubmissionError(
            f"the notebook has none of the cells of {assignment.name}: "
            f"answer in the {assignment.name}.ipynb that you were given"
        )
    if is_another(submitted, assignment):
        raise SubmissionError(
            f"none of its tests is one of {assignment.name}: is it another homework?"
        )
    if missing := [name for name in assignment.answers if name not in known]:
        raise SubmissionError(
            f"answer cells were deleted: {', '.join(missing)}; "
            f"put your answers into a fresh {assignment.name}.ipynb"
        )


def is_another(submitted, assignment):
    """Are there tests of these names, but not one with its text?"""
    found = {grade_id_of(cell): cell.source.strip() for cell in submitted.cells}
    tests = {
        name: cell.source.strip()
        for name, cell in assignment.cells.items()
        if name in found and name not in assignment.answers and cell.source.strip()
    }
    return bool(tests) and all(found[name] != text for name, text in tests.items())


def rebuilt(submitted, assignment):
    """The notebook made anew from the texts of a student's cells."""
    notebook = new_notebook(metadata=nbformat.reads(assignment.released, 4).metadata)
    for number, cell in enumerate(submitted.cells):
        given = assignment.cells.get(grade_id_of(cell))
        kind = given.cell_type if given else cell.cell_type
        own = NEW_CELL[kind](cell.source, id=f"own-{number}")
        if given:
            own.id, own.metadata = given.id, nbformat.from_dict(given.metadata)
        if kind == "markdown" and cell.get("attachments"):
            own.attachments = cell.attachments
        notebook.cells.append(own)
    return notebook


def put_back(notebook, assignment):
    """Put deleted cells back where they were, and return their names."""
    place, gone = 0, []
    for name, cell in assignment.cells.items():
        present = [grade_id_of(cell) for cell in notebook.cells]
        if name in present:
            place = present.index(name) + 1
        else:
            notebook.cells.insert(place, nbformat.from_dict(cell))
            gone.append(name)
            place += 1
    return gone


def grade_id_of(cell):
    """The grade_id that a cell claims; None when it has none."""
    about = cell.get("metadata", {}).get("nbgrader")
    name = about.get("grade_id") if isinstance(about, dict) else None
    return name if isinstance(name, str) else None


def language_of(submitted):
    """The language a notebook says that it is in."""
    metadata = submitted.metadata
    kernel = metadata.get("kernelspec", {}).get("language")
    return str(kernel or metadata.get("language_info", {}).get("name", "python"))[:20].lower()


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
