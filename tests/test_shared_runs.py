"""nbval judges the run of a page that the build keeps as it would judge a run of its own."""

import xml.etree.ElementTree as ET

import nbformat
import pytest
from extensions import notebook_of, run_module
from nbformat.v4 import new_code_cell, new_output

DIFFERS, RAISES = "Cell outputs differ", "Cell execution caused an exception"


def cell(source, *committed, tag=None):
    metadata = {"tags": [tag]} if tag else {}
    return new_code_cell(source, outputs=list(committed), execution_count=1, metadata=metadata)


def printed(text):
    return new_output("stream", name="stdout", text=text)


def result(text):
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


def error(name, value):
    return new_output("error", ename=name, evalue=value, traceback=[])


DIVISION = error("ZeroDivisionError", "division by zero")
COUNTED = "import pathlib\npathlib.Path('runs').open('a').write('.')"
# Cells with their committed outputs, and what nbval says of them.
FINE = [
    (cell("print(1 + 1)", printed("2\n")), ""),
    (cell(""), ""),
    (cell("print('x')\n6 * 7", result("42"), printed("x\n")), ""),
    (cell("print('new')", printed("old\n"), tag="nbval-ignore-output"), ""),
    (cell("print('took 3 s')", printed("took 5 s\n")), ""),  # the numbers are left out
    (cell("1 / 0", DIVISION, tag="raises-exception"), ""),
    (cell(COUNTED, result("1")), ""),
]
WRONG = [
    (cell("print('new')", printed("old\n")), DIFFERS),
    (cell("6 * 7"), DIFFERS),
    (cell("pass", printed("2\n")), DIFFERS),
    (cell("1 / 0", error("ZeroDivisionError", "zero!"), tag="raises-exception"), DIFFERS),
    (cell("print(1)", printed("1\n"), tag="raises-exception"), ""),
]
FAILING = [
    (cell("print(1)", printed("1\n")), ""),
    (cell("1 / 0", DIVISION), RAISES),
    (cell("1 / 0", tag="nbval-ignore-output"), RAISES),
    (cell("print('new')", printed("old\n")), DIFFERS),
]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder with a package, two pages and settings of pytest."""
    folder = tmp_path_factory.mktemp("course")
    for path, text in (("pytest.ini", "[pytest]"), ("rnncourse/layer.py", "size = 1")):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    (folder / "sanitize").write_text("regex: \\d+ s\nreplace: TIME\n")
    (folder / "book").mkdir()
    for name, cells in (("kept", FINE + WRONG), ("failing", FAILING)):
        notebook = notebook_of(*(cell for cell, _ in cells))
        nbformat.write(notebook, folder / "book" / f"{name}.ipynb")
    return folder


def judge(course, *options):
    """What nbval says of each cell, by page: the first line, or "" where all is well."""
    report = course / "report.xml"
    pytest_nbval = ["pytest", "-p", "nbval.plugin", *options]
    settings = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "sanitize"]
    command = [*pytest_nbval, *settings, f"--junitxml={report}", "book"]
    run_module(course, *command, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    said = {"kept": [], "failing": []}
    for case in ET.parse(report).iter("testcase"):
        page = "kept" if "kept" in case.get("classname") else "failing"
        said[page].append("".join(part.text for part in case))
    return said


def runs(course):
    """How often the page was run that does not fail."""
    return (course / "book/runs").read_text().count(".")


@pytest.fixture(scope="module")
def judged(course):
    """What nbval says of runs of its own, and of those that are kept."""
    return judge(course), judge(course, "-p", "shared_runs")


def test_shared_runs_are_judged_as_others_are(judged):
    alone, shared = judged
    expected = {"kept": FINE + WRONG, "failing": FAILING}
    for page, cells in expected.items():
        for one, other, (_, words) in zip(alone[page], shared[page], cells, strict=True):
            assert one == other
            assert words in one
            assert bool(words) == bool(one)


def test_a_page_is_run_once_until_what_it_depends_on_changes(course, judged):
    assert runs(course) == 2  # one that nbval made for itself, one that is kept
    (course / "book/failing.ipynb").unlink()
    said = judged[1]["kept"]
    # One cell alone gets its own outputs, and needs no new run.
    assert judge(course, "-p", "shared_runs", "-k", "7")["kept"] == [said[7]]
    assert runs(course) == 2
    (course / "rnncourse/layer.py").write_text("size = 2")
    assert judge(course, "-p", "shared_runs")["kept"] == said
    assert runs(course) == 3
