"""Release homework: exercises/ is made from solutions/ by nbgrader, never edited by hand.

    python -m tools.homework            write exercises/
    python -m tools.homework --check    only say whether exercises/ is up to date

nbgrader takes out the solutions and the hidden tests. The same source gives the same bytes.
"""

import argparse
import logging
import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from tools.notebooks import read

ROOT = Path(__file__).resolve().parent.parent


class HomeworkError(Exception):
    """The homework or what was asked for is not as it should be; the message says how."""


def course_config(course=ROOT):
    """The settings in the course's nbgrader_config.py."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()


def course_directory(root, assignment, config):
    """Where nbgrader reads and writes: a folder of its own, and a gradebook inside it."""
    return CourseDirectory(config=config, assignment_id=assignment, root=str(root))


def quiet_log():
    """A log for nbgrader that prints nothing: what goes wrong is raised, the rest is noise."""
    return logging.Logger("quiet", level=logging.CRITICAL + 1)


def assignments(course=ROOT):
    """Names of the assignments that have a source in solutions/."""
    return sorted(path.parent.name for path in (course / "solutions").glob("*/*.ipynb"))


def release(assignment, workspace, course=ROOT, gradebook=None):
    """Release one assignment inside ``workspace``; return the folder of the released files.

    ``gradebook`` names nbgrader's database, in which to record each cell and its hidden tests.
    Raises: HomeworkError when there is no such assignment or a cell has no lasting id.
    """
    if assignment not in assignments(course):
        known = ", ".join(assignments(course)) or "none"
        raise HomeworkError(f"there is no assignment {assignment!r} in solutions/ (known: {known})")
    source = course / "solutions" / assignment
    for notebook in source.glob("*.ipynb"):
        _check_cell_ids(notebook)
    ignore = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(source, workspace / "solutions" / assignment, ignore=ignore)

    config = course_config(course)
    config.merge(Config({"SaveCells": {"enabled": gradebook is not None}}))
    directory = course_directory(workspace, assignment, config)
    if gradebook is not None:
        directory.db_url = f"sqlite:///{gradebook}"
    _put_scripts_on_path()
    GenerateAssignment(
        coursedir=directory, config=config, log=quiet_log(), no_database=gradebook is None
    ).start()
    return workspace / "exercises" / assignment


def _put_scripts_on_path():
    """nbgrader calls `alembic` by name: make sure that this Python's own is the one found."""
    scripts, path = sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)
    if path.split(os.pathsep)[0] != scripts:
        os.environ["PATH"] = os.pathsep.join([scripts, path])


def _check_cell_ids(notebook):
    """Without ids in the source, nbgrader draws new ones at each release."""
    cells = read(notebook).cells
    ids = [cell.get("id") for cell in cells]
    if None in ids or len(set(ids)) < len(ids):
        raise HomeworkError(f"{notebook}: each cell needs an id of its own")


def files_in(folder):
    """Contents of every file below ``folder``, by relative path."""
    paths = [p for p in folder.rglob("*") if p.is_file() and ".ipynb_checkpoints" not in p.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def release_all(course=ROOT):
    """What exercises/ should hold: contents by path."""
    with tempfile.TemporaryDirectory() as workspace:
        for assignment in assignments(course):
            release(assignment, Path(workspace), course)
        return files_in(Path(workspace) / "exercises")


def out_of_step(course=ROOT):
    """Paths in exercises/ that are missing, superfluous or differ from a fresh release.

    Each comes with the bytes it should have, None where the file should not be.
    """
    expected, found = release_all(course), files_in(course / "exercises")
    paths = sorted({*expected, *found})
    return {p: expected.get(p) for p in paths if expected.get(p) != found.get(p)}


def write_exercises(course=ROOT):
    """Bring exercises/ into step; return what changed."""
    changes = out_of_step(course)
    for path, contents in changes.items():
        target = course / "exercises" / path
        if contents is None:
            target.unlink()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents)
    return changes


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m tools.homework", description="Release homework from solutions/."
    )
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    check = parser.parse_args(arguments).check
    try:
        paths = out_of_step() if check else write_exercises()
    except HomeworkError as error:
        sys.exit(f"error: {error}")
    for path in paths:
        print(f"{'out of step' if check else 'written'}: exercises/{path}")
    if check and paths:
        sys.exit("exercises/ does not come from solutions/: run `make homework`")
    print("exercises/ is up to date")


if __name__ == "__main__":
    main()
