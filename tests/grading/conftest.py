"""What the tests of grading share."""

from functools import cache

import nbgrader.api
import pytest

from grading import toy_course
from tools.grading.assignment import prepare


@pytest.fixture(scope="session", autouse=True)
def ask_alembic_once():
    """nbgrader starts a process for each new gradebook to ask which version of tables it has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader.api, "get_alembic_version", cache(nbgrader.api.get_alembic_version))
        yield


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    return toy_course.make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="session")
def assignment(course):
    return prepare("toy", course)
