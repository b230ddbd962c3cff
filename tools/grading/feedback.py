"""A graded notebook and its marks become the page that a student gets.

A failed test keeps its message alone, because a traceback quotes the test; a message that quotes a
line of a hidden test is withheld. Neither hidden tests nor mark schemes are shown.
"""

import json
from functools import cache
from pathlib import Path

import bleach
import nbformat
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme
from nbgrader.utils import is_grade, is_solution
from traitlets.config import Config

from tools.grading.assignment import is_marked, question_of

# What Markdown becomes, and tables; anything else in HTML is shown as the text it is.
HTML_TAGS = bleach.ALLOWED_TAGS | {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "div", "span", "del", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
HTML_ATTRIBUTES = bleach.ALLOWED_ATTRIBUTES | {"*": ["class"], "img": ["src", "alt"]}

# Of what makes the page, some takes the square of a text's length.
MOST_IN_ONE, MOST_IN_ALL = 20_000, 400_000  # characters of one text, of all
MOST_PICTURES = 5 << 20  # bytes of a cell's attachments, counted as often as they are shown
PICTURES = {"image/png", "image/jpeg"}


def page(student, assignment, notebook, marks):
    """The HTML page of one student's graded notebook, from its text.

    ``marks`` holds (score, comment) by grade_id; a score is None while a hand has yet to give it.
    """
    notebook = nbformat.reads(notebook, as_version=4)
    tests = [cell for cell in notebook.cells if is_grade(cell) and not is_solution(cell)]
    secret = {line for cell in tests for line in take_out_hidden(cell)}
    for cell in tests:
        clean_outputs(cell, secret)
    questions = {}
    for cell in notebook.cells:
        ClearMarkScheme()._remove_mark_scheme_region(cell)
        about = cell.metadata.get("nbgrader", {})
        about["score"], about["comment"] = marks.get(about.get("grade_id"), (None, None))
        if is_marked(cell):
            questions.setdefault(question_of(about["grade_id"]), []).append(about)
    resources = {"student": student, "assignment": assignment, "questions": summary(questions)}
    shorten(notebook)
    try:
        return to_html(notebook, resources)
    except Exception:  # whatever a student wrote, they get their marks
        notice = "This notebook cannot be shown here. These are its marks."
        return to_html(new_notebook(cells=[new_markdown_cell(notice)]), resources)


def shorten(notebook):
    """Cut texts and leave out pictures that would make a page endless, or endless to make."""
    room = MOST_IN_ALL

    def cut(text):
        nonlocal room
        most = max(0, min(MOST_IN_ONE, room))
        room -= min(len(text), most) + 100  # what is empty takes time, too
        return text if len(text) <= most else f"{text[:most]}\n(the rest is not shown)"

    for cell in notebook.cells:
        cell.source = cut(cell.source)
        size = len(json.dumps(cell.get("attachments"))) * cell.source.count("attachment:")
        if size > MOST_PICTURES:
            del cell["attachments"]
        shown = []
        for output in cell.get("outputs", []):
            if room > 0:
                shown.append(output)
                for key in {"text", "evalue"} & output.keys():
                    output[key] = cut(output[key])
                if "traceback" in output:
                    output.traceback = [cut("\n".join(output.traceback))]
                for kind, data in output.get("data", {}).items():
                    if isinstance(data, str) and kind not in PICTURES:
                        output.data[kind] = cut(data)
        if "outputs" in cell:
            cell.outputs = shown


def summary(questions):
    """(name, score, points) of each question; the score is None while one part has none."""
    rows = []
    for name, parts in questions.items():
        scores = [part["score"] for part in parts]
        score = None if None in scores else sum(scores)
        rows.append((name, score, sum(part["points"] for part in parts)))
    return rows


def take_out_hidden(cell):
    """Take the hidden tests out of a cell; return their lines, but for the shortest ones."""
    whole, about = cell.source, cell.metadata.nbgrader
    about["hidden"] = ClearHiddenTests()._remove_hidden_test_region(cell)
    removed = {*whole.splitlines()} - {*cell.source.splitlines()}
    return {line.strip() for line in removed if len(line.strip()) >= 10}


def clean_outputs(cell, secret):
    """Leave in a test's outputs what its owner may see."""
    errors = [output for output in cell.outputs if output.output_type == "error"]
    for error in errors:
        error.traceback = [message_without(secret, error)]
    if cell.metadata.nbgrader["hidden"]:
        cell.outputs = errors


def message_without(secret, error):
    """The message of an error, unless it quotes one of the secret lines."""
    message = f"{error.ename}: {error.evalue}".rstrip(": ")
    if any(line in message for line in secret):
        return "This test failed. Its message is withheld, because it quotes a hidden test."
    return message


def clean_html(html):
    """Leave in a student's HTML what Markdown makes, and show the rest as text."""
    protocols = bleach.ALLOWED_PROTOCOLS | {"data"}  # of images that are in the notebook
    return bleach.clean(html, HTML_TAGS, HTML_ATTRIBUTES, protocols)


def to_html(notebook, about):
    html, _ = exporter().from_notebook_node(notebook, {"feedback": about})
    return html


@cache
def exporter():
    """Notebook to HTML, by the template in tools/feedback."""
    config = Config()
    config.HTMLExporter.extra_template_basedirs = [str(Path(__file__).parent.parent)]
    config.HTMLExporter.template_name = "feedback"
    config.HTMLExporter.sanitize_html = True
    config.HTMLExporter.filters = {"clean_html": clean_html}  # nbconvert's shows <p> as text
    config.HTMLExporter.preprocessors = [CSSHTMLHeaderPreprocessor]
    config.Exporter.default_preprocessors = []
    return HTMLExporter(config=config)
