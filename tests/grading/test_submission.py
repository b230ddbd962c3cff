"""Whatever a file holds, it becomes a notebook that can be graded, or a reason in words."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grading.toy_course import RIGHT, hand_in
from tools.grading import submission
from tools.grading.submission import SubmissionError, read_submission


def answered(assignment, **changes):
    return hand_in(assignment.released, RIGHT, **changes).encode()


def edited(assignment, edit):
    """A right submission after ``edit`` of its JSON."""
    value = json.loads(answered(assignment))
    edit(value)
    return json.dumps(value).encode()


def sources(notebook):
    return [cell.source for cell in notebook.cells]


def test_a_right_submission_keeps_its_answers(assignment):
    notebook, remarks = read_submission(answered(assignment), assignment)
    assert remarks == []
    assert set(RIGHT.values()) <= set(sources(notebook))
    given = nbformat.reads(assignment.released, 4).cells
    assert [cell.metadata for cell in notebook.cells] == [cell.metadata for cell in given]


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"%PDF-1.7", "cannot be read as JSON"),
        (b"\xff\xfe\x00", "cannot be read as JSON"),
        (b'{"nbformat": 4', "cannot be read as JSON"),
        (b"[" * 100_000, "cannot be read as JSON"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "cannot be read as JSON"),
        (b'{"metadata": [' + b"{}," * 300_000 + b"{}]}", "300003 brackets, and 300000 is the most"),
        (b"[1, 2]", "it is JSON, but not that of Jupyter"),
        (b'"text"', "it is JSON, but not that of Jupyter"),
        (b"{}", "it is JSON, but not that of Jupyter"),
        (b'{"nbformat": 5, "cells": []}', "in format 5, and only 3 and 4 are known"),
        (b'{"nbformat": "x", "cells": []}', "in format x"),
        (b'{"nbformat": null}', "in format None"),
        (b'{"nbformat": [4]}', "in format [4]"),
        (b'{"nbformat": 4}', "not a notebook"),
        (b'{"nbformat": 4, "nbformat_minor": NaN, "metadata": 1, "cells": 2}', "not a notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', "has no cells"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1]}', "not a notebook"),
        (
            nbformat.writes(new_notebook(cells=[new_code_cell("1", id="one")])).encode(),
            "none of the cells",
        ),
    ],
)
def test_a_file_that_is_no_such_notebook_gets_a_reason(assignment, contents, reason):
    with pytest.raises(SubmissionError) as error:
        read_submission(contents, assignment)
    assert reason in str(error.value)
    assert len(str(error.value)) < 300


def cell_named(value, name):
    """The cell of a notebook as JSON that has this grade_id."""
    [cell] = [
        c for c in value["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name
    ]
    return cell


@pytest.mark.parametrize(
    "edit",
    [
        lambda v: v["cells"].append(None),
        lambda v: v["cells"][0].update(cell_type="secret"),
        lambda v: v["cells"][0].update(source={"a": 1}),
        lambda v: v["cells"][0].update(source=["a", 1]),
        lambda v: v["cells"][0].update(source="lone \ud800 surrogate"),
        lambda v: v["cells"][0].update(metadata=[]),
        lambda v: v["cells"][0].update(attachments={"x": 1}),
        lambda v: v.update(metadata=[1]),
        lambda v: v.update(metadata={"kernelspec": "python"}),
    ],
)
def test_a_spoilt_notebook_costs_itself_alone(assignment, edit):
    with pytest.raises(SubmissionError, match="not a notebook"):
        read_submission(edited(assignment, edit), assignment)


@pytest.mark.parametrize(
    "edit",
    [
        lambda v: v.update(nbformat_minor=99),
        lambda v: v.update(extra=float("nan")),
        lambda v: v["cells"][0].update(id="", extra=1e999),
        lambda v: [cell.update(id="same") for cell in v["cells"]],
        lambda v: [cell.pop("id") for cell in v["cells"]],
        lambda v: v["cells"][0]["metadata"].update(nbgrader=7),
        lambda v: v["cells"][0]["metadata"].update(nbgrader={"grade_id": ["q1"]}),
        lambda v: cell_named(v, "q1").update(outputs=[{"output_type": "bomb"}]),
        lambda v: cell_named(v, "q1").update(execution_count="never"),
    ],
)
def test_what_is_not_needed_may_be_anything(assignment, edit):
    notebook, remarks = read_submission(edited(assignment, edit), assignment)
    assert remarks == []
    nbformat.validate(notebook)
    assert set(RIGHT.values()) <= set(sources(notebook))
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize(
    "about",
    [
        {"grade": False, "solution": True, "locked": False},
        {"points": 1000},
        {"locked": False},
        {"schema_version": 1},
        {"task": True},
        {"checksum": "0" * 32, "cell_type": "markdown"},
    ],
)
@pytest.mark.parametrize("name", ["q1-hidden", "q2-visible", "setup", "q6"])
def test_no_metadata_of_a_submission_counts(assignment, name, about):
    def edit(value):
        cell = cell_named(value, name)
        cell["metadata"]["nbgrader"].update(about)
        cell["metadata"]["tags"] = ["skip-execution"]

    notebook, _ = read_submission(edited(assignment, edit), assignment)
    [cell] = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name]
    assert cell.metadata == assignment.cells[name].metadata


def test_a_cell_has_the_type_that_was_given(assignment):
    def edit(value):
        cell_named(value, "q1-hidden").update(cell_type="markdown")
        cell_named(value, "q1").update(cell_type="raw")

    notebook, _ = read_submission(edited(assignment, edit), assignment)
    kinds = {c.id: c.cell_type for c in notebook.cells}
    assert (kinds["q1-hidden"], kinds["q1"]) == ("code", "code")


def test_cells_of_their_own_are_theirs(assignment):
    def edit(value):
        own = json.loads(json.dumps(cell_named(value, "q1-visible")))
        own["metadata"]["nbgrader"].update(grade_id="q9-bonus", points=50)
        value["cells"].append(own | {"id": "own"})

    notebook, _ = read_submission(edited(assignment, edit), assignment)
    assert notebook.cells[-1].metadata == {}


def test_deleted_tests_and_given_cells_are_put_back_in_their_places(assignment):
    gone = ["setup", "q1-visible", "q1-hidden", "q2-visible"]
    notebook, remarks = read_submission(answered(assignment, drop=gone), assignment)
    assert remarks == [f"cells were deleted and put back: {', '.join(gone)}"]
    names = [c.metadata.nbgrader.grade_id for c in notebook.cells if "nbgrader" in c.metadata]
    assert names == list(assignment.cells)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"drop": {"q2"}},
            "answer cells were deleted: q2; put your answers into a fresh toy.ipynb",
        ),
        ({"copy": {"q1"}}, "cells are there more than once: q1; keep one each"),
        ({"copy": {"q1-visible", "setup"}}, "more than once: setup, q1-visible;"),
    ],
)
def test_answers_must_be_there_once(assignment, changes, reason):
    with pytest.raises(SubmissionError) as error:
        read_submission(answered(assignment, **changes), assignment)
    assert reason in str(error.value)


def test_too_much_is_refused(assignment, monkeypatch):
    def edit(value):
        value["cells"] += [value["cells"][0]] * submission.LONGEST

    with pytest.raises(SubmissionError, match="cells, over 2000"):
        read_submission(edited(assignment, edit), assignment)
    monkeypatch.setattr(submission, "LARGEST", 1000)
    with pytest.raises(SubmissionError, match="clear the outputs and save it again"):
        read_submission(answered(assignment), assignment)


@pytest.mark.parametrize(
    ("metadata", "remarks"),
    [
        ({"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}, ["r"]),
        ({"language_info": {"name": "julia"}}, ["julia"]),
        ({"kernelspec": {"name": "my-env", "language": "python", "display_name": "x"}}, []),
        ({}, []),
    ],
)
def test_another_kernel_is_remarked_on(assignment, metadata, remarks):
    contents = edited(assignment, lambda value: value.update(metadata=metadata))
    notebook, found = read_submission(contents, assignment)
    said = [f"the notebook was set to {name}: it was graded with Python" for name in remarks]
    assert found == said
    assert notebook.metadata.kernelspec.name == "python3"


def test_an_older_format_and_a_byte_order_mark_are_read(assignment):
    notebook = nbformat.convert(nbformat.reads(answered(assignment).decode(), 4), 3)
    old = nbformat.writes(notebook, version=3).encode()
    for contents in (old, b"\xef\xbb\xbf" + answered(assignment)):
        notebook, remarks = read_submission(contents, assignment)
        assert set(RIGHT.values()) <= set(sources(notebook))
        assert remarks == []
